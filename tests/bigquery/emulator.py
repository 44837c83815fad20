"""An emulator to test against, and how reports get into it."""

import io
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials, Credentials
from google.cloud import bigquery

from collector.records import SpooledReport
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.loading import encode_rows
from collector.warehouse.bigquery.service import Deadlines, Service
from collector.warehouse.bigquery.state import KNOWN_TABLES_FILE, KnownTables
from collector.warehouse.bigquery.table import prepare_table

PROGRAM: Final = Path("bqemulator.pex").resolve()
PROJECT: Final = "project"
_START_SECONDS: Final = 120.0
_DEADLINES: Final = Deadlines(call=20.0, query=60.0)


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


def client_of(emulator: str) -> bigquery.Client:
    """Return a client of the emulator at a URL."""
    credentials: type[Credentials] = AnonymousCredentials
    return bigquery.Client(
        project=PROJECT,
        credentials=credentials(),
        client_options=ClientOptions(api_endpoint=emulator),
    )


def service_of(emulator: str, table: BigQueryTable) -> Service:
    """Return the warehouse's interface to a table of the emulator."""
    return Service(table, emulator=emulator, deadlines=_DEADLINES)


def write(
    emulator: str, table: BigQueryTable, data_dir: Path, reports: Iterable[SpooledReport]
) -> None:
    """Load reports as the warehouse does, except for the job's ID, which the emulator ignores."""
    with closing(service_of(emulator, table)) as service:
        prepared = prepare_table(service, KnownTables(data_dir / KNOWN_TABLES_FILE))
    with closing(client_of(emulator)) as client:
        config = bigquery.LoadJobConfig(
            schema=list(prepared.columns),
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
        )
        content = io.BytesIO(encode_rows(reports).content)
        job = client.load_table_from_file(content, str(table), job_config=config)
        job.result()


def _read(process: "subprocess.Popen[str]", listening: threading.Event) -> None:
    """Read the log to its end, so that the emulator never waits for a reader."""
    for line in process.stdout or ():
        if '"grpc.listen"' in line:  # the second of its two servers
            listening.set()
    listening.set()


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]
