"""A Kubernetes API for tests, benchmarks and the demo: real HTTP, generated clusters.

    with running_simulator(Cluster.generate(nodes=5, seed=1)) as simulator:
        simulator.kubeconfig(path)

`python -m tools.simulator --nodes 5` serves the same from a terminal.
"""

from tools.simulator.cluster import Cluster
from tools.simulator.faults import (
    ConnectionReset,
    EndlessContinue,
    ExpiredToken,
    Forbidden,
    Refusal,
    RotateToken,
    Rule,
    Script,
    Silence,
    SlowBytes,
    SlowHead,
    Verbatim,
    internal_error,
    throttled,
    unavailable,
)
from tools.simulator.messages import Request, Response
from tools.simulator.server import Simulator, running_simulator

__all__ = [
    "Cluster",
    "ConnectionReset",
    "EndlessContinue",
    "ExpiredToken",
    "Forbidden",
    "Refusal",
    "Request",
    "Response",
    "RotateToken",
    "Rule",
    "Script",
    "Silence",
    "Simulator",
    "SlowBytes",
    "SlowHead",
    "Verbatim",
    "internal_error",
    "running_simulator",
    "throttled",
    "unavailable",
]
