"""The grammar of extension keys equals apimachinery's; a second recogniser says so too."""

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report import InvalidExtensionKey, parse_extension_key

# From apimachinery's own test of IsQualifiedName
# (k8s.io/apimachinery/pkg/util/validation/validation_test.go), and its borders.
ACCEPTED = [
    *("simple", "now-with-dashes", "1-starts-with-num", "1234", "simple/simple"),
    *("now-with-dashes/simple", "now-with-dashes/now-with-dashes", "now.with.dots/simple"),
    *("now-with.dashes-and.dots/simple", "1-num.2-num/3-num", "1234/5678", "1.2.3.4/5678"),
    *("Uppercase_Is_OK_123", "example.com/Uppercase_Is_OK_123", "requests.storage-foo"),
    *("a" * 63, "a" * 253 + "/" + "b" * 63, "x" * 64 + ".example/n", "a", "0", "a/b", "a--b..c"),
]
REJECTED = [
    *("nospecialchars%^=@", "cantendwithadash-", "-cantstartwithadash-", "only/one/slash"),
    *(
        "Example.com/abc",
        "example_com/abc",
        "example.com/",
        "/simple",
        "a" * 64,
        "a" * 254 + "/abc",
    ),
    *("simple\n", "example.com\n/simple", "\nsimple", "\u00e9tat", "\u00e9", "\u0661", "a\u0661"),
    *("\u00aa", "\u017f", "\u212a"),  # letters to Unicode; the last two are s and k without case
    *("", "/", "//", ".", "-", "_", "a.", ".a", "_a", "a..b/c", "-a.b/c", "a-.b/c", ".a/b", "a./b"),
    *(" ", "a b", "a/b ", "a/ b", "a\0", "a\x7f", "a\ud800"),
]

_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LETTER = _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def automaton_accepts(key: str) -> bool:
    """Read `key` a character at a time, as `[prefix/]name`, and say whether it is one."""
    prefix, name = key.split("/") if key.count("/") == 1 else (None, key)
    return (prefix is None or _is_prefix(prefix)) and _is_name(name)


def _is_prefix(text: str) -> bool:
    if len(text) > 253:
        return False
    may_end = False  # before the first character, after a dot, after a dash
    may_continue = False
    for character in text:
        if character in _LOWER:
            may_end = may_continue = True
        elif character == "-" and may_continue:
            may_end = False
        elif character == "." and may_end:
            may_end = may_continue = False
        else:
            return False
    return may_end


def _is_name(text: str) -> bool:
    if len(text) > 63:
        return False
    may_end = False
    for position, character in enumerate(text):
        if character in _LETTER:
            may_end = True
        elif character in "-_." and position > 0:
            may_end = False
        else:
            return False
    return may_end


def parser_accepts(key: str) -> bool:
    """Whether the function under test accepts `key`."""
    try:
        parsed = parse_extension_key(key)
    except InvalidExtensionKey as error:
        assert error.rule  # noqa: PT017 - either outcome is right
        return False
    assert parsed == key
    return True


def near_a_border(random: Random) -> str:
    """Return a text that is nearly a key: of a key's characters, of a length near a limit."""
    characters = random.choice(("a", "ab0", "aZ9-_.", "az0-.", "a/", "aA-_./\n é%"))

    def part(limit: int) -> str:
        length = random.choice((0, 1, 2, 3, 5, 8, limit - 1, limit, limit + 1))
        text = "".join(random.choices(characters, k=length))
        return random.choice((text, f"a{text[2:]}a", text.strip("-_./")))

    return random.choice((part(63), f"{part(253)}/{part(63)}"))


@pytest.mark.parametrize("key", ACCEPTED)
def test_accepted(key: str) -> None:
    """A key that apimachinery accepts is accepted, by the second recogniser too."""
    assert (parser_accepts(key), automaton_accepts(key)) == (True, True)


@pytest.mark.parametrize("key", REJECTED)
def test_rejected(key: str) -> None:
    """A key that apimachinery rejects is rejected, by the second recogniser too."""
    assert (parser_accepts(key), automaton_accepts(key)) == (False, False)


@given(st.text() | st.text("aZ0-_./\n", max_size=12) | st.text("a-./", min_size=250, max_size=320))
def test_agreement(key: str) -> None:
    """Two recognisers, written apart, agree on any text."""
    assert parser_accepts(key) == automaton_accepts(key)


def test_agreement_near_the_borders() -> None:
    """They agree on many texts near the borders: a million of them with `--profile deep`."""
    random = Random(20)
    accepted = 0
    strings = 200 * settings().max_examples
    for _ in range(strings):
        key = near_a_border(random)
        assert parser_accepts(key) == automaton_accepts(key), repr(key)
        accepted += automaton_accepts(key)
    assert strings / 10 < accepted < strings * 9 / 10


@pytest.mark.parametrize(
    "key",
    [
        *("a" * 2**20, "-" * 2**20, "/" * 2**20, "a." * 2**19, "a-" * 2**19 + "/a", "." * 2**20),
        *("a/" + "a" * 2**20, "a" * 2**20 + "/", "é" * 2**20, ("a" * 62 + "-") * 2**14),
    ],
    ids=lambda key: key[:4] + "…" + key[-2:],
)
def test_time(key: str) -> None:
    """A mebibyte of hostile key is refused in under 10 ms."""
    fastest = min(_seconds_to_refuse(key) for _ in range(5))
    assert fastest < 0.010


def _seconds_to_refuse(key: str) -> float:
    start = time.perf_counter()
    assert not parser_accepts(key)
    return time.perf_counter() - start
