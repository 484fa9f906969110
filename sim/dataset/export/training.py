"""One HDF5 file of a split, to train from: arrays (N, …) in the order of samples.csv.

::

    images, clean, <extra>, labels/<name>   one image a chunk, gzip 1 with shuffle
    image_id, class_name, class_index, pixel_size (Å)
    scaling/<array>/offset, scale, mean, variance   where the array was scaled
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sim.core.atomic import publish
from sim.dataset import nodes
from sim.dataset.export.scaling import Scaling
from sim.dataset.layout import COMPRESSION
from sim.dataset.spill import Spill, spilled

#: Constants of a scaled array, each with a value an image; not a number where a method has none.
CONSTANTS = ("offset", "scale", "mean", "variance")


class TrainingFile:
    """The file of one split being filled image by image."""

    def __init__(
        self,
        file: h5py.File,
        spill: Spill,
        count: int,
        arrays: Mapping[str, tuple[tuple[int, ...], Any]],
        scaled: Sequence[str],
        classes: Sequence[str],
    ) -> None:
        self._spill = spill
        self._classes = list(classes)
        self._position = 0
        self._stacks = {}
        for name, (shape, dtype) in arrays.items():
            chunks = (1, *nodes.piece(shape, np.dtype(dtype).itemsize))
            data = file.create_dataset(name, (count, *shape), dtype, chunks=chunks, **COMPRESSION)
            self._stacks[name] = nodes.Stack(data)
        self._columns = {
            "image_id": file.create_dataset("image_id", (count,), nodes.TEXT),
            "class_name": file.create_dataset("class_name", (count,), nodes.TEXT),
            "class_index": file.create_dataset("class_index", (count,), np.int64),
            "pixel_size": file.create_dataset("pixel_size", (count,), np.float64),
        }
        self._columns["pixel_size"].attrs["units"] = "Å"
        self._constants = {
            (name, constant): file.create_dataset(f"scaling/{name}/{constant}", (count,), np.float64)
            for name in scaled
            for constant in CONSTANTS
        }

    def add(
        self,
        line: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        scalings: Mapping[str, Scaling],
    ) -> None:
        """Store one image.

        Raises
        ------
        OSError
            When the disk is full.
        """
        position, name = self._position, line["job"]["class_name"]
        values = {
            "image_id": line["image_id"],
            "class_name": name,
            "class_index": self._classes.index(name),
            "pixel_size": float(line["job"]["image"]["pixel_size"]),
        }
        for column, value in values.items():
            self._columns[column][position] = value
        for array, stack in self._stacks.items():
            stack.write(position, arrays[array])
        for (array, constant), data in self._constants.items():
            value = getattr(scalings[array], constant)
            data[position] = np.nan if value is None else value
        self._spill.check()
        self._position += 1


@contextlib.contextmanager
def training_file(
    path: Path,
    count: int,
    arrays: Mapping[str, tuple[tuple[int, ...], Any]],
    scaled: Sequence[str],
    classes: Sequence[str],
    about: Mapping[str, str],
) -> Iterator[TrainingFile]:
    """A training file that gets its name when the block ends.

    Parameters
    ----------
    count
        Images of the split.
    arrays
        Name → shape of one image and dtype.
    scaled
        Names of the arrays that are scaled.
    about
        Attributes of the file.
    """
    with spilled(path) as (file, spill, temporary):
        file.attrs.update(about)
        file.attrs["classes"] = np.array(list(classes), dtype=nodes.TEXT)
        yield TrainingFile(file, spill, count, arrays, scaled, classes)
    publish(temporary, path)
