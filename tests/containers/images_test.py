"""The images by themselves."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.containers.engine import COLLECTOR, VOLUNTEER, engine, run

_IMAGES: Final = pytest.mark.parametrize("image", [COLLECTOR, VOLUNTEER])


def configuration(image: str) -> dict[str, Any]:
    """Return the configuration of an image."""
    found: dict[str, Any] = json.loads(engine("inspect", "--format={{json .Config}}", image))
    return found


@_IMAGES
def test_user_by_number(image: str) -> None:
    """The user is a number that is not root's, so that a cluster can tell without a user list."""
    assert configuration(image)["User"] == "65532:65532"


@_IMAGES
def test_no_shell_between(image: str) -> None:
    """The program is process 1 itself: no shell starts it."""
    configured = configuration(image)
    assert configured["Entrypoint"][0] == "/app/bin/python"
    assert not configured.get("Cmd")


@_IMAGES
def test_labels(image: str) -> None:
    """An image says what it is, and what it was made of, in the OCI's labels."""
    labels = configuration(image)["Labels"]
    for name in ("title", "description", "licenses", "base.name", "revision"):
        assert labels[f"org.opencontainers.image.{name}"]


@_IMAGES
def test_version(image: str) -> None:
    """A container that may write nothing at all starts, and says its version."""
    finished = run(image, "--version")
    assert (finished.status, finished.log) == (0, "")
    assert finished.output.strip()


def test_data_is_a_volume() -> None:
    """The collector's data has a place of its own, which outlives a container."""
    assert list(configuration(COLLECTOR)["Volumes"]) == ["/data"]


@_IMAGES
def test_same_image_again(image: str) -> None:
    """Built anew from the same PEX file and base, with nothing cached, an image has the same ID."""
    name = image.removeprefix("spartakus-").removesuffix(":latest")
    labels = configuration(image)["Labels"]
    base, revision = (labels[f"org.opencontainers.image.{of}"] for of in ("base.name", "revision"))
    again = f"spartakus-again-{name}:latest"
    engine(
        *("build", "--no-cache", f"--build-arg=BASE_IMAGE={base}", f"--tag={again}"),
        f"--build-arg=SPARTAKUS_COMMIT={revision}",
        *(f"--file=apps/{name}/Dockerfile", Path.cwd()),
    )
    try:
        assert identity(again) == identity(image)
    finally:
        engine("rmi", again)


def identity(image: str) -> str:
    """Return the ID of an image, which is a hash of all that it holds and says."""
    return engine("inspect", "--format={{.Id}}", image)
