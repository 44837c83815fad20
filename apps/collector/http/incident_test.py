"""Behaviour of `collector.http.incident`."""

from collector.http.incident import Episode


def test_an_episode_begins_once() -> None:
    """However often something happens, only the first time is news."""
    episode = Episode(10)
    assert [episode.happens(now) for now in (0, 1, 9, 18)] == [True, False, False, False]


def test_an_episode_ends_when_it_has_been_quiet() -> None:
    """It is over after so many seconds without, and tells how often it happened, once."""
    episode = Episode(10)
    episode.happens(0)
    episode.happens(5, times=3)
    assert [episode.take_ended(now) for now in (5, 14, 15, 16)] == [0, 0, 4, 0]


def test_another_episode_begins_anew() -> None:
    """What happens after an end is news again."""
    episode = Episode(10)
    episode.happens(0)
    episode.take_ended(10)
    assert episode.happens(11)
    assert episode.take_ended(21) == 1


def test_without_anything_nothing_ends() -> None:
    """An episode that never began has no end to tell of."""
    assert Episode(10).take_ended(1_000) == 0
