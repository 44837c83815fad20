"""Puts the parts together: settings in, a running program out.

urllib3 and what reads kubeconfigs are most of the program's memory and time. They are imported when
a report is due and not before.
"""

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from volunteer import start_line
from volunteer.clock import Clock
from volunteer.cluster.access import Surroundings, choose_access
from volunteer.cluster.listing import Limits
from volunteer.cluster.look import Cluster
from volunteer.delivery.destinations import Collector, StandardOutput
from volunteer.delivery.rules import Outcome, deliver
from volunteer.delivery.standard_output import write
from volunteer.extensions import read_extensions
from volunteer.preview import render
from volunteer.reporting import Prepared, prepare
from volunteer.service import announce_retry, log_left_out, report_once, report_periodically
from volunteer.settings import Settings
from volunteer.waiting.schedule import Schedule, starting

_IDEMPOTENCY_KEY_BYTES: Final = 16


@dataclass(frozen=True)
class World:
    """All that is not the user's choice.

    `proxies` maps `http`, `https`, `all` and `no` to what the environment says of them, and
    `output` is the file descriptor for data. `wait_until` returns when the clock has reached a
    time; `resumed` is the due time for which the program slept before it came back.
    """

    environment: Mapping[str, str]
    proxies: Mapping[str, str]
    clock: Clock
    random: Random
    random_bytes: Callable[[int], bytes]
    output: int
    wait_until: Callable[[float], None]
    resumed: float | None = None


def run(settings: Settings, world: World) -> int:
    """Be a volunteer: report periodically, or once and return the exit status.

    Raises `VolunteerError`.
    """
    now = world.clock.now
    schedule = _schedule(settings, world)

    def report(next_due: float | None) -> Outcome:
        prepared = make_report(settings, world)
        latest = now() + settings.longest_delivery
        return send(prepared, settings, world, min(latest, next_due or latest))

    if settings.is_one_shot:
        world.wait_until(schedule.first)
        return report_once(report)
    return report_periodically(report, schedule, now=now, wait_until=world.wait_until)


def _schedule(settings: Settings, world: World) -> Schedule:
    """Return when reports are due; at a first start, say so and check what is checked only then."""
    if world.resumed is not None:
        return Schedule(first=world.resumed, period=settings.period)
    check_extensions(settings)
    start_line.log(settings)
    return starting(
        world.clock.now(),
        period=settings.period,
        jitter=settings.first_jitter,
        random=world.random,
    )


def preview(settings: Settings, world: World, *, as_json: bool) -> Outcome:
    """Print what a report would say, and send nothing. Raises `VolunteerError`."""
    check_extensions(settings)
    prepared = make_report(settings, world)
    if as_json:
        return write(world.output, prepared.body)
    text = render(
        prepared,
        destination=start_line.where(settings.destination),
        verbatim=settings.disclosure.verbatim,
        chose_cluster_id=settings.identity.cluster_id is not None,
    )
    return write(world.output, text.encode("utf-8"))


def check_extensions(settings: Settings) -> None:
    """Raise the first problem of the extension files: at start, none is tolerated."""
    for problem in read_extensions(settings.extensions).problems:
        raise problem


def make_report(settings: Settings, world: World) -> Prepared:
    """Look at the cluster and make its report. An extension file that turned bad is left out."""
    with _without_collector():
        return _make_report(settings, world)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Do not look for cycles: what a report takes is needed until it is sent, and looking for what
    could be freed is a tenth of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _make_report(settings: Settings, world: World) -> Prepared:
    from volunteer.cluster.kubernetes_api import KubernetesApi

    extensions = read_extensions(settings.extensions)
    log_left_out(extensions.problems)
    access = choose_access(
        kubeconfig=settings.kubeconfig, context=settings.context, environment=world.environment
    )
    surroundings = Surroundings(
        world.environment, world.proxies, is_interactive=os.isatty(0) and os.isatty(2)
    )
    with closing(KubernetesApi(access, surroundings)) as api:
        cluster = Cluster(api, clock=world.clock, random=world.random, limits=Limits())
        return prepare(
            lambda: cluster.observe(
                with_uid=settings.identity.needs_uid, with_workloads=settings.with_workloads
            ),
            identity=settings.identity,
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
            from volunteer.delivery.collector_client import CollectorClient, Transport

            transport = Transport(world.proxies, settings.ca_file, settings.compress)
            key = world.random_bytes(_IDEMPOTENCY_KEY_BYTES).hex()
            with CollectorClient(
                transport,
                prepared.body,
                idempotency_key=key,
                now=world.clock.now,
                deadline=deadline,
            ) as client:
                return deliver(
                    client.post,
                    url,
                    clock=world.clock,
                    random=world.random,
                    deadline=deadline,
                    announce=announce_retry,
                )
