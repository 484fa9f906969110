"""The command line's first step: which command, then that command's own module.

Only the standard library is imported here, so that ``nanophantom --help`` answers at once; a
command's module is imported when it is asked for, and loads the engine when it has work to do.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol, cast

from app.cli.output import complain
from app.cli.parser import Parser
from app.cli.progress import events_for_errors
from app.cli.streams import give_up, make_streams_safe, printable
from sim.core.errors import Cancelled, InputError, InputErrors, NanophantomError, nearest

FINE = 0
DIFFERENT = 1  # verify or regenerate found differences, or work failed
BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141

#: For a current folder that somebody deleted.
GONE = "the current folder no longer exists"
ELSEWHERE = "change to another one, or give absolute paths"


class CommandModule(Protocol):
    """What a module under ``app.cli.commands`` provides."""

    DESCRIPTION: str

    def add_arguments(self, parser: Parser) -> None: ...

    def run(self, arguments: Any) -> int: ...


@dataclass(frozen=True)
class Command:
    """A subcommand: the module that holds it and its line in the overview."""

    module: str
    about: str


COMMANDS = {
    "demo": Command("demo", "make a small dataset of the four Au55 classes and a picture of it"),
    "generate": Command("generate", "turn a folder of structure files into a dataset"),
    "run": Command("run", "turn a recipe into a dataset"),
    "plan": Command("plan", "say what a recipe would make: images, bytes, time"),
    "render": Command("render", "write one image of a recipe"),
    "recipes": Command("recipes", "list the recipes that come with the program"),
    "structure": Command("structure", "write the atoms of one image as a structure file"),
    "fit-probe": Command("fit_probe", "fit the fast dark-field model to multislice, with its error"),
    "presets": Command("presets", "list the noise presets, or show one"),
    "schema": Command("schema", "list every setting of a recipe with unit and range"),
    "info": Command("info", "say what a dataset holds"),
    "describe": Command("describe", "describe every number stored with a dataset's images, and plot them"),
    "verify": Command("verify", "hash a dataset again and compare it with its manifest"),
    "regenerate": Command("regenerate", "rebuild one image from its manifest line and compare"),
    "contact-sheet": Command("contact_sheet", "draw an overview picture of a dataset"),
    "export": Command("export", "write a dataset as .npy, TIFF, HDF5, PNG, COCO or YOLO"),
    "merge": Command("merge", "join the parts that several machines made"),
}

EPILOGUE = """\
nanophantom COMMAND --help explains a command.
exit codes: 0 fine, 1 differences found or work failed, 2 bad input, 3 differences within a tolerance,
130 interrupted
"""


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code.  Nothing a user can do gives a traceback."""
    make_streams_safe()
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with events_for_errors(arguments):
            code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except SystemExit:  # argparse has printed a help text
        return FINE
    except InputError as error:
        return complain("\n".join(_sentences(_known_better(error, arguments))), BAD_INPUT)
    except Cancelled as error:
        return complain(str(error) or "interrupted", INTERRUPTED)
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)
    except NanophantomError as error:
        return complain(str(error), DIFFERENT)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python would complain once more when it flushes at exit.
        give_up(sys.stdout)
        return BROKEN_PIPE
    except MemoryError:
        return complain(
            "this machine has not enough memory; make the image or the structure smaller", BAD_INPUT
        )
    except OSError as error:
        return complain(_os_sentence(error), BAD_INPUT)
    except Exception as error:
        return complain(_unexpected(error), DIFFERENT)
    finally:
        signal.signal(signal.SIGTERM, before)


def _sentences(error: InputError) -> list[str]:
    """One line for every error, whatever line breaks the names in it have."""
    if isinstance(error, InputErrors):
        return [line for one in error.errors for line in _sentences(one)]
    return [printable(str(error))]


def _known_better(error: InputError, arguments: list[str]) -> InputError:
    """In a deleted folder, no relative path leads anywhere: that, and not the path, is what is wrong."""
    typed = {word.rpartition("=")[2] for word in arguments}
    places = {
        place for place in typed | {os.path.dirname(word) for word in typed} if not os.path.isabs(place)
    }
    if error.parameter in places and _is_deleted_folder():
        return InputError(error.parameter, GONE, remedy=ELSEWHERE)
    return error


def _os_sentence(error: OSError) -> str:
    if not error.filename and isinstance(error, FileNotFoundError) and _is_deleted_folder():
        return f"{GONE}; {ELSEWHERE}"
    place = f"{printable(str(error.filename))}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _is_deleted_folder() -> bool:
    """Whether the current folder was deleted after this program's shell went there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _unexpected(error: Exception) -> str:
    """A mistake of ours in a sentence; its traceback goes to a file, or on with ``NANOPHANTOM_DEBUG`` set."""
    if os.environ.get("NANOPHANTOM_DEBUG"):
        raise error
    import tempfile
    import traceback

    from sim.core.places import log_folder

    text = "".join(traceback.format_exception(error))
    summary = f"unexpected error ({type(error).__name__}: {(str(error).splitlines() or [''])[0]})"
    try:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w",
            dir=folder,
            prefix="crash-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as stream:
            stream.write(f"nanophantom {' '.join(sys.argv[1:])}\n\n{text}")
    except OSError:
        return f"{summary}\n{text}"
    return f"{summary}; this is a mistake of the program, please report it with {stream.name}"


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    if arguments and not arguments[0]:
        raise InputError("COMMAND", "is empty", remedy="see nanophantom --help")
    if arguments and not arguments[0].startswith("-"):
        name, *rest = arguments
        if name not in COMMANDS:
            raise InputError(
                "COMMAND", "is no command", value=name, allowed=", ".join(COMMANDS),
                remedy=nearest(name, COMMANDS) or "see nanophantom --help",
            )  # fmt: skip
        return _run_command(name, rest)
    parser = _overview()
    options = parser.parse(arguments)
    if options.version:
        from sim.core.version import __version__, git_tag

        print(f"nanophantom {__version__} ({git_tag})")
        return FINE
    parser.print_help(sys.stdout if arguments else sys.stderr)
    return FINE if arguments else BAD_INPUT


def _overview() -> Parser:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {command.about}" for name, command in COMMANDS.items())
    parser = Parser(
        prog="nanophantom",
        usage="nanophantom [FILE ...]            open the window, on a recipe, structures or a dataset\n"
        "       nanophantom COMMAND [options]",
        description="Synthetic electron-microscopy images of nanoparticles with exact ground truth.\n\n"
        f"commands:\n{lines}",
        epilog=EPILOGUE,
    )
    parser.add_argument("--version", action="store_true", help="version and git tag of the program")
    return parser


def _run_command(name: str, rest: list[str]) -> int:
    command = COMMANDS[name]
    module = cast(CommandModule, importlib.import_module(f"app.cli.commands.{command.module}"))
    parser = Parser(prog=f"nanophantom {name}", description=module.DESCRIPTION)
    module.add_arguments(parser)
    return module.run(parser.parse(rest))
