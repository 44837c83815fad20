"""The version as a person sees it."""

import re

import release


def test_semantic_version() -> None:
    """The version is one of semantic versioning, without a leading `v`."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", release.VERSION)


def test_sources_by_themselves() -> None:
    """Without a build there is no commit to name, and the line is the version alone."""
    assert release.built_from() is None
    assert release.with_commit("v2.0.0", None) == "v2.0.0"


def test_commit_is_shortened() -> None:
    """A commit is named by enough of its digits, and changes in no commit are not hidden."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert release.with_commit("v2.0.0", commit) == "v2.0.0 (commit 0123456789ab)"
    assert release.with_commit("2", f"{commit}-dirty") == "2 (commit 0123456789ab-dirty)"
