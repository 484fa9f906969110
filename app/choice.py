"""Window or command line: what the words after ``nanophantom`` ask for."""

from __future__ import annotations

import os
from collections.abc import Sequence

from app.cli.main import COMMANDS


def wants_window(arguments: Sequence[str]) -> bool:
    """Whether the window is meant: no words at all, or only files.

    A first word that is neither a command, an option nor anything like a file is a misspelt
    command, and the command line knows best what to say about it.
    """
    if not arguments:
        return True
    if arguments[0] in COMMANDS:
        return False
    return all(_is_like_a_file(word) for word in arguments)


def _is_like_a_file(word: str) -> bool:
    if not word or word.startswith("-"):
        return False
    return os.sep in word or bool(os.path.splitext(word)[1]) or os.path.exists(word)
