"""What observing a simulated cluster asks for and yields, with the real client."""

from pathlib import Path

from tools.simulator import Forbidden, Rule
from volunteer.cluster.listing import Limits
from volunteer.cluster.observation import observe
from volunteer.cluster.testing import NODES, UID, names_of, simulated


def test_pages(tmp_path: Path) -> None:
    """Every node is seen once, in pages."""
    with simulated(tmp_path) as (listing, simulator):
        names = names_of(listing)
    assert len(names) == len(set(names)) == 7
    lists = [request for request in simulator.requests if request.path == NODES]
    assert [request.query["limit"] for request in lists] == ["3", "3", "3"]


def test_page_size(tmp_path: Path) -> None:
    """Unless told otherwise a page holds 500 nodes."""
    with simulated(tmp_path, limits=Limits()) as (listing, simulator):
        names_of(listing)
    lists = [request for request in simulator.requests if request.path == NODES]
    assert [request.query["limit"] for request in lists] == ["500"]


def test_what_is_asked(tmp_path: Path) -> None:
    """The API server is asked for the version and for nodes, by a client that says what it is."""
    with simulated(tmp_path) as (listing, simulator):
        names_of(listing)
    assert {request.path for request in simulator.requests} == {"/version", NODES}
    assert {request.method for request in simulator.requests} == {"GET"}
    agents = {request.headers["user-agent"] for request in simulator.requests}
    assert agents == {"spartakus-volunteer/v2.0.0"}
    assert {request.headers["accept-encoding"] for request in simulator.requests} == {"gzip"}


def test_lazy_listing(tmp_path: Path) -> None:
    """Nodes are listed only while they are read."""
    with simulated(tmp_path) as (listing, simulator):
        nodes = iter(observe(listing, with_uid=False).nodes)
        next(nodes)
        assert [request.path for request in simulator.requests] == ["/version", NODES]


def test_uid(tmp_path: Path) -> None:
    """The UID of kube-system is asked for where it is wanted."""
    with simulated(tmp_path) as (listing, simulator):
        uid = observe(listing, with_uid=True).kube_system_uid
    assert uid is not None
    assert len(uid.reveal()) == 36
    assert simulator.requests[-1].path == UID


def test_uid_forbidden(tmp_path: Path) -> None:
    """Without permission for it there is no UID, and that is no error."""
    with simulated(tmp_path, Rule(path=UID, fault=Forbidden())) as (listing, _):
        assert observe(listing, with_uid=True).kube_system_uid is None


def test_version_forbidden(tmp_path: Path) -> None:
    """Without permission for the version it is empty: `list nodes` is all that is needed."""
    with simulated(tmp_path, Rule(path="/version", fault=Forbidden())) as (listing, _):
        assert observe(listing, with_uid=False).master_version.reveal() == ""
