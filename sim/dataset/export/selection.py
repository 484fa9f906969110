"""Which arrays of a dataset an export writes, under which names, and which of them are scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.core.errors import InputError, nearest
from sim.dataset import layout
from sim.dataset.export.formats import Method

#: Words that stand for several arrays.
GROUPS = ("labels", "extras")

_LABEL = f"{layout.LABELS}/"


@dataclass(frozen=True)
class Selection:
    """What is written.

    Attributes
    ----------
    arrays
        Manifest name → entry in dataset.json, of npy and HDF5.
    tiff
        Names that become TIFF.
    scaled
        Names that are scaled where a scaling is asked for.
    files
        Manifest name → name of a file or folder.
    """

    arrays: dict[str, dict[str, Any]]
    tiff: tuple[str, ...]
    scaled: frozenset[str]
    files: dict[str, str]


def select(
    document: dict[str, Any], wanted: Sequence[str] | None, formats: Sequence[str], method: Method
) -> Selection:
    """Choose the arrays.

    Parameters
    ----------
    document
        The content of dataset.json.
    wanted
        Names (labels with or without ``labels/``), ``labels`` or ``extras``; by default images,
        clean and labels, of which images alone become TIFF and are scaled.  Of arrays asked for by
        name all but labels are scaled.

    Raises
    ------
    InputError
        For a name that the dataset has not, and for TIFF of arrays that are no picture of the field.
    """
    stacks = {item["name"]: item for item in document["arrays"] if item["shape"][:1] != ["n"]}
    extras = list(document["form"].get("extras", {}))
    if wanted is None:
        chosen = [name for name in stacks if name not in extras]
        tiff: tuple[str, ...] = (layout.IMAGES,)
    else:
        chosen = _named(stacks, extras, wanted)
        tiff = tuple(chosen)
    scalable = tiff if method != "none" else ()
    if "tiff" in formats:
        _check_tiff(stacks, tiff, [document["form"]["height"], document["form"]["width"]])
    return Selection(
        arrays={name: stacks[name] for name in chosen},
        tiff=tiff,
        scaled=frozenset(name for name in scalable if not name.startswith(_LABEL)),
        files={name: _file_name(name, extras) for name in chosen},
    )


def _named(stacks: dict[str, Any], extras: list[str], wanted: Sequence[str]) -> list[str]:
    chosen: set[str] = set()
    for word in wanted:
        if word == "extras":
            chosen.update(extras)
        elif word == "labels":
            chosen.update(name for name in stacks if name.startswith(_LABEL))
        elif word in stacks or f"{_LABEL}{word}" in stacks:
            chosen.add(word if word in stacks else f"{_LABEL}{word}")
        else:
            names = [name.removeprefix(_LABEL) for name in stacks]
            raise InputError(
                "arrays", "is not in this dataset", value=word, allowed=", ".join((*names, *GROUPS)),
                remedy=nearest(word, names) or "choose some of these",
            )  # fmt: skip
    if not chosen:
        raise InputError("arrays", "names no array of this dataset", remedy="leave it out for the usual ones")
    return [name for name in stacks if name in chosen]


def _check_tiff(stacks: dict[str, Any], names: Sequence[str], frame: list[int]) -> None:
    for name in names:
        shape = stacks[name]["shape"]
        if shape[:2] != frame or len(shape) > 3:
            sides = " x ".join(map(str, shape))
            raise InputError(
                "formats", f"{name} ({sides}) is no picture of the field and cannot become TIFF",
                remedy="write it as npy or hdf5, in an export of its own",
            )  # fmt: skip


def _file_name(name: str, extras: Sequence[str]) -> str:
    """A label goes by its own name, unless another array has that."""
    plain = name.removeprefix(_LABEL)
    return f"labels_{plain}" if plain != name and plain in (layout.IMAGES, layout.CLEAN, *extras) else plain
