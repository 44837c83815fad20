"""The wait between two reports, alone in its module so that it can be exchanged."""

from typing import Final

from volunteer.clock import Clock

_LONGEST_SLEEP_SECONDS: Final = 60.0


def wait_until(due: float, clock: Clock) -> None:
    """Return when `clock.now` has reached `due`.

    Sleeps in pieces: the kernel's sleep stands still while a machine is suspended, `clock.now`
    does not.
    """
    while (remaining := due - clock.now()) > 0:
        clock.sleep(min(remaining, _LONGEST_SLEEP_SECONDS))
