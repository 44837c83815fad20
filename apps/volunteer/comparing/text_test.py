"""A comparison for people."""

import re
from datetime import date
from random import Random

import msgspec

from census import Budget, Period, Release, count, exact_release_of, release_of
from census.comparison import compare
from census.release import Cell
from report import Node, Report
from volunteer.comparing.text import render

_PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
_URL = "https://census.example/api/v1/statistics"


def _cluster(minor: int, *architectures: str, distribution: str = "k3s") -> Report:
    nodes = tuple(Node(id="n", architecture=each) for each in architectures)
    return Report(
        version="v",
        cluster_id="c",
        master_version=f"v1.{minor}.0",
        nodes=nodes,
        distribution=distribution,
    )


def _blocks(mine: Report, release: Release) -> dict[str, list[str]]:
    """Return the lines of each question, by its title."""
    blocks = [each.splitlines() for each in render(compare(mine, release), _URL).split("\n\n")]
    return {lines[0]: lines[1:] for lines in blocks}


def _exact(*reports: Report) -> Release:
    return exact_release_of(count(reports), _PERIOD)


def test_versions() -> None:
    """A version says how many run the same, something newer, and something older."""
    blocks = _blocks(_cluster(30), _exact(*map(_cluster, (29, 30, 31, 31))))
    assert blocks["Version of the control plane"] == [
        "  1.30: 25% of clusters; 50% run something newer, 25% run something older"
    ]


def test_sizes() -> None:
    """A size says how many are smaller and larger; one that nobody else has, too."""
    census = _exact(_cluster(30, "amd64"), _cluster(30, "amd64"), _cluster(30, *["amd64"] * 40))
    blocks = _blocks(_cluster(30, "amd64", "amd64"), census)
    assert blocks["Nodes"] == ["  2-3: none of the clusters; 67% are smaller, 33% are larger"]


def test_split_vote() -> None:
    """A question about nodes says which part of them gives an answer."""
    blocks = _blocks(
        _cluster(30, "arm64", "amd64", "amd64", "amd64"), _exact(_cluster(30, "arm64"))
    )
    assert blocks["Architecture"] == [
        "  amd64 (75% of its nodes): none of the nodes",
        "  arm64 (25% of its nodes): 100% of nodes",
    ]


def test_margins() -> None:
    """A private share has its margin, and what is not shown is said to be."""
    reports = [
        _cluster(30, distribution=each) for each in ("k3s", "eks", "gke") for _ in range(900)
    ]
    made = release_of(count(reports), _PERIOD, Budget(), Random(1).getrandbits)
    text = render(compare(_cluster(30), made), _URL)
    assert text.startswith(
        f"This cluster beside the census at {_URL}\nfrom 2026-11-01 to 2026-11-30: about 2,7"
    )
    (line,) = _blocks(_cluster(30), made)["Distribution"]
    assert re.fullmatch(r"  k3s: 3[234]% \(±[12]\) of clusters", line)
    (rare,) = _blocks(_cluster(30, distribution="talos"), made)["Distribution"]
    assert rare.startswith("  talos: too rare to show, or not known there; all such answers: ")
    (mine,) = _blocks(_cluster(30, distribution="ours"), made)["Distribution"]
    assert mine.startswith("  other (not a public word): among what is not shown apart: ")


def _folded(*cells: tuple[str, float]) -> Release:
    """Return a private release of 1,000 clusters that shows these shares of versions."""
    made = release_of(count([_cluster(30)] * 1_000), _PERIOD, Budget(), Random(1).getrandbits)
    shown = tuple(
        Cell(answer=answer, clusters=share * 1_000, share=share, low=share, high=share)
        for answer, share in cells
    )
    answers = msgspec.structs.replace(made.answers[0], cells=shown)
    return msgspec.structs.replace(made, clusters=1_000.0, answers=(answers,))


def test_what_is_folded_may_be_on_either_side() -> None:
    """What the release does not show apart counts as possible, and not as none."""
    release = _folded(("1.30", 0.5), ("1.31", 0.4), ("other", 0.1))
    (line,) = _blocks(_cluster(30), release)["Version of the control plane"]
    assert line == (
        "  1.30: 50% of clusters; 35% to 55% run something newer, at most 17% run something older"
    )
    assert "run something" not in render(compare(_cluster(30), _folded(("other", 1.0))), _URL)


def test_who_does_not_say() -> None:
    """Where reports do not say, that is the part that makes up the whole."""
    release = _exact(_cluster(30), _cluster(31), Report(version="v", cluster_id="c", nodes=()))
    (line,) = _blocks(_cluster(30), release)["Version of the control plane"]
    assert line == (
        "  1.30: 33% of clusters; 33% run something newer, 0% run something older; 33% do not say"
    )


def test_exact_others() -> None:
    """An exact release shows all answers, but those that its program does not know are `other`."""
    release = _exact(_cluster(30), _cluster(30, distribution="new"))
    release = msgspec.structs.replace(release, answers=release.answers[2:3])
    (line,) = _blocks(_cluster(30, distribution="eks"), release)["Distribution"]
    assert line == "  eks: none of the clusters, or among its other answers: 50% of clusters"
    (line,) = _blocks(_cluster(30, distribution="ours"), release)["Distribution"]
    assert line == "  other (not a public word): 50% of clusters"


def test_nobody() -> None:
    """An exact census of no cluster is said to be one."""
    release = _exact()
    assert release.clusters == 0
    text = render(compare(_cluster(30), release), _URL)
    assert ": 0 clusters\n\nNo cluster took part.\nNothing of this cluster was sent.\n" in text


def test_what_is_not_said() -> None:
    """What a report does not say is listed; parts that it does not say, and what is no public word,
    are explained.
    """
    arm, silent = Node(id="a", architecture="arm64"), Node(id="b")
    mine = Report(version="v", cluster_id="c", nodes=(arm, silent), distribution="other")
    blocks = _blocks(mine, _exact(_cluster(30, "arm64")))
    assert blocks["Distribution"] == ["  other (not a public word): none of the clusters"]
    assert blocks["Architecture"][1] == (
        "  unknown (50% of its nodes, the report does not say): none of the nodes"
    )
    text = render(compare(mine, _exact(_cluster(30))), _URL)
    assert "\nThe report does not say: Version of the control plane, Version skew " in text


def test_too_few() -> None:
    """A census of too few clusters says so, and that nothing was sent."""
    few = release_of(count([_cluster(30)]), _PERIOD, Budget(), Random(1).getrandbits)
    assert few.answers == ()
    text = render(compare(_cluster(30), few), _URL)
    assert text.endswith(
        "\n\nToo few clusters took part for any answer to stand out of the noise.\n"
        "Nothing of this cluster was sent.\n"
    )


def test_other_questions() -> None:
    """Questions that only one side knows are named in the program's words, or counted."""
    release = _exact(_cluster(30))
    strange = msgspec.structs.replace(release.answers[0], question="x", title="\x1b[2J")
    text = render(
        compare(
            _cluster(30), msgspec.structs.replace(release, answers=(strange, *release.answers[1:]))
        ),
        _URL,
    )
    assert "That census does not ask for: Version of the control plane.\n" in text
    assert "Questions of that census that this version does not know: 1.\n" in text
    assert not [each for each in text if not (each.isprintable() or each == "\n")]


def test_many_answers() -> None:
    """A cluster of very many kinds of nodes is shown by its most common ones."""
    images = [f"Ubuntu {year}.04.1 LTS" for year in range(10, 26)]
    nodes = tuple(Node(id="n", os_image=each) for each in images)
    mine = Report(version="v", cluster_id="c", nodes=nodes)
    lines = _blocks(mine, _exact(mine))["Operating system image"]
    assert len(lines) == 9
    assert lines[-1].startswith("  and ")
