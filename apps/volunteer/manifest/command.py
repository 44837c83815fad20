"""`volunteer manifest`: what it prints, fresh or with what an earlier one kept."""

from collections.abc import Callable
from random import Random
from typing import Final

from volunteer.delivery.standard_output import print_text
from volunteer.errors import EXIT_DELIVERED
from volunteer.manifest import documents
from volunteer.manifest.kept import Kept, read_kept
from volunteer.manifest.settings import ManifestSettings

_KEY_BYTES: Final = 32


def run(
    settings: ManifestSettings,
    *,
    random: Random,
    random_bytes: Callable[[int], bytes],
    output: int,
) -> int:
    """Print the manifest to a file descriptor and return the exit status.

    Raises `InvalidOption`, `NotWritten` and `ReaderGone`.
    """
    kept = Kept() if settings.keep is None else read_kept(settings.keep)
    text = documents.render(
        documents.Installation(
            kind=documents.Kind.DEPLOYMENT if settings.as_deployment else documents.Kind.CRON_JOB,
            image=settings.image,
            database=settings.database,
            cluster_id=settings.cluster_id,
            key=kept.key or random_bytes(_KEY_BYTES),
            daily_time=kept.daily_time
            or documents.DailyTime(hour=random.randrange(24), minute=random.randrange(60)),
            with_workloads=bool(settings.include),
        )
    )
    print_text(output, text)
    return EXIT_DELIVERED
