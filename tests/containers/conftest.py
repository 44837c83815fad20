"""What the tests of containers share."""

from collections.abc import Callable, Iterator

import pytest

from tests.containers.engine import COLLECTOR, PORT, Container, Volume, volume

Start = Callable[..., Container]


@pytest.fixture
def data() -> Iterator[Volume]:
    """A fresh volume for a collector's data."""
    with volume() as name:
        yield name


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts a container, to be removed at the end of the test."""
    started: list[Container] = []

    def start_container(image: str, *arguments: str, options: tuple[str, ...] = ()) -> Container:
        started.append(Container(image, *arguments, options=options))
        return started[-1]

    yield start_container
    for container in started:
        container.remove()


@pytest.fixture
def start_collector(data: Volume, start: Start) -> Callable[[], Container]:
    """Return a function that starts a collector, on the same volume each time, and waits."""

    def start_and_wait() -> Container:
        options = (f"--publish=127.0.0.1::{PORT}", f"--volume={data}:/data")
        collector = start(COLLECTOR, options=options)
        collector.wait(collector.is_ready)
        return collector

    return start_and_wait
