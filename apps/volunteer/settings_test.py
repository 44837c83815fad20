"""What the flags mean."""

from dataclasses import replace
from pathlib import Path

import pytest

from tools.simulator import certificates
from volunteer.delivery.destinations import Collector, StandardOutput
from volunteer.errors import InvalidOption
from volunteer.reporting import Identity
from volunteer.settings import (
    Settings,
    check_ca_file,
    parse_cluster_id,
    parse_disclosure,
    parse_include,
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
        identity=Identity("x"),
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
    with pytest.raises(InvalidOption, match=r"^--cluster-id: must be 1 to 128 characters"):
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
    disclosure = parse_disclosure(omit="osImage, cloudProvider", verbatim="kernelVersion,")
    assert disclosure.omit == {"osImage", "cloudProvider"}
    assert disclosure.verbatim == {"kernelVersion"}


def test_no_disclosure() -> None:
    """Nothing is left out and nothing goes verbatim by default."""
    disclosure = parse_disclosure(omit="", verbatim="")
    assert disclosure.omit == disclosure.verbatim == frozenset()


def test_include() -> None:
    """Workloads are looked at where they are asked for, and not omitted in the end."""
    settings = _settings()
    assert not settings.with_workloads
    asked = replace(settings, include=parse_include(" workloads,"))
    assert asked.with_workloads
    omitted = parse_disclosure(omit="workloads", verbatim="")
    assert not replace(asked, disclosure=omitted).with_workloads


@pytest.mark.parametrize("text", ["pods", "workloads,secrets", "Workloads"])
def test_unknown_include(text: str) -> None:
    """What cannot be included is refused, with what can."""
    with pytest.raises(InvalidOption, match=r"^--include: '\w+' is none of workloads$"):
        parse_include(text)


@pytest.mark.parametrize(
    ("omit", "verbatim", "message"),
    [
        ("osimage", "", "^--omit: 'osimage' is none of architecture, capacity, cloudProvider, "),
        ("clusterID", "", "^--omit: 'clusterID' is none of "),
        ("", "cloudProvider", "^--verbatim: 'cloudProvider' is none of architecture, capacity, "),
        ("", "name", "^--verbatim: 'name' is none of "),
    ],
)
def test_unknown_field(omit: str, verbatim: str, message: str) -> None:
    """A name that is no such field is refused, with those that are."""
    with pytest.raises(InvalidOption, match=message):
        parse_disclosure(omit=omit, verbatim=verbatim)


def test_ca_file(tmp_path: Path) -> None:
    """A CA file must be there and hold certificates."""
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_text(certificates.authority_pem())
    bad.write_text("no certificate")
    check_ca_file(good)
    with pytest.raises(InvalidOption, match=r"bad\.pem must hold certificates in PEM form"):
        check_ca_file(bad)
    with pytest.raises(InvalidOption, match="none cannot be read: No such file"):
        check_ca_file(tmp_path / "none")
