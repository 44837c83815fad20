"""The entry point. The only module that reads the environment.

Nearly all else is imported once Ctrl-C has its handler, and what does the work once the flags are
understood, so that `--help` is quick.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from command_line.errors import EXIT_DEFECT, ProgramError, complain, defect_in_words
from volunteer.errors import EXIT_DELIVERED, EXIT_TERMINATED, ReaderGone
from volunteer.termination import exit_on_interrupt, exit_on_signals, exit_without_reader

if TYPE_CHECKING:
    from volunteer.comparing.settings import CompareSettings
    from volunteer.manifest.settings import ManifestSettings
    from volunteer.settings import PreviewSettings, Settings
    from volunteer.wiring import World

_PROGRAM: Final = "volunteer"
_DEFAULT_COMMAND: Final = "run"
_STANDARD_OUTPUT: Final = 1
_ENVIRONMENT_FILE: Final = Path("/proc/self/environ")


def main(arguments: Sequence[str]) -> int:
    """Run the program with `arguments` and return its exit status."""
    exit_on_interrupt()
    # The original was one binary whose first word said which of two programs it was; manifests
    # written for it still begin with that word.
    words = list(arguments)
    if words[:1] == [_PROGRAM]:
        del words[0]
    try:
        return _run(words)
    except (BrokenPipeError, ReaderGone):
        return exit_without_reader()
    except ProgramError as error:
        return complain(_PROGRAM, str(error), error.exit_status)
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret
        return complain(_PROGRAM, defect_in_words(error), EXIT_DEFECT)


def _run(words: list[str]) -> int:
    from command_line.flags import parse_flags
    from command_line.words import completion_variable, given_by
    from volunteer.settings import Settings

    flags = words[1:] if words[:1] == [_DEFAULT_COMMAND] else words
    given = given_by(Settings, flags)
    if given is not None and completion_variable(_PROGRAM) not in os.environ:
        return _report(parse_flags(Settings, given, os.environ))
    from volunteer import commands  # Typer: for help, completion and what is wrong with words

    program = commands.program(
        commands.Actions(_report, _preview, _compare, _print_manifest),
        environment=os.environ,
        file_name=Path(os.environ.get("PEX") or sys.argv[0]).name,
    )
    status = program.run(commands.command_first(words))
    if sys.stdout is not None:
        sys.stdout.flush()
    return status


def _report(settings: "Settings") -> int:
    world = _world(settings, EXIT_TERMINATED if settings.is_one_shot else EXIT_DELIVERED)
    from volunteer import wiring

    return wiring.run(settings, world)


def _preview(settings: "PreviewSettings") -> int:
    world = _world(settings, EXIT_TERMINATED)
    from volunteer import wiring

    return wiring.preview(settings, world)


def _compare(settings: "CompareSettings") -> int:
    world = _world(settings, EXIT_TERMINATED)
    from volunteer import wiring

    return wiring.compare(settings, world)


def _print_manifest(settings: "ManifestSettings") -> int:
    from volunteer.manifest import command

    return command.run(
        settings, random=SystemRandom(), random_bytes=os.urandom, output=_STANDARD_OUTPUT
    )


def _world(settings: "Settings", terminated: int) -> "World":
    """Return the world, from now on with `terminated` as SIGTERM's exit status, and with a log.

    Signals come first: the imports take a tenth of a second, in which PID 1 would ignore them.
    """
    exit_on_signals(terminated=terminated)
    from volunteer.clock import system_clock
    from volunteer.http.proxies import proxies_of
    from volunteer.sleeping import reexec
    from volunteer.wiring import World, set_up_log

    set_up_log(verbose=settings.is_verbose)
    clock = system_clock()
    return World(
        environment=os.environ,
        proxies=proxies_of(os.environ),
        clock=clock,
        random=SystemRandom(),
        random_bytes=os.urandom,
        output=_STANDARD_OUTPUT,
        wait_asleep=partial(
            reexec.wait_asleep,
            clock=clock,
            terminated=terminated,
            environment=reexec.started_with(_ENVIRONMENT_FILE, os.environ),
        ),
        resumed=reexec.take_wake_up(os.environ),
    )


if __name__ == "__main__":
    # The interpreter's own shutdown would make 120 of it where the log cannot be written, and
    # something else where a signal arrives.
    os._exit(main(sys.argv[1:]))
