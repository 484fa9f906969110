"""Checks of a picture's name, made before the work that the picture shows."""

from __future__ import annotations

import os
from pathlib import Path

from sim.core.errors import InputError


def check_target(target: Path) -> None:
    """Refuse a file that could not be written later.

    Raises
    ------
    InputError
        If its ending says no image format, it is a folder, or its folder does not exist.
    """
    from sim.dataset.export.images import SUFFIXES

    if target.suffix.lower() not in SUFFIXES:
        raise InputError(
            str(target),
            "its ending names no format for an image",
            allowed=", ".join(SUFFIXES),
            remedy="choose one of these endings",
        )
    if target.is_dir():
        raise InputError(str(target), "is a folder", remedy="give the name of a file")
    if os.path.lexists(target) and not target.is_file():
        raise InputError(str(target), "is there and is no ordinary file", remedy="choose another name")
    if target.parent != Path() and not target.parent.is_dir():
        raise InputError(str(target.parent), "there is no such folder", remedy="make it first")
