"""Trouble that comes again and again, told once."""


class Episode:
    """From the first time that something happens until it has not for a while.

    Who tells of it tells when it begins and when it is over, with how often: under an attack, or on
    a full disk, it happens hundreds of times a second.
    """

    def __init__(self, quiet_seconds: float) -> None:
        """`quiet_seconds` is how long it must not happen to be over."""
        self._quiet_seconds = quiet_seconds
        self._count = 0
        self._last_at = 0.0

    def happens(self, now: float, times: int = 1) -> bool:
        """Note that it happens `times` more; return whether that begins an episode."""
        begins = not self._count
        self._count += times
        self._last_at = now
        return begins

    def take_ended(self, now: float) -> int:
        """Return how often it happened if the episode is over now, else 0."""
        if not self._count or now - self._last_at < self._quiet_seconds:
            return 0
        ended, self._count = self._count, 0
        return ended
