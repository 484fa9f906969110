"""Snapshots of structures in a dataset: where reproducibility begins.

``structures/<sha256>.h5`` holds ``numbers``, ``positions`` and, where there is one, ``cell``; its
name is the hash of what it holds.  Somebody else's snapshot is hostile until its hash agrees.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sim.core.atomic import write_whole
from sim.core.errors import InputError, IntegrityError
from sim.core.types import FloatArray, IntArray, Structure
from sim.physics.elements import LARGEST_NUMBER
from sim.specimen.formats.source import FARTHEST, MOST_ATOMS, shown_path

FOLDER = "structures"
#: Largest snapshot, bytes: 100 000 atoms take 3.2 MB.
LARGEST_SNAPSHOT = 8 * 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REMEDY = "restore the file from the original dataset"


def snapshot_path(directory: str | os.PathLike[str], sha256: str) -> Path:
    """Where the snapshot of a structure lies in a dataset.

    Raises
    ------
    InputError
        If that is no hash (a manifest could name a path outside the dataset).
    """
    if not _SHA256.fullmatch(sha256):
        raise InputError(
            "structures", "is no SHA-256", value=sha256, allowed="64 hexadecimal digits", remedy=_REMEDY
        )
    return Path(directory) / FOLDER / f"{sha256}.h5"


def write_snapshot(directory: str | os.PathLike[str], structure: Structure) -> Path:
    """Write a structure's snapshot into a dataset folder, unless a sound one is there.

    The final name appears only once the content is on the disk.

    Parameters
    ----------
    directory
        The dataset; its ``structures`` folder is made when missing.
    structure
        What to keep.

    Returns
    -------
    Path of the snapshot.

    Raises
    ------
    OSError
        As the disk gives it (full, read-only); nothing is left under the final name.
    """
    sha256 = structure.sha256
    path = snapshot_path(directory, sha256)
    content = encode(structure)
    with contextlib.suppress(InputError):
        # Bytes are compared and nothing is parsed: a damaged file can crash the HDF5 library.
        if _read_file(path, shown_path(path)) == content:
            return path
    path.parent.mkdir(exist_ok=True)
    write_whole(path, content)
    return path


def read_snapshot(path: str | os.PathLike[str], expected_sha256: str) -> Structure:
    """Read a snapshot that may come from anybody.

    Only plain arrays stored in the file itself are read: no links, external or virtual storage,
    filters, or other types.

    Raises
    ------
    InputError
        If there is no such file, or it is no snapshot.
    IntegrityError
        If it holds another structure than its hash says.
    """
    shown = shown_path(path)
    data = _read_file(Path(path), shown)
    try:
        with h5py.File(h5py.h5f.open_file_image(data)) as file:
            numbers = _read_array(file, "numbers", "<i8", 1)
            positions = _read_array(file, "positions", "<f8", 2)
            cell = _read_array(file, "cell", "<f8", 2) if "cell" in file else None
            unknown = set(file) - {"numbers", "positions", "cell"}
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, ArithmeticError, MemoryError) as error:
        detail = str(error) if isinstance(error, _NotPlain) else "it is damaged or no HDF5 file"
        raise InputError(shown, f"is no structure snapshot ({detail})", remedy=_REMEDY) from None
    problem = "it holds more than a structure" if unknown else _problem_of(numbers, positions, cell)
    if problem:
        raise InputError(shown, f"is no structure snapshot ({problem})", remedy=_REMEDY)
    structure = Structure(numbers, positions, cell)
    if structure.sha256 != expected_sha256:
        raise IntegrityError(f"{shown}: holds another structure than its hash says; {_REMEDY}.")
    return structure


class _NotPlain(ValueError):
    """An HDF5 object that a snapshot never has."""


def encode(structure: Structure) -> bytes:
    """The content of a structure's snapshot; the same bytes from one version of HDF5."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["schema"] = np.int64(1)
        file.create_dataset("numbers", data=structure.numbers.astype("<i8"))
        positions = file.create_dataset("positions", data=structure.positions.astype("<f8"))
        positions.attrs["units"] = "Å"
        if structure.cell is not None:
            cell = file.create_dataset("cell", data=structure.cell.astype("<f8"))
            cell.attrs["units"] = "Å"
    return buffer.getvalue()


def _read_file(path: Path, shown: str) -> bytes:
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(shown, "is no ordinary file", remedy=_REMEDY)
        flags = (
            os.O_RDONLY
            | getattr(os, "O_NOFOLLOW", 0)
            | getattr(os, "O_NONBLOCK", 0)
            | getattr(os, "O_BINARY", 0)
        )
        with open(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise InputError(shown, "is no ordinary file", remedy=_REMEDY)
            data = stream.read(LARGEST_SNAPSHOT + 1)
    except FileNotFoundError:
        raise InputError(shown, "the structure snapshot is missing", remedy=_REMEDY) from None
    except OSError as error:
        raise InputError(
            shown, f"cannot be read ({error.strerror})", remedy="check its permissions"
        ) from None
    if len(data) > LARGEST_SNAPSHOT:
        raise InputError(
            shown,
            "is too large for a structure snapshot",
            allowed=f"up to {LARGEST_SNAPSHOT >> 20} MB",
            remedy=_REMEDY,
        )
    return data


def _read_array(file: h5py.File, name: str, dtype: str, dimensions: int) -> NDArray[Any]:
    """One array, its storage looked at before anything is read."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise _NotPlain(f"{name} is missing or a link")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise _NotPlain(f"{name} is no array")
    creation = dataset.id.get_create_plist()
    plain = (
        creation.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
        and creation.get_external_count() == 0
        and creation.get_nfilters() == 0
    )
    if not plain:
        raise _NotPlain(f"{name} is stored in an unexpected way")
    if dataset.dtype != np.dtype(dtype) or dataset.ndim != dimensions or dataset.shape[0] > MOST_ATOMS:
        raise _NotPlain(f"{name} has another type or shape")
    if dimensions == 2 and dataset.shape[1] != 3:
        raise _NotPlain(f"{name} has another type or shape")
    return np.asarray(dataset[()], dtype)


def _problem_of(numbers: IntArray, positions: FloatArray, cell: FloatArray | None) -> str:
    """What is wrong with the values, or an empty text."""
    if not 1 <= len(numbers) == len(positions):
        return "numbers and positions differ in length"
    if numbers.min() < 1 or numbers.max() > LARGEST_NUMBER:
        return "an atomic number is none"
    if not np.all(np.abs(positions) <= FARTHEST):
        return "a coordinate is no usable number"
    if cell is not None and (cell.shape != (3, 3) or not np.all(np.abs(cell) <= FARTHEST)):
        return "the cell is no usable cell"
    return ""
