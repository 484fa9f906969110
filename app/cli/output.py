"""Text on a terminal, in a pipe or under any locale."""

from __future__ import annotations

import codecs
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sim.core.errors import InputError

#: How the program's few non-ASCII characters are written where the encoding has none of them.
SPELLED = {
    "Å": "A", "−": "-", "×": "x", "·": "*", "σ": "sigma", "α": "alpha", "µ": "u", "μ": "u", "±": "+-",
    "°": " deg", "²": "^2", "³": "^3", "⁻": "^-", "…": "...", "–": "-", "≥": ">=", "≤": "<=",
}  # fmt: skip


def make_streams_safe() -> None:
    """Let stdout and stderr spell what their encoding cannot hold, instead of failing on it."""
    codecs.register_error("nanophantom_spelled", _spell)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="nanophantom_spelled")


def _spell(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(SPELLED.get(letter, "?") for letter in text), error.end


def own_command() -> str:
    """How to call this program again: its name if it is on the path, otherwise the whole way to it."""
    if shutil.which("nanophantom"):
        return "nanophantom"
    beside = shutil.which("nanophantom", path=str(Path(sys.executable).parent))
    return shlex.quote(beside) if beside else f"{shlex.quote(sys.executable)} -m app"


def complain(text: str, code: int) -> int:
    """Every line of an error on stderr, with the program's name; the exit code, for returning it."""
    sys.stdout.flush()
    for line in text.splitlines():
        print(f"nanophantom: {line}", file=sys.stderr)
    return code


def print_table(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """Columns as wide as their widest entry; the last one is folded to the width of a terminal."""
    lines = [list(row) for row in rows]
    if not lines:
        return
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]) - 1)]
    before = len(indent) + sum(width + 2 for width in widths)
    room = max(30, shutil.get_terminal_size().columns - before) if sys.stdout.isatty() else 0
    for row in lines:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        folded = textwrap.wrap(row[-1], room) if room else [row[-1]]
        print((indent + "  ".join([*cells, folded[0] if folded else ""])).rstrip())
        for rest in folded[1:]:
            print(" " * before + rest)


def bytes_text(count: float) -> str:
    """A number of bytes for people: 1.3 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def seconds_text(seconds: float) -> str:
    """A duration for people: 45 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 1:
        return "less than a second"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def save_picture(picture: Any, target: Path) -> None:
    """Write a Pillow image under its final name at once, as PNG or what the ending says.

    Raises
    ------
    InputError
        If the ending names no picture format, or the place cannot be written.
    """
    from PIL import Image

    Image.init()
    format = Image.EXTENSION.get(target.suffix.lower())
    if format is None:
        raise InputError(
            str(target), "its ending names no picture format", remedy="call it for example sheet.png"
        )
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        picture.save(temporary, format=format)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            str(target), f"cannot be written ({error.strerror})", remedy="choose another place"
        ) from None
