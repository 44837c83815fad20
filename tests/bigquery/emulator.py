"""An emulator to test against."""

import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROGRAM: Final = Path("bqemulator.pex").resolve()
PROJECT: Final = "project"
_START_SECONDS: Final = 120.0


@contextmanager
def running_emulator() -> Iterator[str]:
    """Run an empty emulator until the block ends; give its URL."""
    rest, grpc = _free_ports()
    command: list[str | Path] = [
        *(PROGRAM, "start", "--ephemeral", "--project", PROJECT),
        *("--rest-host", "127.0.0.1", "--rest-port", str(rest), "--grpc-port", str(grpc)),
    ]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(
            command,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": home},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        log = threading.Thread(target=_read, args=(process, listening := threading.Event()))
        log.start()
        try:
            assert listening.wait(_START_SECONDS), "the emulator does not start"
            assert process.poll() is None, "the emulator exited"
            yield f"http://127.0.0.1:{rest}"
        finally:
            process.terminate()
            log.join()


def _read(process: "subprocess.Popen[str]", listening: threading.Event) -> None:
    """Read the log to its end, so that the emulator never waits for a reader."""
    for line in process.stdout or ():
        if '"grpc.listen"' in line:  # the second of its two servers
            listening.set()
    listening.set()


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]
