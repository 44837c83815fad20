"""Cloud providers."""

import pytest

from report.vocabulary import Recognised, cloud_provider


@pytest.mark.parametrize(
    ("provider_id", "provider"),
    [
        ("aws:///eu-west-1a/i-0123456789abcdef0", "aws"),
        ("gce://acme-prod-381204/europe-west1-b/gke-acme-pool-1", "gce"),
        ("azure:///subscriptions/acme/resourceGroups/acme", "azure"),
        ("kind://docker/kind/kind-control-plane", "kind"),
        ("hcloud://1234567", "hcloud"),
        ("hrobot://1234567", "hrobot"),
        ("external-cloudstack:///acme", "external-cloudstack"),
        ("aws://a://b", "aws"),
        ("k3s://", "k3s"),
        ("eks-hybrid:///us-west-2/acme/acme-1", "eks-hybrid"),
        ("upcloud:////00a1b2c3-0000-4000-8000-00acme", "upcloud"),
        ("remote-machine://192.0.2.7:22", "remote-machine"),
        ("baremetal://192.0.2.7", "baremetal"),
        ("aws://10.20.30.40", "aws"),
        ("ocid1.instance.oc1.phx.anuxeljtacme", "oci"),
        ("cn-hangzhou.i-bp1acme", "alicloud"),
        ("eu-central-1.i-gw8acme", "alicloud"),
        ("kwok:acme-1", "kwok"),
    ],
)
def test_known(provider_id: str, provider: str) -> None:
    """Of a provider ID its provider is sent, and the rest is withheld."""
    value, rule = cloud_provider(provider_id)
    assert value == provider
    assert rule


@pytest.mark.parametrize(
    "provider_id",
    [
        "acme://machine",
        "AWS:///i-1",
        " aws:///i-1",
        "aws:/i-1",
        "kwok-acme:1",
        "ocid1.acme.oc1",
        "acme.i-bp1",
        "10.20.30.40",
        "10.20.30.40://aws",
        "://aws",
        "aws:10.20.30.40://",
        "00112233-4455-4677-8899-aabbccddeeff",
        "cn-hangzhou.acme",
        "cn-hangzhou.i-bp1\n",
        "a" * 1_000_000,
        "a" * 1_000_000 + "://b",
    ],
)
def test_unknown(provider_id: str) -> None:
    """Any other ID is sent as `unknown`, with the reason."""
    value, rule = cloud_provider(provider_id)
    assert value == "unknown"
    assert rule


def test_absent() -> None:
    """A node without an ID has an unknown provider, and nothing was withheld."""
    assert cloud_provider("") == Recognised("unknown", None)


@pytest.mark.parametrize("provider", ["aws", "oci", "alicloud", "unknown"])
def test_sent_before(provider: str) -> None:
    """What was sent for a provider is public itself."""
    assert cloud_provider(provider) == Recognised(provider, None)
