"""For tests: releases of censuses that look like real ones, made with their noise."""

import random
from datetime import date
from math import exp
from typing import Final

from census import Budget, Cadence, Counts, Period, Release, exact_release_of, release_of
from census.questions import QUESTIONS, UNIT

_SHARES: Final = {
    "skew": "newer 0.01, 0 0.71, 1 0.19, 2 0.06, 3 0.02, 4 or more 0.01",
    "distribution": (
        "eks 0.27, gke 0.14, aks 0.13, openshift 0.08, k3s 0.11, rke2 0.06, kubeadm 0.05, "
        "talos 0.04, kind 0.01, microk8s 0.02, k0s 0.01, other 0.08"
    ),
    "provider": (
        "aws 0.29, gce 0.15, azure 0.14, vsphere 0.08, openstack 0.05, hcloud 0.04, "
        "digitalocean 0.03, oci 0.01, unknown 0.19, several 0.01"
    ),
    "operatingSystem": "linux 0.985, windows 0.015",
    "osImage": (
        "Ubuntu 22 0.29, Ubuntu 24 0.16, Amazon Linux 2023 0.11, Amazon Linux 2 0.09, "
        "Bottlerocket OS 1 0.07, Debian GNU/Linux 12 0.06, Ubuntu 20 0.05, "
        "Container-Optimized OS from Google 0.09, Talos 0.04, other 0.04"
    ),
    "kernel": (
        "5.10 0.15, 5.15 0.24, 6.1 0.28, 6.5 0.02, 6.6 0.06, 6.8 0.17, 4.18 0.03, 5.4 0.02, "
        "6.12 0.02, 5.14 0.01"
    ),
    "architecture": "amd64 0.84, arm64 0.15, ppc64le 0.003, s390x 0.002",
    "containerRuntime": (
        "containerd 1.7 0.55, containerd 2.0 0.14, containerd 1.6 0.12, cri-o 1.29 0.05, "
        "cri-o 1.30 0.03, docker 24.0 0.02, containerd 2.1 0.07"
    ),
    "nodes": (
        "1 0.14, 2-3 0.27, 4-7 0.24, 8-15 0.15, 16-31 0.1, 32-63 0.05, 64-127 0.03, "
        "128-255 0.015, 256-511 0.004"
    ),
    "controlPlaneNodes": "0 0.57, 1 0.16, 2-3 0.23, 4-7 0.02, unknown 0.02",
    "cpuPerNode": "1 0.02, 2-3 0.23, 4-7 0.34, 8-15 0.23, 16-31 0.11, 32-63 0.05",
    "memoryPerNode": "2-3 0.08, 4-7 0.18, 8-15 0.3, 16-31 0.24, 32-63 0.13",
    "cpuPerCluster": "4-7 0.15, 8-15 0.24, 16-31 0.21, 32-63 0.17, 64-127 0.11",
    "memoryPerCluster": "16-31 0.17, 32-63 0.23, 64-127 0.22, 128-255 0.15",
    "accelerators": "none 0.9, nvidia.com 0.08, amd.com 0.007, several 0.004",
    "namespaces": "4-7 0.03, 8-15 0.07, 16-31 0.05, unknown 0.85",
    "podsPerNamespace": "0 0.03, 1 0.03, 2-3 0.03, 4-7 0.03, unknown 0.88",
}
"""How the other votes are shared; what is missing of one is `other`."""

_MONTHS_A_VERSION: Final = 4
_FIRST_VERSION: Final = 30
_VERSIONS: Final = 24


def counts_of(clusters: int, month: int = 1) -> Counts:
    """Return counts of a believable census. `month` counts from 1 on; versions move with it."""
    ages = {
        f"1.{_FIRST_VERSION - 4 + number}": month / _MONTHS_A_VERSION + 4 - number
        for number in range(_VERSIONS)
    }
    weights = {version: max(age, 0) * exp(-max(age, 0) / 1.8) for version, age in ages.items()}
    versions = {version: each / sum(weights.values()) for version, each in weights.items()}
    shares = {name: _parsed(text) for name, text in _SHARES.items()}
    shares |= {"clusters": {"clusters": 1.0}, "kubernetes": versions}
    return {
        question.name: {
            answer: int(share * clusters * UNIT) for answer, share in shares[question.name].items()
        }
        for question in QUESTIONS
    }


def _parsed(text: str) -> dict[str, float]:
    words = (each.rpartition(" ") for each in text.split(", "))
    return {answer: float(share) for answer, _, share in words}


def month_of(month: int, year: int = 2026) -> Period:
    """Return a month; those above 12 are of the next years."""
    return Cadence.MONTHLY.period_of(date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1))


def release(clusters: int, month: int = 11, *, seed: int = 1) -> Release:
    """Return the private release of a month, with noise that is the same for the same seed."""
    draw = random.Random(f"{seed} {month}")  # noqa: S311 - not a secret, in a test
    return release_of(counts_of(clusters, month), month_of(month), Budget(), draw.getrandbits)


def exact_release(clusters: int, month: int = 11) -> Release:
    """Return the exact release of a month."""
    return exact_release_of(counts_of(clusters, month), month_of(month))
