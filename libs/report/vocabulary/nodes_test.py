"""What nodes of real clusters say of themselves."""

import pytest

from report.vocabulary import (
    Recognised,
    container_runtime_version,
    kernel_version,
    kubernetes_version,
    os_image,
)

# kubelet | image | kernel | runtime of one node each, as `kubectl get nodes -o wide` or
# `kubectl describe node` showed them in public issues, documentation and tutorials.
# What stands behind § is cut.
_NODES = """
v1.6.4 | Ubuntu 14.04.5 LTS | 4.4.0-38-generic | docker://1.11.2
v1.8.4 | Debian GNU/Linux 9 (stretch) | 4.9.0-4-amd64 | docker://Unknown
v0.14.0§-10-g3e0cdff97c2e77-dirty | Debian GNU/Linux 7 (wheezy) \
    | 3.16.0-0.bpo.4-amd64 | docker://1.5.0
v0.16.2§-351-gbcab32372fbf90 | CentOS Linux 7 (Core) \
    | 3.10.0-229.1.2.el7.x86_64 | docker://1.5.0-dev
v1.11.1 | RancherOS v1.4.0 | 4.14.32-rancher2 | docker://17.3.2
v1.20.6 | CentOS Linux 7 (Core) | 5.4.118-1.el7.elrepo.x86_64 | docker://20.10.6
v1.30.0 | Buildroot 2023.02.9 | 5.10.207 | docker://26.0.1
v1.31.0 | Buildroot 2023.02.9 | 5.10.207 | docker://27.2.0
v1.23.15-eks§-69f0cbf | Bottlerocket OS 1.12.0 (aws-k8s-1.23) \
    | 5.10.135 | containerd://1.6.12+bottlerocket
v1.23.16-eks§-ac99dab | Bottlerocket OS 1.12.0 (aws-k8s-1.23) \
    | 5.10.157 | containerd://1.6.15+bottlerocket
v1.24.10-eks§-08ad9cc | Bottlerocket OS 1.13.1 (aws-k8s-1.24) \
    | 5.15.102 | containerd://1.6.19+bottlerocket
v1.27.3-eks§-6f07bbc | Bottlerocket OS 1.15.0 (aws-k8s-1.27) \
    | 5.15.108 | containerd://1.6.20+bottlerocket
v1.30.0-eks§-036c24b | Amazon Linux 2 | 5.10.218-208.862.amzn2.x86_64 | containerd://1.7.11
v1.20.4-eks§-6b7464 | Amazon Linux 2 | 5.4.117-58.216.amzn2.x86_64 | docker://19.3.13
v1.33.4-eks§-99d6cc0 | Amazon Linux 2023.8.20250908 \
    | 6.12.40-64.114.amzn2023.x86_64 | containerd://1.7.27
v1.23.8-gke.1900 | Container-Optimized OS from Google | 5.10.127+ | containerd://1.5.13
v1.25.8-gke.500 | Container-Optimized OS from Google | 5.15.89+ | containerd://1.6.18
v1.31.13-gke.1377000 | Container-Optimized OS from Google | 6.6.111+ | containerd://1.7.28
v1.8.8-gke.0 | Container-Optimized OS from Google | 4.4.111+ | docker://17.3.2
v1.26.2-gke.1001 | Ubuntu 20.04.6 LTS | 5.15.0-1062-gcp | containerd://Unknown
v1.11.7 | Ubuntu 16.04.5 LTS | 4.15.0-1037-azure | docker://1.13.1
v1.25.6 | Windows Server 2022 Datacenter | 10.0.20348.1787 | containerd://1.6.21+azure
v1.35.8 | Microsoft Azure Linux 3.0 | 6.6.150.1-1.azl3 | containerd://2.2.4
v1.30.12 | Microsoft Azure Linux 3.0 | 6.6.85.1-2.azl3 | containerd://2.0.0
v1.28.5 | CBL-Mariner/Linux | 5.15.153.1-2.cm2 | containerd://1.6.26
v1.24.6 | CBL-Mariner/Linux | 5.15.70.1-1.cm2 | containerd://1.6.6
v1.20.7 | CBL-Mariner/Linux | 5.10.74.1-1.cm1 | containerd://1.4.4
v1.26.6+k3s§- | CBL-Mariner/Linux | 5.15.133.1-1.cm2 | containerd://1.7.1-k3s1
v1.32.6 | Flatcar Container Linux by Kinvolk 4372.0.1 (Oklo) \
    | 6.12.35-flatcar | containerd://2.0.4
v1.34.3 | Flatcar Container Linux by Kinvolk 4757.2.0 | 6.12.109-flatcar | containerd://2.2.5
v1.26.1 | Flatcar Container Linux by Kinvolk 3033.2.0 (Oklo) \
    | 5.10.84-flatcar | containerd://1.5.8
v1.28.6-kubeedge-v1.17.0 | Flatcar Container Linux by Kinvolk 3815.2.5 (Oklo) \
    | 6.1.96-flatcar | containerd://1.7.11-k3s2
v1.34.3 | Fedora CoreOS 44.20260829.3.1 | 7.1.10-200.fc44.x86_64 | containerd://2.3.4
v1.26.1 | Fedora CoreOS 35.20211215.3.0 | 5.15.7-200.fc35.x86_64 | containerd://1.5.8
v1.25.5+k3s1 | Fedora CoreOS 37.20230322.3.0 | 6.1.18-200.fc37.x86_64 | containerd://1.6.12-k3s1
v1.27.6§+d548052 | Fedora CoreOS 38.20231027.3.2 | 6.5.5-200.fc38.x86_64 | cri-o://1.27.0
v1.20.0§+bd9e442 | Red Hat Enterprise Linux CoreOS 47.84.202102161611-0 (Ootpa) \
    | 4.18.0-287.el8.x86_64 | cri-o://1.20.0-0.rhaos4.7§.gitfdbdf43.el8.52
v1.22.3§+fdba464 | Red Hat Enterprise Linux CoreOS 49.84.202202081504-0 (Ootpa) \
    | 4.18.0-305.34.2.el8_4.x86_64 | cri-o://1.22.1-14.rhaos4.9§.git7486bc8.el8
v1.25.4§+a34b9e9 | Red Hat Enterprise Linux CoreOS 412.86.202301191053-0 (Ootpa) \
    | 4.18.0-372.40.1.el8_6.x86_64 | cri-o://1.25.2-4.rhaos4.12§.git66af2f6.el8
v1.26.6§+6bf3f75 | Red Hat Enterprise Linux CoreOS 413.92.202308091852-0 (Plow) \
    | 5.14.0-284.25.1.el9_2.x86_64 | cri-o://1.26.4-3.rhaos4.13§.git615a02c.el9
v1.11.0§+d4cacc0 | Red Hat CoreOS 4.0.5470 | 3.10.0-862.14.1.el7.x86_64 | cri-o://1.11.2
v1.33.3 | Rocky Linux 9.5 (Blue Onyx) | 5.14.0-503.40.1.el9_5.x86_64 | containerd://2.1.3
v1.24.3 | Kylin Linux Advanced Server V10 (Sword) \
    | 4.19.90-24.4.v2101.ky10.x86_64 | docker://19.3.15
v1.19.16 | openEuler 22.03 LTS | 5.10.0-60.28.0.58.oe2203.x86_64 | docker://19.3.12
v1.13.5 | Oracle Linux Server 7.6 | 4.14.35-1902.2.0.el7uek.x86_64 | docker://18.9.1
v1.18.4 | Oracle Linux Server 7.5 | 4.1.12-124.35.2.el7uek.x86_64 | docker://19.3.11
v1.24.1 | Oracle Linux Server 8.6 | 5.4.17-2136.311.6.1.el8uek.x86_64 | cri-o://1.24.1-76.el8
v1.18.10+vmware.1 | VMware Photon OS/Linux | 4.19.154-3.ph3-esx | containerd://1.3.4
v1.22.5+vmware.1 | VMware Photon OS/Linux | 4.19.224-2.ph3 | containerd://1.5.9
v1.35.6+vmware.2 | VMware Photon OS/Linux | 6.1.176-4.ph5 | containerd://2.2.5+vmware.3-fips
v1.20.13 | SUSE Linux Enterprise High Performance Computing 15 SP3 \
    | 5.3.18-59.19-default | containerd://1.5.7
v1.25.3 | SUSE Linux Enterprise Server 15 SP4 | 5.14.21-150400.24.33-default | containerd://1.6.12
v1.34.0 | Debian GNU/Linux 12 (bookworm) | 6.17.9-1-default | containerd://2.1.3
v1.30.1 | Talos (v1.7.0) | 6.1.82-talos | containerd://1.7.15
v1.33.3 | Garden Linux 1877.4 | 6.12.47-cloud-amd64 | containerd://2.1.4
v1.28.4 | Garden Linux 1312.1 | 6.1.63-gardenlinux-cloud-amd64 | containerd://1.6.24
v1.23.3+k0s | Debian GNU/Linux 11 (bullseye) | 5.10.103-v8+ | containerd://1.5.9
v1.33.4+k0s | Ubuntu 24.04.3 LTS | 6.8.0-84-generic | containerd://1.7.27
v1.23.8+k3s2 | Debian GNU/Linux 11 (bullseye) | 5.15.32-v8+ | containerd://1.5.13-k3s1
v1.17.4+k3s1 | Ubuntu 18.04.4 LTS | 4.9.140-tegra | docker://19.3.8
v1.29.1+k3s2 | Ubuntu 22.04.3 LTS | 6.5.11-7-pve | containerd://1.7.11-k3s2
v1.29.1+k3s2 | Ubuntu 22.04.3 LTS | 5.15.0-1049-kvm | containerd://1.7.11-k3s2
v1.28.8+k3s1 | Ubuntu 22.04.5 LTS | 6.8.0-1060-aws | containerd://1.7.11-k3s2
v1.21.0 | Ubuntu 18.04.5 LTS | 5.4.0-1049-aws | cri-o://1.20.2
v1.35.3 | Ubuntu 24.04.3 LTS | 6.14.0-1018-aws | containerd://2.1.6
v1.27.6 | Ubuntu 22.04.3 LTS | 6.5.3-060503-generic | cri-o://1.27.1
v1.10.4 | Ubuntu 18.04 LTS | 4.15.0-23-generic | cri-o://1.10.4
v1.26.8 | Ubuntu 22.04.4 LTS | 5.15.0-174-generic | containerd://1.6.32
v1.23.3 | Ubuntu 21.10 | 5.13.0-28-generic | containerd://1.5.9
"""
_LINES = [line for line in _NODES.splitlines() if line]


@pytest.mark.parametrize("line", _LINES)
def test_real_node(line: str) -> None:
    """A real node's image, kernel and versions are sent whole, except for commits."""
    texts = [text.strip() for text in line.split("|")]
    recognisers = (kubernetes_version, os_image, kernel_version, container_runtime_version)
    for recognise, text in zip(recognisers, texts, strict=True):
        public, mark, private = text.partition("§")
        recognised = recognise(public + private)
        assert recognised.value == public
        assert (recognised.rule is not None) == bool(mark)


def test_enough_nodes() -> None:
    """The list above holds more than sixty different nodes."""
    assert len(set(_LINES)) > 60


@pytest.mark.parametrize(
    "image",
    [
        "Alibaba Cloud Linux 3 (Soaring Falcon)",
        "Alibaba Cloud Linux 3.2104 U12 (OpenAnolis Edition)",
        "Alibaba Cloud Linux 4.0.1 (Pro Edition)",
        "AlmaLinux 9.4 (Seafoam Ocelot)",
        "Alpine Linux v3.20",
        "Anolis OS 8.8",
        "Arch Linux",
        "Armbian 25.2.2 bullseye",
        "BigCloud Enterprise Linux 8.8 (Core)",
        "BigCloud Enterprise Linux For Euler 21.10 LTS",
        "CentOS Linux 8",
        "CentOS Stream 10 (Coughlan)",
        "Container Linux by CoreOS 2303.3.0 (Rhyolite)",
        "Docker Desktop",
        "EulerOS 2.0 (SP10)",
        "EulerOS 2.0 (SP9x86_64)",
        "Fedora Linux 41 (Container Image)",
        "Gentoo/Linux",
        "Huawei Cloud EulerOS 2.0 (x86_64)",
        "K3s v1.30.2+k3s1",
        "Kylin Linux Advanced Server V11 (Swan25)",
        "NVIDIA DGX OS 7.5.0",
        "NixOS 24.11 (Vicuña)",
        "Raspbian GNU/Linux 10 (buster)",
        "Red Hat Enterprise Linux 8.9 (Ootpa)",
        "Red Hat Enterprise Linux CoreOS 10.2.20260817-0 (Coughlan)",
        "Red Hat Enterprise Linux CoreOS 43.81.202003191953.0 (Ootpa)",
        "Rocky Linux 8.6 (Green Obsidian)",
        "SUSE Linux Enterprise Micro 5.5",
        "SUSE Linux Micro 6.1",
        "TencentOS Server 3.1 (EL8 Compatible)",
        "TencentOS Server 3.1 (Final)",
        "Ubuntu Core 22",
        "UnionTech OS Server 20",
        "Windows Server 2019 Datacenter",
        "openEuler 22.03 (LTS-SP4)",
        "openSUSE Leap 15.6",
        "openSUSE MicroOS",
        "openSUSE Tumbleweed",
    ],
)
def test_published_image(image: str) -> None:
    """The name that a distribution publishes in its os-release is sent whole."""
    assert os_image(image) == Recognised(image, None)


@pytest.mark.parametrize(
    "version",
    [
        "v1.22.5-tke.9",
        "v1.20.15-vke.10",
        "v1.30.1-aliyun.1",
        "v1.31.9-aliyunedge.1",
        "v1.28.8+vmware.1-fips.1-tkg.2",
        "v1.21.14-rancher1-1",
        "v1.33.1+rke2r1",
        "v1.30.6+k3s1",
        "v1.31.0-rc.1",
    ],
)
def test_published_kubernetes_version(version: str) -> None:
    """The version that a distribution of Kubernetes publishes is sent whole."""
    assert kubernetes_version(version) == Recognised(version, None)


@pytest.mark.parametrize(
    "version",
    [
        "5.4.241-1-tlinux4-0017.7",
        "5.10.134-17.2.al8.x86_64",
        "5.10.0-182.0.0.95.r194_123.hce2.x86_64",
        "4.18.0-147.5.1.6.h1152.eulerosv2r9.x86_64",
        "4.19.91-26.an8.x86_64",
        "6.12.0-211.47.1.el10_2.x86_64",
        "5.15.157.mshv1-2.cm2",
        "6.6.51+rpt-rpi-v8",
        "4.19.97-v7l+",
        "6.6.72-current-rockchip64",
        "6.1.0-0.deb11.17-cloud-amd64",
        "6.12.48+deb13-amd64",
        "5.15.146.1-microsoft-standard-WSL2",
        "6.6.26-linuxkit",
        "6.6.31-0-lts",
        "6.11.5-arch1-1",
        "10.0.17763.5329",
    ],
)
def test_published_kernel_version(version: str) -> None:
    """The version that a distribution gives its kernels is sent whole."""
    assert kernel_version(version) == Recognised(version, None)
