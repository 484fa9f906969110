"""Arrays inside an opened shard, found without following a link and looked at before they are read."""

from __future__ import annotations

import math
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import array_sha256, blocks_sha256
from sim.core.errors import IntegrityError
from sim.dataset import layout

#: Widest type of a pixel, bytes.
WIDEST = 8
#: Bytes that are read at a time to hash an array.
HASHED_AT_ONCE = 16 << 20


def shard_root(file: h5py.File, name: str) -> h5py.Group:
    """``/dataset`` of an opened file, found without following a link."""
    root = _child(file, layout.ROOT)
    if not isinstance(root, h5py.Group):
        raise IntegrityError(f"{name}: has no group /{layout.ROOT}.")
    return root


def _child(group: h5py.Group, name: str) -> Any:
    """A member by a path of hard links; None where there is none."""
    here: Any = group
    for part in name.split("/"):
        key = part.encode()
        if not isinstance(here, h5py.Group) or key not in here.id:
            return None
        if here.id.links.get_info(key).type != h5py.h5l.TYPE_HARD:
            return None
        here = here[part]
    return here


def child_dataset(root: h5py.Group, name: str) -> h5py.Dataset:
    """An array of a shard, found without following a link.

    Raises
    ------
    IntegrityError
        If it is not there.
    """
    found = _child(root, name)
    if not isinstance(found, h5py.Dataset):
        raise IntegrityError(
            f"{root.file.id.name.decode('utf-8', 'replace').rpartition('/')[2]}: has no array {name}."
        )
    return found


class ArrayReader:
    """One array of a shard's ``/dataset``, image by image; found and looked at once.

    Parameters
    ----------
    record
        Its entry in dataset.json's ``arrays``.
    count
        Images of the shard.

    Raises
    ------
    IntegrityError
        If the stored array has not the dtype or shape that dataset.json states.
    """

    def __init__(self, root: h5py.Group, record: dict[str, Any], count: int) -> None:
        self._name = record["name"]
        dtype, shape = np.dtype(record["dtype"]), list(record["shape"])
        self._offsets: h5py.Dataset | None = None
        if shape[:1] != ["n"]:
            self._data = child_dataset(root, f"{self._name}/data")
            _check_form(self._data, self._name, dtype, (count, *shape))
            return
        table = self._name.partition("/")[0]
        self._offsets = child_dataset(root, f"{table}/offsets")
        _check_form(self._offsets, f"{table}/offsets", np.dtype(np.int64), (count + 1,))
        self._data = child_dataset(root, self._name)
        _check_form(self._data, self._name, dtype, (len(self._data), *shape[1:]))

    def __call__(self, position: int, rows: slice = slice(None)) -> NDArray[Any]:
        """The array of the image at a position in the shard, or some of its rows.

        Raises
        ------
        IntegrityError
            If the offsets of a table point outside its values.
        """
        if self._offsets is None:
            values: NDArray[Any] = self._data[position, rows]
            return values
        first, end = (int(value) for value in self._offsets[position : position + 2])
        if not 0 <= first <= end <= len(self._data):
            raise IntegrityError(f"{self._name}: its offsets point outside its values.")
        columns: NDArray[Any] = self._data[first:end][rows]
        return columns

    def hashed(self, position: int) -> tuple[tuple[int, ...], str]:
        """Shape and hash of the array of an image, some rows in memory at a time.

        Raises
        ------
        IntegrityError
            As reading it does.
        """
        shape = self._data.shape[1:]
        row_bytes = self._data.dtype.itemsize * math.prod(shape[1:])
        if self._offsets is not None or row_bytes * shape[0] <= HASHED_AT_ONCE:
            array = self(position)
            return array.shape, array_sha256(array)
        step = max(1, HASHED_AT_ONCE // row_bytes)
        blocks = (self(position, slice(first, first + step)) for first in range(0, shape[0], step))
        return shape, blocks_sha256(self._data.dtype, shape, blocks)


def _check_form(data: h5py.Dataset, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if data.dtype.newbyteorder("=") != dtype.newbyteorder("=") or data.shape != shape:
        raise IntegrityError(
            f"{name}: is {data.dtype} {data.shape} in its shard and should be {dtype} {shape}."
        )
