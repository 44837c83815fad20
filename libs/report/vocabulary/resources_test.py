"""Names of resources."""

import pytest

from report.vocabulary import is_known_resource


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
        "rdma/ib",
        "f5.com/qat",
        "huawei.com/Ascend910B3-memory",
        "management.workload.openshift.io/cores",
        "networking.gke.io.networks/rdma-0",
        "nvidia.com/GRID_P4-1Q",
        "nvidia.com/mig-7g.278gb",
        "smarter-devices/fuse",
        "squat.ai/fuse",
        "xilinx.com/fpga-xilinx_u200",
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
        "nvidia.com/mig-1234567g.1234567gb",
        "nvidia.com/mig-1g.11gb",
        "nvidia.com/mig-9g.80gb",
        "networking.gke.io.networks/Red-Network.IP",
        "networking.gke.io.networks/rdma-8",
        "intel.com/U630",
        "intel.com/sriov_netdevice",
        "intel.com/mlnx_sriov_rdma1",
        "bridge.network.kubevirt.io/cni-podman0",
        "macvtap.network.kubevirt.io/dataplane",
        "openshift.io/cvl_iavf",
        "node.kubernetes.io/foo",
        "attachable-volumes-csi-10.20.30.40",
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
    """A user's own name is not public, under whatever prefix."""
    assert not is_known_resource(name)
