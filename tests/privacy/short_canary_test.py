"""Short names get out no more than long ones: canaries of four letters, and of digits alone."""

from functools import cache
from importlib import resources
from random import Random

import pytest

from report import Disclosure, Identifying, Observation, Pseudonyms, anonymise, encode
from report.disclosure import VERBATIM_FIELDS
from tests.observations import node
from tests.privacy.canaries import Canaries
from tests.privacy.canary_test import IDENTITIES, observe, report_of
from tests.privacy.clusters import DRESSES, ClusterMaker

LETTERS = "ghijklmnopqrstuvwxyz"  # no hex digits: an ID holds none of them
DIGITS = ("739182645", "49170123456789", "20010DB8", "10203040", "192168007")
PSEUDONYMS = Pseudonyms.from_secret(b"s" * 32, "c")
FIELDS = (
    *("operating_system", "os_image", "kernel_version", "architecture", "kubelet_version"),
    *("container_runtime_version", "provider_id"),
)


class ShortCanaries(Canaries):
    """Draws four letters that stand in no public text, and in nothing else that is sent."""

    def draw(self) -> str:
        """Return four letters, in any case."""
        canary = "".join(self._random.choices(LETTERS, k=4))
        if canary in _public_text():
            return self.draw()
        self.fragments.add(canary)
        return self._random.choice((canary, canary.upper(), canary.title()))


@cache
def _public_text() -> str:
    files = [
        *resources.files("report.vocabulary").iterdir(),
        resources.files("report").joinpath("report.schema.json"),
    ]
    texts = (
        file.read_text(encoding="utf-8") for file in files if file.name[-5:] in {".toml", ".json"}
    )
    return "my-cluster hello world control-plane worker " + " ".join(texts).lower()


@pytest.mark.parametrize("seed", range(5))
def test_four_letters(seed: int) -> None:
    """Of a cluster in which every name has four letters, none is in what would be posted."""
    canaries = ShortCanaries(Random(seed))
    prepared = report_of(observe(ClusterMaker(Random(seed), canaries)), IDENTITIES["secret"])
    sent = prepared.body.decode().lower()
    assert {canary for canary in canaries.fragments if canary in sent} == set()
    said = repr(prepared.anonymised.withheld).lower()
    assert {canary for canary in canaries.fragments if canary in said} == set()


def test_four_letters_can_be_found() -> None:
    """With fields verbatim, four letters are found in what is posted."""
    canaries = ShortCanaries(Random(1))
    observation = observe(ClusterMaker(Random(1), canaries))
    prepared = report_of(observation, IDENTITIES["secret"], Disclosure(verbatim=VERBATIM_FIELDS))
    assert any(canary in prepared.body.decode().lower() for canary in canaries.fragments)


@pytest.mark.parametrize("digits", DIGITS)
def test_digits(digits: str) -> None:
    """A number as long as a telephone's or an address is in no text, whatever is around it."""
    for dress in DRESSES:
        text = dress.format(digits)
        report = anonymise(
            Observation(
                master_version=Identifying(text),
                nodes=[node("n", **dict.fromkeys(FIELDS, text))],
            ),
            pseudonyms=PSEUDONYMS,
            version="v2.0.0",
            timestamp=0,
        ).report
        assert digits not in encode(report).decode(), dress
