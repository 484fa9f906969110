"""Getting at the text of a structure file safely, and what its reader makes of it.

A structure file is a stranger's: it may be a pipe that never ends, a device, a link in a circle,
a terabyte, or not text at all.  It is opened once, here, and readers see only lines.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray

#: Largest structure file, bytes.
LARGEST_FILE = 64 * 1024 * 1024
#: Most lines of a structure file (100 000 atoms need a tenth of them).
MOST_LINES = 1_000_000
#: Longest line, characters: the readers' patterns may take a time that grows with its square.
LONGEST_LINE = 50_000
#: Most atoms of a structure.
MOST_ATOMS = 100_000
#: Farthest coordinate from the origin, Å: beyond it the 2⁻²⁰ Å grid loses its meaning.
FARTHEST = 1e5

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?", re.ASCII)
_COUNT = re.compile(r"\+?\d+", re.ASCII)


@dataclass(frozen=True)
class StructureText:
    """The lines of one file, without line ends.

    Attributes
    ----------
    path
        The file as the user named it, for messages.
    lines
        Its lines; messages count them from 1.
    size
        Bytes in the file.
    """

    path: str
    lines: Sequence[str]
    size: int

    def refuse(
        self, problem: str, *, line: int | None = None, remedy: str = "", allowed: str = ""
    ) -> InputError:
        """The error that names this file; ``line`` counts from 0, as the readers do."""
        place = "" if line is None else f"line {line + 1}: "
        return InputError(self.path, f"{place}{problem}", allowed=allowed, remedy=remedy)

    def check_count(self, count: int, line: int, what: str = "atoms") -> None:
        """Refuse an atom count that cannot be true before anything is made of it."""
        if count < 1:
            raise self.refuse(
                f"declares {count} {what}",
                line=line,
                allowed=f"1 to {MOST_ATOMS}",
                remedy="give a structure with at least one atom",
            )
        if count > self.size:
            raise self.refuse(
                f"declares {count} {what}, but the file has only {self.size} bytes",
                line=line,
                remedy="correct the count or restore the file",
            )
        if count > MOST_ATOMS:
            raise self.refuse(
                f"declares {count} {what}",
                line=line,
                allowed=f"1 to {MOST_ATOMS}",
                remedy="cut out the part that is to be imaged",
            )

    def number(self, word: str, line: int, what: str) -> float:
        """A finite number in any usual spelling (``1.5``, ``-2e3``, Fortran's ``1.0D0``)."""
        value = parse_number(word)
        if value is None:
            raise self.refuse(
                f"{what} is {_shown_word(word)}, not a finite number",
                line=line,
                remedy="correct the file (decimals take a point)",
            )
        return value

    def numbers(self, words: Iterable[str], line: int, what: str) -> list[float]:
        """Several finite numbers."""
        return [self.number(word, line, what) for word in words]

    def count(self, word: str, line: int, what: str) -> int:
        """A whole number that is not negative."""
        if not _COUNT.fullmatch(word) or len(word) > 19:
            if _COUNT.fullmatch(word):
                raise self.refuse(f"{what} has {len(word)} digits", line=line, remedy="correct the file")
            raise self.refuse(
                f"{what} is {_shown_word(word)}, not a whole number", line=line, remedy="correct the file"
            )
        return int(word)


@dataclass
class FileAtoms:
    """What a reader found, before the checks common to all formats.

    Attributes
    ----------
    numbers, positions
        (N,) int64 and (N, 3) float64, Å.
    cell
        (3, 3) row vectors, Å, or None.
    periodic
        The format says that the cell repeats; then no two atoms may be one under a translation.
    places
        What to call each atom in a message (``line 7``, ``site O1``).
    warnings
        Sentences for the user about what was read in one of several possible ways.
    """

    numbers: IntArray
    positions: FloatArray
    cell: FloatArray | None
    periodic: bool
    places: Callable[[int], str]
    warnings: list[str] = field(default_factory=list)


def parse_number(word: str) -> float | None:
    """A finite number, or None; no ``nan``, ``inf``, ``1_000`` or digits of other scripts."""
    if not _NUMBER.fullmatch(word):
        return None
    value = float(word.replace("D", "e").replace("d", "e"))
    return value if abs(value) < float("inf") else None


def line_places(lines: Sequence[int]) -> Callable[[int], str]:
    """Names of atoms by the lines (counted from 0) they stand on."""
    return lambda atom: f"line {lines[atom] + 1}"


def read_text(path: str) -> StructureText:
    """Open a structure file and give its lines.

    Raises
    ------
    InputError
        If the path is no ordinary file, cannot be read, is empty or too large, or is no text.
    """
    return text_of(_read_bytes(path), shown_path(path))


def text_of(data: bytes, path: str) -> StructureText:
    """Lines of a file's bytes: UTF-8, UTF-16 with its mark, or Latin-1; any line ends."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise InputError(path, "begins as UTF-16 but is not", remedy="save it as UTF-8") from None
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            # Latin-1 reads any byte; only comments can hold letters beyond ASCII anyway.
            text = data.decode("latin-1")
    if "\0" in text:
        raise InputError(path, "is no text (it holds zero bytes)", remedy="save it as UTF-8 text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError(path, "is empty", remedy="give a file with at least one atom")
    if text.count("\n") > MOST_LINES:
        raise InputError(path, f"has more than {MOST_LINES} lines", remedy="keep one structure in the file")
    # Not splitlines(): it also splits at form feeds and Unicode separators, and line numbers would drift.
    lines = text.split("\n")
    longest = max(range(len(lines)), key=lambda line: len(lines[line]))
    if len(lines[longest]) > LONGEST_LINE:
        raise InputError(
            path,
            f"line {longest + 1} has {len(lines[longest])} characters",
            allowed=f"up to {LONGEST_LINE}",
            remedy="give a structure file with one atom a line",
        )
    return StructureText(path, lines, len(data))


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as one line that can be printed: line ends and bytes that are no UTF-8 become escapes."""
    text = os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _read_bytes(path: str) -> bytes:
    shown = shown_path(path)
    try:
        # Looked at before opening: opening alone can block (a pipe) or act (a device).
        _check_regular(os.stat(path), shown)
        flags = (
            os.O_RDONLY
            | getattr(os, "O_NONBLOCK", 0)
            | getattr(os, "O_CLOEXEC", 0)
            | getattr(os, "O_BINARY", 0)
        )
        descriptor = os.open(path, flags)
        with open(descriptor, "rb") as stream:
            _check_regular(os.fstat(stream.fileno()), shown)
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        remedy = "the link points nowhere" if os.path.islink(path) else "check the path"
        raise InputError(shown, "there is no such file", remedy=remedy) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError(
                shown, "is a link that leads back to itself", remedy="give the file itself"
            ) from None
        reason = error.strerror or type(error).__name__
        raise InputError(
            shown, f"cannot be read ({reason})", remedy="check its name and permissions"
        ) from None
    except ValueError:
        raise InputError(shown, "is no file name", remedy="check the path") from None
    if len(data) > LARGEST_FILE:
        raise _too_large(shown)
    return data


def _check_regular(status: os.stat_result, shown: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError(shown, "is a folder, not a structure file", remedy="give one of the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            shown, "is a pipe or device, not a file", remedy="save the structure to a file first"
        )
    if status.st_size > LARGEST_FILE:
        raise _too_large(shown)


def _too_large(shown: str) -> InputError:
    return InputError(
        shown,
        "is too large for a structure file",
        allowed=f"up to {LARGEST_FILE >> 20} MB",
        remedy="keep one structure in the file",
    )


def _shown_word(word: str) -> str:
    return repr(word if len(word) <= 30 else word[:27] + "...")


def positions_array(rows: Sequence[Sequence[float]]) -> FloatArray:
    """Rows of three numbers as an (N, 3) array."""
    return np.array(rows, dtype=np.float64).reshape(-1, 3)
