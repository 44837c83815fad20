"""What a reader of the documents has at hand.

A folder to work in, the built programs in `dist` and on PATH, and a home. What has an address of
its own in the documents gets a free one here.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.documents.claims import STAND_INS
from tests.documents.session import LOOPBACK, Session

SERVICE_DIRECTORY: Final = "/var/lib/spartakus"
RESTORED_DIRECTORY: Final = "/var/lib/restored"
IMAGE: Final = "example.org/collector:2"
_PROGRAMS: Final = tuple(Path(name).resolve() for name in ("collector.pex", "volunteer.pex"))

_STAND_IN: Final = f"""\
#!{sys.executable}
import json, os, sys
with open(os.environ["STAND_IN_CALLS"], "a") as calls:
    words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
    print(json.dumps([words, sys.stdin.read() if "-" in words else ""]), file=calls)
"""


@contextmanager
def running_session(folder: Path, *, unpacked: Path, **variables: str) -> Iterator[Session]:
    """Make a session in an empty folder, with `variables` set, and end what it leaves running.

    PEX files unpack themselves into `unpacked`.
    """
    home, stand_ins, dist = folder / "home", folder / "stand_ins", folder / "work" / "dist"
    for each in (home / ".kube", stand_ins, dist):
        each.mkdir(parents=True)
    for program in _PROGRAMS:
        (dist / program.name).symlink_to(program)
    for entry in STAND_INS:
        script = stand_ins / entry.split()[0]
        script.write_text(_STAND_IN)
        script.chmod(0o755)
    port, admin_port = free_ports()
    path = os.pathsep.join([str(stand_ins), str(dist), os.environ["PATH"]])
    session = Session(
        folder=folder / "work",
        environment={
            "PATH": path,
            "HOME": str(home),
            "PEX_ROOT": str(unpacked),
            "SPARTAKUS_PORT": str(port),
            "SPARTAKUS_ADMIN_PORT": str(admin_port),
            "SPARTAKUS_BATCH_SECONDS": "0",  # what is posted is soon to be seen
            "STAND_IN_CALLS": str(folder / "calls"),
            **variables,
        },
        places={
            "localhost:8080": f"{LOOPBACK}:{port}",
            SERVICE_DIRECTORY: str(folder / "service"),
            RESTORED_DIRECTORY: str(folder / "restored"),
            "parquet:///data/": f"parquet://{folder}/service/",
            "PROJECT": "project-1",
            "NUMBER": "1234",
            "IMAGE": IMAGE,
        },
        port=port,
        admin_port=admin_port,
    )
    try:
        yield session
    finally:
        session.stop()


def free_ports() -> tuple[int, int]:
    """Return two TCP ports of loopback that were free a moment ago."""
    with (
        socket.create_server((LOOPBACK, 0)) as one,
        socket.create_server((LOOPBACK, 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]
