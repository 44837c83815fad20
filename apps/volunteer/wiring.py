"""Puts the parts together: settings in, a running program out.

urllib3 and what reads kubeconfigs are most of the program's memory and time. They are imported when
a report is due and not before.
"""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from msgspec import Struct, json, structs

from volunteer.clock import Clock
from volunteer.delivery.destinations import Collector, StandardOutput
from volunteer.delivery.rules import Outcome, deliver
from volunteer.delivery.standard_output import print_text, write
from volunteer.errors import EXIT_DELIVERED
from volunteer.reporting import start
from volunteer.reporting.extensions import read_extensions
from volunteer.reporting.key_file import can_be_read_again, read_key_file
from volunteer.reporting.prepare import Identity, Prepared, prepare
from volunteer.reporting.service import (
    announce_retry,
    log_left_out,
    report_once,
    report_periodically,
)
from volunteer.settings import PreviewSettings, Settings
from volunteer.sleeping.reexec import wait_until
from volunteer.sleeping.schedule import WakeUp, first_wake_up

if TYPE_CHECKING:
    from volunteer.comparing.settings import CompareSettings
    from volunteer.delivery.collector_client import CollectorClient

_IDEMPOTENCY_KEY_BYTES: Final = 16
_READING_SECONDS: Final = 60.0
_UNSENT_CLUSTER_ID: Final = "unsent"
_LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
_LOG_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"

_log: Final = logging.getLogger(__name__)


class World(Struct, frozen=True):
    """All that is not the user's choice.

    `proxies` maps `http`, `https`, `all` and `no` to what the environment says of them, and
    `output` is the file descriptor for data. `wait_asleep` returns when the clock has reached a
    wake-up, and may do so in a new process that has to read everything again; `resumed` is the
    wake-up for which the program slept before it came back.
    """

    environment: Mapping[str, str]
    proxies: Mapping[str, str]
    clock: Clock
    random: Random
    random_bytes: Callable[[int], bytes]
    output: int
    wait_asleep: Callable[[WakeUp], None]
    resumed: WakeUp | None = None


def set_up_log(*, verbose: bool) -> None:
    """Send our own events from INFO (DEBUG if `verbose`), and warnings of libraries, to stderr.

    Libraries never log more than warnings: their debug messages quote URLs and headers.
    """
    formatter = logging.Formatter(_LOG_FORMAT, _LOG_TIME)
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.raiseExceptions = False  # where the log is lost, a traceback is none
    logging.getLogger("volunteer").setLevel(logging.DEBUG if verbose else logging.INFO)


def run(settings: Settings, world: World) -> int:
    """Be a volunteer: report periodically, or once and return the exit status.

    Raises `VolunteerError`.
    """
    now = world.clock.now
    secret = _secret(settings)
    wake_up = world.resumed
    if wake_up is None:  # say what is about to happen, and check what can be
        secret()
        start.check_files(settings)
        start.log(settings)
        wake_up = first_wake_up(now(), jitter=settings.first_jitter, random=world.random)

    def report(next_due: float | None) -> Outcome:
        prepared = make_report(settings, world, secret())
        _log.debug("report made")
        latest = now() + settings.longest_delivery
        return send(prepared, settings, world, min(latest, next_due or latest))

    wait = world.wait_asleep
    if settings.key_file is not None and not can_be_read_again(settings.key_file):
        wait = partial(_wait_awake, clock=world.clock)
    if settings.is_one_shot:
        wait(wake_up)
        return report_once(report)
    return report_periodically(
        report,
        wake_up,
        period=settings.period,
        worked_before=world.resumed is not None,
        random=world.random,
        now=now,
        wait_until=wait,
    )


def _wait_awake(wake_up: WakeUp, clock: Clock) -> None:
    wait_until(wake_up.at, clock)


def _secret(settings: Settings) -> Callable[[], bytes | None]:
    """Return what returns the secret: read anew for each report, as it may be rotated; from a
    pipe it is read now, and kept.
    """
    file = settings.key_file
    if file is None:
        return lambda: None
    if can_be_read_again(file):
        return lambda: read_key_file(file)
    secret = read_key_file(file)
    return lambda: secret


def preview(settings: PreviewSettings, world: World) -> int:
    """Print what a report would say, and send nothing. Raises `VolunteerError`."""
    from volunteer.delivery.request import header_lines, request_of
    from volunteer.reporting.preview import render

    secret = _secret(settings)()
    start.check_files(settings)
    prepared = make_report(settings, world, secret)
    request = request_of(prepared.body, idempotency_key="", compress=settings.compress)
    to = settings.destination
    if settings.as_json:
        start.log_warnings(settings)
        text = (prepared.body if settings.compress else request.body).decode("utf-8")
    else:
        text = render(
            prepared,
            destination=start.where(to),
            headers=header_lines(request, to.url) if isinstance(to, Collector) else [],
            warnings=start.warnings(settings),
            verbatim=settings.verbatim,
            chose_cluster_id=settings.cluster_id is not None,
        )
    print_text(world.output, text)
    return EXIT_DELIVERED


def compare(settings: "CompareSettings", world: World) -> int:
    """Print where the cluster stands in a census, and send nothing. Raises `VolunteerError`.

    The release is read before the cluster is observed: its request can hold nothing of it.
    """
    import census.comparison as census
    from volunteer.comparing.reading import read_release
    from volunteer.comparing.text import render

    secret = _secret(settings)()
    start.check_files(settings)
    deadline = world.clock.now() + _READING_SECONDS
    with _collector_client(settings, world, deadline) as client:
        release = read_release(client.get, settings.census)
    with_id = structs.replace(settings, cluster_id=settings.cluster_id or _UNSENT_CLUSTER_ID)
    report = make_report(with_id, world, secret).anonymised.report
    comparison = census.compare(report, release)
    if settings.as_json:
        text = json.format(json.encode(comparison), indent=1).decode("utf-8") + "\n"
    else:
        text = render(comparison, settings.census)
    print_text(world.output, text)
    return EXIT_DELIVERED


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Switch the garbage collector off: what a report takes is needed until it is sent, and a
    collection that finds nothing is a tenth of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_without_garbage_collection()
def make_report(settings: Settings, world: World, secret: bytes | None) -> Prepared:
    """Observe the cluster and make its report. An extension file that turned bad is left out."""
    from volunteer.cluster.access import Surroundings, choose_access
    from volunteer.cluster.kubernetes_api import KubernetesApi
    from volunteer.cluster.listing import Limits, Listing
    from volunteer.cluster.observation import observe

    extensions = read_extensions(settings.extensions)
    log_left_out(extensions.problems)
    access = choose_access(
        kubeconfig=settings.kubeconfig, context=settings.context, environment=world.environment
    )
    surroundings = Surroundings(
        world.environment, world.proxies, is_interactive=os.isatty(0) and os.isatty(2)
    )
    identity = Identity(settings.cluster_id, secret)
    _log.debug("observing the cluster")
    with closing(KubernetesApi(access, surroundings)) as api:
        listing = Listing(api, clock=world.clock, random=world.random, limits=Limits())
        return prepare(
            lambda: observe(
                listing, with_uid=identity.needs_uid, with_workloads=settings.with_workloads
            ),
            identity=identity,
            extensions=extensions.values,
            disclosure=settings.disclosure,
            unix_time=world.clock.unix_time(),
            random_bytes=world.random_bytes,
        )


def send(prepared: Prepared, settings: Settings, world: World, deadline: float) -> Outcome:
    """Deliver a report, or write it to standard output, before `deadline`."""
    match settings.destination:
        case StandardOutput():
            return write(world.output, prepared.body + b"\n")
        case Collector(url):
            from volunteer.delivery.request import request_of

            request = request_of(
                prepared.body,
                idempotency_key=world.random_bytes(_IDEMPOTENCY_KEY_BYTES).hex(),
                compress=settings.compress,
            )
            with _collector_client(settings, world, deadline) as client:
                return deliver(
                    lambda url: client.post(url, request),
                    url,
                    clock=world.clock,
                    random=world.random,
                    deadline=deadline,
                    announce=announce_retry,
                )


def _collector_client(settings: Settings, world: World, deadline: float) -> "CollectorClient":
    from volunteer.delivery.collector_client import CollectorClient

    return CollectorClient(
        world.proxies, ca_file=settings.ca_file, now=world.clock.now, deadline=deadline
    )
