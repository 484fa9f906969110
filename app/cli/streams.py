"""Standard input, output and error: there whatever the caller closed, and able to hold every text."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from typing import Any

#: How the program's few non-ASCII characters are written where the encoding has none of them.
SPELLED = {
    "Å": "A", "−": "-", "×": "x", "·": "*", "σ": "sigma", "α": "alpha", "µ": "u", "μ": "u", "±": "+-",
    "°": " deg", "²": "^2", "³": "^3", "⁻": "^-", "…": "...", "–": "-", "≥": ">=", "≤": "<=",
}  # fmt: skip


def open_streams() -> None:
    """Open what the caller closed (``>&-``) on the null device.

    Otherwise the next file to be opened gets the descriptor of stdout or stderr, and what a library
    prints there would be written into a dataset.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free descriptor is taken, which is this one; worker processes need it too.
            descriptor = os.open(os.devnull, os.O_RDWR)
            with contextlib.suppress(OSError):
                os.set_inheritable(descriptor, True)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            stream: Any = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


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


def give_up(stream: Any) -> None:
    """Send a stream that can no longer be written to nowhere: Python flushes it once more at exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def printable(text: str) -> str:
    """A text with control characters written out.

    Names out of files are shown on terminals, which obey escape sequences; a line break would make
    one sentence look like two.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def show(text: str) -> None:
    """Print a document (JSON, TOML): to a file or a pipe as it is, to a terminal with its control
    characters written as both formats write them."""
    if sys.stdout.isatty():
        text = "".join(
            letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text
        )
    print(text)


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
