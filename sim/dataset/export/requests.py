"""Refusals of an export before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.core.errors import InputError, nearest
from sim.dataset.export.formats import FORMATS, METHODS


def checked_formats(formats: Sequence[str], method: str) -> tuple[str, ...]:
    """The formats in their usual order; unknown words are refused with the nearest one."""
    for name in formats:
        if name not in FORMATS:
            raise InputError(
                "formats", "unknown format", value=name, allowed=", ".join(FORMATS),
                remedy=nearest(name, FORMATS) or "choose some of these",
            )  # fmt: skip
    if not formats:
        raise InputError("formats", "is empty", allowed=", ".join(FORMATS), remedy="choose some of these")
    if method not in METHODS:
        raise InputError(
            "standardise", "unknown method", value=method, allowed=", ".join(METHODS),
            remedy=nearest(method, METHODS) or "choose one of these",
        )  # fmt: skip
    return tuple(name for name in FORMATS if name in formats)


def check_output(source: Path, output: Path) -> None:
    """Refuse a folder that is in use or inside the dataset."""
    if output.exists() and not output.is_dir():
        raise InputError(str(output), "is a file, not a folder", remedy="choose another name")
    if output.is_dir() and any(output.iterdir()):
        raise InputError(str(output), "is not empty", remedy="choose an empty or new folder")
    if source.resolve() == output.resolve() or source.resolve() in output.resolve().parents:
        raise InputError(str(output), "lies inside the dataset", remedy="choose a folder beside it")
