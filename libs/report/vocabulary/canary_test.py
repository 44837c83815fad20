"""Nothing that is not public gets through, wherever in a text it stands.

The canaries are those of the privacy properties: sixteen letters of g to z of which no ten, or 32
hexadecimal digits of which no sixteen, may come out, in whatever letter case.
"""

import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from report.vocabulary import (
    Recognised,
    architecture,
    cloud_provider,
    container_runtime_version,
    is_known_resource,
    is_quantity,
    kernel_version,
    kubernetes_version,
    operating_system,
    os_image,
)

_RECOGNISERS: list[Callable[[str], Recognised]] = [
    architecture,
    cloud_provider,
    container_runtime_version,
    kernel_version,
    kubernetes_version,
    operating_system,
    os_image,
]
_PUBLIC = [
    "",
    "linux",
    "amd64",
    "v1.30.2-eks-1552ad0",
    "v1.29.4-gke.1043002",
    "v1.31.0-rc.1",
    "v1.28.6-kubeedge-v1.17.0",
    "v1.28.8+vmware.1-fips.1-tkg.2",
    "5.15.0-91-generic",
    "4.18.0-372.40.1.el8_6.x86_64",
    "5.10.0-182.0.0.95.r194_123.hce2.x86_64",
    "5.4.241-1-tlinux4-0017.7",
    "10.0.20348.2762",
    "6.1.100+",
    "Ubuntu 22.04.3 LTS",
    "Debian GNU/Linux 12 (bookworm)",
    "Red Hat Enterprise Linux CoreOS 416.94.202410211619-0 (Plow)",
    "Amazon Linux 2023.8.20250908",
    "Bottlerocket OS 1.26.1 (aws-k8s-1.30)",
    "containerd://1.7.22-k3s1",
    "cri-o://1.29.9-5.rhaos4.16.git34690b9.el9",
    "aws:///eu-west-1a/i-0123456789abcdef0",
    "ocid1.instance.oc1.phx.anuxeljt",
    "cn-hangzhou.i-bp1",
    "nvidia.com/mig-1g.10gb",
    "hugepages-2Mi",
    "16384Ki",
]


@st.composite
def _canaries(draw: st.DrawFn) -> tuple[str, int]:
    """A canary and the length of the fragments that may not come out."""
    generator = random.Random(draw(st.integers(0, 2**32)))
    alphabet, length, fragment = draw(
        st.sampled_from([("ghijklmnopqrstuvwxyz", 16, 10), ("0123456789abcdef", 32, 16)])
    )
    canary = "".join(generator.choices(alphabet, k=length))
    return draw(st.sampled_from([canary, canary.upper(), canary.title()])), fragment


@st.composite
def _texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A public text with a canary in it, and the fragments that may not come out."""
    public = draw(st.sampled_from(_PUBLIC))
    canary, length = draw(_canaries())
    at = draw(st.integers(0, len(public)))
    joint = draw(st.sampled_from(["", "-", "+", ".", "_", " ", "~", "://", "/", "("]))
    behind = draw(st.sampled_from([public[at:], "", joint + public]))
    fragments = [canary[i : i + length].lower() for i in range(len(canary) - length + 1)]
    return public[:at] + joint + canary + behind, fragments


@given(text=_texts())
def test_canary(text: tuple[str, list[str]]) -> None:
    """No fragment of a canary comes out of any vocabulary, in its value or in its rule."""
    seen, fragments = text
    for recognise in _RECOGNISERS:
        value, rule = recognise(seen)
        sent = f"{value} {rule}".lower()
        assert not any(fragment in sent for fragment in fragments)


@given(text=_texts())
def test_canary_in_capacity(text: tuple[str, list[str]]) -> None:
    """A name or value with a canary is neither a known resource nor a quantity."""
    seen, _ = text
    assert not is_known_resource(seen)
    assert not is_quantity(seen)


@given(
    public=st.sampled_from(_PUBLIC),
    at=st.integers(0, 70),
    other=st.sampled_from(_PUBLIC) | st.text(max_size=40),
)
def test_idempotent(public: str, at: int, other: str) -> None:
    """What is sent is public itself."""
    for recognise in _RECOGNISERS:
        value, _ = recognise(public[:at] + other)
        if value is not None:
            assert recognise(value) == Recognised(value, None)


@given(st.text())
def test_whole_or_reason(text: str) -> None:
    """A text is sent as it was, or a rule says why not."""
    for recognise in _RECOGNISERS:
        value, rule = recognise(text)
        assert rule or value in ((text,) if text else (None, "unknown"))
