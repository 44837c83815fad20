"""What is inside the built PEX files."""

import zipfile

from tests.end_to_end.programs import COLLECTOR, VOLUNTEER, distributions


def test_collector_holds_no_kubernetes() -> None:
    """The collector has its own libraries, and not the Kubernetes client."""
    found = distributions(COLLECTOR)
    assert {"falcon", "waitress", "duckdb", "msgspec", "typer"} <= found
    assert "kubernetes" not in found


def test_volunteer_holds_no_server_and_no_database() -> None:
    """The volunteer has its own libraries, and no web framework, server or database; kubeconfigs it
    reads without the Kubernetes client.
    """
    found = distributions(VOLUNTEER)
    assert {"msgspec", "pysocks", "typer", "urllib3"} <= found
    assert not {"kubernetes", "falcon", "waitress", "duckdb", "google-cloud-bigquery"} & found
    assert not {"jinja2", "opendp"} & found


def test_no_stubs_and_no_test_tools() -> None:
    """Neither program carries type stubs or what only tests use."""
    for pex in (COLLECTOR, VOLUNTEER):
        found = distributions(pex)
        assert not {name for name in found if name.startswith("types-")}
        assert not {"pytest", "hypothesis", "mypy", "ruff", "playwright", "opendp"} & found


def test_no_tests_of_ours() -> None:
    """Neither program carries our tests, or what they are helped by."""
    for pex in (COLLECTOR, VOLUNTEER):
        with zipfile.ZipFile(pex) as archive:
            ours = [name for name in archive.namelist() if not name.startswith(".")]
        assert [name for name in ours if name.startswith("report/")]
        assert not [
            name for name in ours if name.endswith(("_test.py", "testing.py", "conftest.py"))
        ]
