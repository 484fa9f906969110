"""Text on a terminal, in a pipe or under any locale."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.cli.streams import give_up, printable
from sim.core.errors import InputError

#: A last column narrower than this is moved below the others.
NARROWEST = 30


def own_command() -> str:
    """How to call this program again: its name if it is on the path, otherwise the whole way to it."""
    if shutil.which("nanophantom"):
        return "nanophantom"
    beside = shutil.which("nanophantom", path=str(Path(sys.executable).parent))
    return shlex.quote(beside) if beside else f"{shlex.quote(sys.executable)} -m app"


def complain(text: str, code: int) -> int:
    """Every line of an error on stderr, with the program's name; the exit code, for returning it."""
    _say(f"nanophantom: {printable(line)}" for line in text.split("\n"))
    return code


def remark(kind: str, text: str) -> None:
    """One line on stderr that stops nothing: ``note: ...`` or ``warning: ...``."""
    _say([f"{kind}: {printable(text)}"])


def _say(lines: Iterable[str]) -> None:
    """Lines on stderr, after what is on stdout; where neither can be written, the exit code has to do."""
    for stream, what in ((sys.stdout, ()), (sys.stderr, lines)):
        try:
            for line in what:
                print(line, file=stream)
            stream.flush()
        except OSError:
            give_up(stream)


def print_table(rows: Iterable[Sequence[str]], indent: str = "", widest: Sequence[int] = ()) -> None:
    """Columns as wide as their widest entry; on a terminal, what is too wide goes on in the next line.

    Elsewhere every row stays one line, whole, for the program that reads it.

    Parameters
    ----------
    rows
        All of one length.
    indent
        In front of every line.
    widest
        On a terminal, how wide each of the first columns may be before it is folded.
    """
    lines = [[printable(" ".join(cell.splitlines())) for cell in row] for row in rows]
    if not lines:
        return
    terminal = sys.stdout.isatty()
    limits = list(widest) if terminal else []
    columns = [
        [_folded(cell, limits[number] if number < len(limits) else 0) for cell in column]
        for number, column in enumerate(zip(*(line[:-1] for line in lines), strict=True))
    ]
    widths = [max(len(part) for cell in column for part in cell) for column in columns]
    before = len(indent) + sum(width + 2 for width in widths)
    room = shutil.get_terminal_size().columns - before
    # Where too little room is left, the last column gets lines of its own.
    below = terminal and room < NARROWEST and len(widths) > 1
    if below:
        before, room = len(indent) + 4, room + before - len(indent) - 4
    for position, line in enumerate(lines):
        last = _folded(line[-1], max(NARROWEST, room) if terminal else 0)
        cells = [column[position] for column in columns]
        height = max([len(cell) for cell in cells] + ([1] if below else [len(last)]))
        for number in range(height):
            parts = [
                f"{cell[number] if number < len(cell) else '':<{width}}"
                for cell, width in zip(cells, widths, strict=True)
            ]
            rest = [] if below else last[number : number + 1]
            print((indent + "  ".join([*parts, *rest])).rstrip())
        if below:
            for part in filter(None, last):
                print(" " * before + part)


def _folded(text: str, width: int) -> list[str]:
    """A text in lines of a width (0: one line), words whole."""
    if not width:
        return [text]
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def save_picture(picture: Any, target: Path) -> None:
    """Write a Pillow image under its final name at once, as PNG or what the ending says.

    Raises
    ------
    InputError
        If the ending names no picture format, something that is no picture has that name, or the
        place cannot be written.
    """
    from PIL import Image

    from sim.core.atomic import whole_file

    Image.init()
    format = Image.EXTENSION.get(target.suffix.lower())
    if format is None:
        raise InputError(
            str(target), "its ending names no picture format", remedy="call it for example sheet.png"
        )
    try:
        if os.path.lexists(target) and not _is_picture(target):
            raise InputError(str(target), "is there already and is no picture", remedy="choose another name")
        content = io.BytesIO()
        picture.save(content, format=format)
        with whole_file(target) as stream:
            stream.write(content.getbuffer())
    except OSError as error:
        raise InputError(
            str(target), f"cannot be written ({error.strerror or error})", remedy="choose another place"
        ) from None


def _is_picture(path: Path) -> bool:
    """Whether a file may be replaced by a picture: it is one, or it is empty."""
    from PIL import Image

    if not path.is_file():
        return False
    if path.stat().st_size == 0:
        return True
    try:
        with Image.open(path):
            return True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
