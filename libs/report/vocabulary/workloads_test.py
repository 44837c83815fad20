"""Kinds of workloads that a report may count."""

import pytest

from report.vocabulary import is_known_workload_kind


@pytest.mark.parametrize("name", ["pods", "deployments", "persistentvolumeclaims", "cronjobs"])
def test_public(name: str) -> None:
    """Kinds of the Kubernetes API are public."""
    assert is_known_workload_kind(name)


@pytest.mark.parametrize("name", ["", "Pods", "pod", "pods ", "secrets", "widgets.acme.example"])
def test_not_public(name: str) -> None:
    """Other kinds, spellings and kinds of somebody's own are not."""
    assert not is_known_workload_kind(name)
