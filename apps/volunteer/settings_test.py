"""What the flags mean."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from command_line.errors import InvalidValue
from volunteer.delivery.destinations import Collector, StandardOutput
from volunteer.settings import (
    Settings,
    parse_cluster_id,
    parse_include,
    parse_omit,
    parse_verbatim,
    parse_verbosity,
)

_COLLECTOR = Collector("https://census.example/api/v1")


def _settings(
    *,
    period: float = 0.0,
    to_collector: bool = True,
    jitter: float | None = None,
    retry_for: float | None = None,
) -> Settings:
    return Settings(
        cluster_id="x",
        destination=_COLLECTOR if to_collector else StandardOutput(),
        period=period,
        jitter=jitter,
        retry_for=retry_for,
    )


def test_cluster_id() -> None:
    """Any ID of the wire's characters is accepted; `auto` is none of its own."""
    assert parse_cluster_id("a.b_c:d-1") == "a.b_c:d-1"
    assert parse_cluster_id("auto") is None


@pytest.mark.parametrize("text", ["", " ", "a b", "a/b", "é", "a" * 129, "a\n"])
def test_bad_cluster_id(text: str) -> None:
    """An ID that the wire does not take is refused at start."""
    with pytest.raises(InvalidValue, match=r"^must be 1 to 128 characters"):
        parse_cluster_id(text)


@pytest.mark.parametrize("text", ["AUTO", "Auto", "aUTO"])
def test_auto_in_capitals(text: str) -> None:
    """The word that derives an ID, written otherwise, is not taken for an ID of that name."""
    with pytest.raises(InvalidValue, match="the word that derives one is auto, in lower case"):
        parse_cluster_id(text)


def test_jitter() -> None:
    """The first of many reports to a collector waits up to a minute, a single one not at all."""
    assert _settings(period=86_400.0).first_jitter == 60.0
    assert _settings(period=10.0).first_jitter == 10.0
    assert _settings().first_jitter == 0.0
    assert _settings(period=86_400.0, to_collector=False).first_jitter == 0.0
    assert _settings(jitter=3_600.0).first_jitter == 3_600.0
    assert _settings(period=86_400.0, jitter=0.0).first_jitter == 0.0


def test_retry_for() -> None:
    """A delivery goes on for an hour in one-shot mode, else for a day, which is the most."""
    assert _settings().longest_delivery == 3_600.0
    assert _settings(period=999_999.0).longest_delivery == 86_400.0
    assert _settings(retry_for=5.0).longest_delivery == 5.0
    assert _settings(retry_for=999_999.0).longest_delivery == 86_400.0


def test_disclosure() -> None:
    """Names of fields come in a list with commas, with or without spaces."""
    settings = replace(
        _settings(),
        omit=parse_omit("osImage, cloudProvider"),
        verbatim=parse_verbatim("kernelVersion,"),
    )
    assert settings.disclosure.omit == {"osImage", "cloudProvider"}
    assert settings.disclosure.verbatim == {"kernelVersion"}


def test_no_disclosure() -> None:
    """Nothing is left out and nothing goes verbatim by default."""
    disclosure = _settings().disclosure
    assert disclosure.omit == disclosure.verbatim == frozenset()


def test_include() -> None:
    """Workloads are observed where they are asked for, and not omitted in the end."""
    settings = _settings()
    assert not settings.with_workloads
    asked = replace(settings, include=parse_include(" workloads,"))
    assert asked.with_workloads
    assert not replace(asked, omit=parse_omit("workloads")).with_workloads


@pytest.mark.parametrize("text", ["pods", "workloads,secrets", "Workloads"])
def test_unknown_include(text: str) -> None:
    """What cannot be included is refused, with what can."""
    with pytest.raises(InvalidValue, match=r"^'\w+' is none of workloads$"):
        parse_include(text)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_omit, "osimage", "^'osimage' is none of architecture, capacity, cloudProvider, "),
        (parse_omit, "clusterID", "^'clusterID' is none of "),
        (parse_verbatim, "cloudProvider", "^'cloudProvider' is none of architecture, capacity, "),
        (parse_verbatim, "name", "^'name' is none of "),
    ],
)
def test_unknown_field(parse: Callable[[str], object], text: str, message: str) -> None:
    """A name that is no such field is refused, with those that are."""
    with pytest.raises(InvalidValue, match=message):
        parse(text)


def test_original_verbosity() -> None:
    """The original's --v is a number, and from 1 on it logs more."""
    assert not _settings().is_verbose
    assert replace(_settings(), original_verbosity=parse_verbosity("5")).is_verbose
    for text in ("five", "-1", "1e3", "٣", "9" * 5000):
        with pytest.raises(InvalidValue, match="must be a number"):
            parse_verbosity(text)
