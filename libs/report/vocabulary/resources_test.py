"""Names of resources, and quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.vocabulary import is_known_resource, is_quantity


@pytest.mark.parametrize(
    "name",
    [
        "cpu",
        "memory",
        "pods",
        "ephemeral-storage",
        "hugepages-2Mi",
        "hugepages-1Gi",
        "attachable-volumes-aws-ebs",
        "attachable-volumes-csi-ebs.csi.aws.com",
        "nvidia.com/gpu",
        "nvidia.com/mig-1g.10gb",
        "nvidia.com/mig-1g.5gb.me",
        "amd.com/gpu",
        "gpu.intel.com/i915",
        "google.com/tpu",
        "aws.amazon.com/neuron",
        "vpc.amazonaws.com/pod-eni",
        "habana.ai/gaudi",
        "devices.kubevirt.io/kvm",
        "rdma/hca_shared_devices_a",
    ],
)
def test_known(name: str) -> None:
    """A name that Kubernetes or a vendor documents is public."""
    assert is_known_resource(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "CPU",
        "cpu\n",
        "acme.example/licence-seats",
        "intel.com/acme_payments_fpga",
        "nvidia.com/acme",
        "nvidia.com/mig-acme",
        "nvidia.com/mig-12345678g.5gb",
        "openshift.io/acme",
        "rdma/acme_fabric",
        "hugepages-acme",
        "hugepages-3Mi",
        "attachable-volumes-acme",
        "attachable-volumes-csi-acme.example",
        "cpu" * 400_000,
    ],
)
def test_unknown(name: str) -> None:
    """A name of somebody's own is not public, under whatever prefix."""
    assert not is_known_resource(name)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "4",
        "15437428Ki",
        "3920m",
        "1.5Gi",
        "1.",
        ".5",
        "1e3",
        "1E-3",
        "-1",
        "+1",
        "95551679124",
    ],
)
def test_quantity(text: str) -> None:
    """Whole and decimal numbers, with any suffix of the grammar, are quantities."""
    assert is_quantity(text)


@pytest.mark.parametrize(
    "text",
    ["", ".", "Ki", "4 Ki", "4\n", "0x10", "\u0664", "4KiB", "4ki", "NaN", "1e", "--1", "1.2.3"],
)
def test_no_quantity(text: str) -> None:
    """Anything else is none."""
    assert not is_quantity(text)


@given(st.text(alphabet="0123456789abcdefEKMGTPi.+-", min_size=16))
def test_long_quantity(text: str) -> None:
    """No sixteen characters are a quantity, so that no half of a 128-bit identifier passes."""
    assert not is_quantity(text)
