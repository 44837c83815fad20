"""Usage errors of the program: one line that names what is wrong, and exit status 2."""

import subprocess
import sys
from pathlib import Path
from typing import IO, Final

import pytest

from command_line.flags import flags_of, names_of
from tools.simulator import Cluster, Forbidden, Rule, Script, running_simulator
from volunteer.conftest import CLUSTER, DEADLINE_SECONDS, command, environment, run
from volunteer.manifest.settings import ManifestSettings
from volunteer.settings import PreviewSettings


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "volunteer: --cluster-id (or SPARTAKUS_CLUSTER_ID): is missing: A random UUID"),
        (["--nope"], "volunteer: No such option: --nope"),
        (["collector"], "volunteer: There is no command 'collector'; there are run, preview, "),
        (["volunteer", "volunteer"], "volunteer: There is no command 'volunteer'; there are run"),
        ([CLUSTER, "perview"], "volunteer: There is no command 'perview'; there are run, preview"),
        ([CLUSTER, "run", "run"], "volunteer: Got unexpected extra argument(s) (run)"),
        ([CLUSTER, "--cluster-id=AUTO"], "volunteer: --cluster-id: is not an ID; the word"),
        (
            [CLUSTER, "--extensions=/a\nb\x1b[2J"],
            r"volunteer: /a b\x1b[2J: cannot be read: No such",
        ),
        ([CLUSTER, "--omit=\udcff"], r"volunteer: --omit: '\udcff' is none of "),
        ([CLUSTER, "--retry-for=0"], "volunteer: --retry-for: must be at least 1s"),
        (["--clus", "x"], "volunteer: No such option: --clus (Possible options: --cluster-id"),
        ([CLUSTER, "--v=much"], "volunteer: --v: must be a number"),
        (["completion"], "volunteer: bash|zsh|fish: is missing: The shell"),
        (["completion", "tcsh"], "volunteer: bash|zsh|fish: must be one of bash, zsh, fish"),
        ([CLUSTER, "--period"], "volunteer: Option '--period' requires an argument"),
        ([CLUSTER, "--period=-5m"], "volunteer: --period: must not be negative"),
        ([CLUSTER, "--period=99"], "volunteer: --period: must be a Go duration"),
        ([CLUSTER, "--jitter=x"], "volunteer: --jitter: must be a Go duration"),
        ([CLUSTER, "--retry-for=1d"], "volunteer: --retry-for: must be a Go duration"),
        (["--cluster-id=a b"], "volunteer: --cluster-id: must be 1 to 128 characters"),
        ([CLUSTER, "--database=bigquery://a.b.c"], "volunteer: --database: must be stdout"),
        ([CLUSTER, "--extensions=/none"], "volunteer: /none: cannot be read: No such file"),
        ([CLUSTER, "--key-file=/none"], "volunteer: --key-file: /none cannot be read"),
        ([CLUSTER, "--ca-file=/none"], "volunteer: --ca-file: /none cannot be read"),
        ([CLUSTER, "--omit=name"], "volunteer: --omit: 'name' is none of "),
        ([CLUSTER, "--include=pods"], "volunteer: --include: 'pods' is none of workloads"),
        ([CLUSTER, "--json"], "volunteer: No such option: --json"),
    ],
)
def test_usage_errors(arguments: list[str], line: str) -> None:
    """A wrong flag gives one line that names it and the rule, and exit status 2."""
    finished = run(*arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith(line)
    assert finished.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"SPARTAKUS_PERIOD": "5"}, "SPARTAKUS_PERIOD: must be a Go duration"),
        ({"SPARTAKUS_DATABASE": "ftp://x"}, "SPARTAKUS_DATABASE: must be stdout"),
        ({"SPARTAKUS_COMPRESS": "maybe"}, "SPARTAKUS_COMPRESS: must be true or false"),
        ({"SPARTAKUS_DUE": "soon"}, "SPARTAKUS_DUE: is for the program itself"),
    ],
)
def test_broken_variable(variables: dict[str, str], line: str) -> None:
    """A rule that a variable breaks names the variable."""
    finished = run(CLUSTER, variables=variables)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith(f"volunteer: {line}")
    assert finished.stderr.count("\n") == 1


def test_missing_kubeconfig() -> None:
    """A cluster that is not described is a usage error, in one line after the start line."""
    finished = run(CLUSTER, "--period=0", "--kubeconfig=/none")
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1] == (
        "volunteer: /none cannot be read: No such file or directory"
    )
    assert "Traceback" not in finished.stderr


def test_bad_extension_key(tmp_path: Path) -> None:
    """A bad extension file is an error at start, naming file, key and rule."""
    file = tmp_path / "facts.json"
    file.write_text('{"-bad": "x"}')
    finished = run(CLUSTER, f"--extensions={file}")
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"volunteer: {file}: key '-bad': the name must be of A-Z")
    assert finished.stderr.count("\n") == 1


def test_auto_without_anything(tmp_path: Path) -> None:
    """An `auto` cluster ID without a key and without permission for the UID is exit status 2."""
    script = Script(rules=(Rule(path="/api/v1/namespaces/kube-system", fault=Forbidden()),))
    with running_simulator(Cluster.generate(nodes=1, seed=1), script=script) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        finished = run("--cluster-id=auto", "--period=0", f"--kubeconfig={file}")
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].startswith("volunteer: --cluster-id=auto: needs")


_NASTY: Final = "/none\n\x1b[2J\udcff{}%s"
_WORDS: Final = [
    (word, names_of(field, found)[-1])
    for word, kind in (("preview", PreviewSettings), ("manifest", ManifestSettings))
    for field, found in flags_of(kind).items()
    if found.metavar is not None
]


@pytest.mark.parametrize(("word", "name"), _WORDS)
def test_nasty_value(word: str, name: str) -> None:
    """A value with line breaks, commands to a terminal and bytes that are no text gives one line
    that a terminal shows as it is, exit status 2, and no traceback.
    """
    missing = "--kubeconfig=/none" if word == "preview" else "--keep=/none"
    required = [CLUSTER] if word == "preview" else ["--image=v", "--database=stdout"]
    finished = run(word, *required, missing, f"{name}={_NASTY}", f"{name}={_NASTY}")
    assert (finished.returncode, finished.stdout) == (2, "")
    *log, line = finished.stderr.splitlines()
    assert line.startswith("volunteer: ")
    assert all(each.isprintable() for each in (*log, line))
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("name", ["--key-file", "--ca-file", "--extensions", "--keep"])
@pytest.mark.parametrize("file", ["/dev/zero", "/"])
def test_strange_file(name: str, file: str) -> None:
    """A file that never ends, cannot be read or is none is an error at once, and named."""
    words = [CLUSTER, "--kubeconfig=/none"]
    if name == "--keep":
        words = ["manifest", "--image=v", "--database=stdout"]
    finished = run(*words, f"{name}={file}")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.splitlines()[-1].startswith("volunteer: ")
    is_named = f"{file} " in finished.stderr or f"{file}: " in finished.stderr
    # A directory is one of extensions; what fails then is the kubeconfig.
    assert is_named or (name, file) == ("--extensions", "/")


def test_help_on_a_full_disk(full_disk: IO[bytes]) -> None:
    """Help that cannot be printed is one line that says so, and is not taken for a defect."""
    finished = run("--help", stdout=full_disk)
    assert finished.returncode == 1
    assert finished.stderr == "volunteer: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("words", "closed", "status"),
    [
        (["manifest", "--image=v", "--database=stdout"], 1, 1),
        (["--help"], 1, 0),
        (["--nope"], 2, 2),
        (["run", CLUSTER, "--kubeconfig=/none"], 2, 2),
    ],
)
def test_closed_stream(words: list[str], closed: int, status: int) -> None:
    """Started with a stream closed it still exits with its status, and without a traceback."""
    close = f"import os, sys; os.close({closed}); os.execv(sys.argv[1], sys.argv[1:])"
    finished = subprocess.run(
        [sys.executable, "-c", close, *command(*words)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert finished.returncode == status
    assert "Traceback" not in finished.stderr
    assert "defect" not in finished.stderr
