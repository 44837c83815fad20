"""`volunteer manifest`: the YAML that installs the volunteer, fresh or like an earlier one."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct

from command_line.errors import InvalidOption
from manifests import fill, items, quoted, read
from volunteer.delivery.standard_output import print_text
from volunteer.errors import EXIT_DELIVERED
from volunteer.manifest.settings import ManifestSettings
from volunteer.version import VERSION

_PACKAGE: Final = "volunteer.manifest"
_KEY_BYTES: Final = 32
_MAX_BYTES: Final = 1024 * 1024
_KEY: Final = re.compile(r"^ *key: [\"']?([0-9A-Fa-f]{64})[\"']? *$", re.MULTILINE)
_SCHEDULE: Final = re.compile(
    r"^ *schedule: [\"']?([0-9]{1,2}) ([0-9]{1,2}) \* \* \*[\"']? *$", re.MULTILINE
)


class DailyTime(Struct, frozen=True, kw_only=True):
    """When a CronJob starts, in the time zone of the cluster's control plane."""

    hour: int
    minute: int


class Kept(Struct, frozen=True):
    """What is the same in each manifest of a cluster. `key` is the secret that keys the pseudonyms,
    32 random bytes.
    """

    key: bytes
    daily_time: DailyTime


def run(
    settings: ManifestSettings, *, random: Random, random_bytes: Callable[[int], bytes], output: int
) -> int:
    """Print the manifest to a file descriptor and return the exit status.

    Raises `InvalidOption`, `NotWritten` and `ReaderGone`.
    """
    daily_time = DailyTime(hour=random.randrange(24), minute=random.randrange(60))
    kept = Kept(random_bytes(_KEY_BYTES), daily_time)
    if settings.keep is not None:
        kept = read_kept(settings.keep, otherwise=daily_time)
    print_text(output, render(settings, kept))
    return EXIT_DELIVERED


def render(settings: ManifestSettings, kept: Kept) -> str:
    """Return the manifest, ready for `kubectl apply`."""
    values = {
        "version": VERSION,
        "destination": settings.database,
        "key": kept.key.hex(),
        "hour": str(kept.daily_time.hour),
        "minute": str(kept.daily_time.minute),
        "image": quoted(settings.image),
        "arguments": _arguments(settings),
        "restart_policy": "Always" if settings.as_deployment else "Never",
    }
    values["pod"] = fill(read(_PACKAGE, "pod.yaml"), values)
    names = ["common.yaml", "deployment.yaml" if settings.as_deployment else "cron_job.yaml"]
    if settings.include:
        names.insert(1, "workloads.yaml")
    return fill("".join(read(_PACKAGE, name) for name in names), values)


def _arguments(settings: ManifestSettings) -> str:
    """Return the program's flags as a YAML list."""
    flags = [
        f"--cluster-id={settings.cluster_id}",
        "--key-file=/etc/spartakus/key",
        f"--database={settings.database}",
        *(["--include=workloads"] if settings.include else []),
        *(
            ["--period=24h"]
            if settings.as_deployment
            else ["--period=0", "--jitter=22h", "--retry-for=1h"]
        ),
    ]
    # Kubernetes replaces $(NAME) in arguments; $$ stands for the character itself.
    return items(flag.replace("$", "$$") for flag in flags)


def read_kept(file: Path, *, otherwise: DailyTime) -> Kept:
    """Return the key of a manifest, and its schedule, `otherwise` where it has none.

    The file is one of ours, perhaps edited: it is read by its lines, without a reader of YAML.
    Raises `InvalidOption`.
    """
    text = _read(file)
    keys = {key.lower() for key in _KEY.findall(text)}
    if len(keys) != 1:
        raise _unusable(f"{file} must hold the one Secret of a manifest that this program printed")
    schedule = _SCHEDULE.search(text)
    daily_time = otherwise
    if schedule:
        daily_time = DailyTime(hour=int(schedule[2]), minute=int(schedule[1]))
    if daily_time.hour not in range(24) or daily_time.minute not in range(60):
        raise _unusable(f"{file}: the schedule names no time of a day")
    return Kept(bytes.fromhex(keys.pop()), daily_time)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _unusable(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise _unusable(f"{file} must be at most {_MAX_BYTES} bytes")
    return content.decode("utf-8", "replace")


def _unusable(text: str) -> InvalidOption:
    return InvalidOption("--keep", text)
