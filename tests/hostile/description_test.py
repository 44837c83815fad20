"""The collector, held to what its own `/openapi.json` says of it."""

import os
import subprocess
import sys
from pathlib import Path

from schemathesis import cli

from collector.publishing import store
from collector.publishing.testing import exact_release
from collector.testing import RunningCollector

# What a description cannot say: a version is printable as Unicode defines it, which is a 400, and
# a key does not come again with another report, which is a 422; a release has to be there, or it is
# a 404. That it says of a report what the decoder does is tested beside the schema.
CONFIGURATION = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "422"]
"""
EXAMPLES = 25
SECONDS = 110


def test_it_does_what_it_says(tmp_path: Path) -> None:
    """Whatever is sent: no 5xx, no status or content that is not described, no rule but those."""
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    command = [sys.executable, "-m", cli.__name__, "--config-file", str(configuration), "run"]
    command += ["--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"]
    data_dir = tmp_path / "data"
    store.add(data_dir / store.RELEASES_FOLDER, exact_release(50, month=10))
    with RunningCollector(data_dir, "--publish", "monthly") as collector:
        outcome = subprocess.run(
            [*command, f"http://127.0.0.1:{collector.port()}/openapi.json"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stdout
        assert collector.stop() == 0
    events = {str(line.get("event")).partition("\n")[0] for line in collector.log}
    assert events <= {"serving", "a release is in the warehouse", "stopped"}
