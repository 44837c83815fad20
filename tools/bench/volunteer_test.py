"""The benchmark of the volunteer measures what it says, on programs that stand in for it."""

import json
import sys
from pathlib import Path
from typing import Final

import pytest

from tools.bench.volunteer import (
    RUNS,
    START,
    WARM_UPS,
    BenchmarkFailed,
    Cost,
    Row,
    Target,
    main,
    measure,
    measure_idle,
    render,
)

_SLEEPER: Final = "import signal, time; {work}; signal.signal(15, print); time.sleep(600)"


def _program(directory: Path, code: str, name: str = "program.py") -> Path:
    file = directory / name
    file.write_text(f"#!{sys.executable} -IS\n{code}\n")
    file.chmod(0o700)
    return file


def test_cost(tmp_path: Path) -> None:
    """A run that takes memory, CPU time and wall time is seen to take them."""
    code = (
        "import time; held = bytearray(64 << 20); end = time.process_time() + 0.1\n"
        "while time.process_time() < end: pass\n"
        "time.sleep(0.1)"
    )
    cost = measure([_program(tmp_path, code)], nodes=1)
    assert 64 < cost.peak_mib < 128
    assert 0.1 <= cost.cpu_seconds < 2
    assert cost.wall_seconds >= 0.2


def test_every_run_counts(tmp_path: Path) -> None:
    """The program runs as often as stated, with a cluster to report on."""
    seen = tmp_path / "seen"
    code = f"import sys; open({str(seen)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')"
    measure([_program(tmp_path, code)], nodes=1)
    lines = seen.read_text().splitlines()
    assert len(lines) == WARM_UPS + RUNS
    assert all("--kubeconfig=/" in line and "--period=0" in line for line in lines)


def test_in_a_pod(tmp_path: Path) -> None:
    """In a pod there are a service account's files and variables, and no flag."""
    seen = tmp_path / "seen"
    code = (
        "import os, sys; account = '/var/run/secrets/kubernetes.io/serviceaccount'\n"
        f"file = open({str(seen)!r}, 'a')\n"
        "print(sorted(os.listdir(account)), os.environ['KUBERNETES_SERVICE_HOST'],"
        " [word for word in sys.argv if 'kubeconfig' in word], file=file)"
    )
    measure([_program(tmp_path, code)], nodes=1, in_pod=True)
    lines = set(seen.read_text().splitlines())
    assert lines == {"['ca.crt', 'namespace', 'token'] 127.0.0.1 []"}


def test_failure(tmp_path: Path) -> None:
    """A program that fails is an error with its own words, and never a quick run."""
    program = _program(tmp_path, "import sys; sys.exit('no such cluster')")
    with pytest.raises(BenchmarkFailed, match="no such cluster"):
        measure([program], nodes=1)


def test_idle(tmp_path: Path) -> None:
    """Memory that is held asleep is seen."""
    small = measure_idle([_program(tmp_path, _SLEEPER.format(work="pass"), "sleeper.py")])
    large = measure_idle(
        [
            _program(
                tmp_path, _SLEEPER.format(work="held = bytearray(b'1') * (32 << 20)"), "sleeper.py"
            )
        ]
    )
    assert 1 < small < 30
    assert large - small == pytest.approx(32, abs=4)


def test_never_asleep(tmp_path: Path) -> None:
    """A program that exits instead of sleeping is an error."""
    with pytest.raises(BenchmarkFailed, match="not asleep"):
        measure_idle([_program(tmp_path, "pass")])


def test_missing_program(tmp_path: Path) -> None:
    """A program that was not built is an error that says how to build it."""
    with pytest.raises(SystemExit, match=r"^bench: .*/no.pex is missing; .*pants package"):
        main(["--program", str(tmp_path / "no.pex")])


def test_started_as_in_the_image() -> None:
    """The measured program is started as the container image starts it."""
    image = Path("apps/volunteer/Dockerfile").read_text()
    assert f'"/app/bin/python", {", ".join(map(json.dumps, START))}' in image


def test_promises() -> None:
    """A promise that is missed is named, and one that was not made cannot be."""
    good = Row(Target(5, cpu_seconds=0.5), Cost(99.0, 0.5, 99.0))
    bad = Row(Target(5_000, peak_mib=76.0), Cost(76.1, 0.1, 0.1))
    assert (good.holds, bad.holds) == (True, False)
    assert "0.50 (of 0.50)" in render([good], 9.0)
    assert render([good], 9.0).endswith("All promises hold.")
    assert render([good, bad], 11.0).endswith("MISSED at 5000 nodes, idle.")
