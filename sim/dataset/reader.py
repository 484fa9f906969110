"""Read a finished dataset back: image by image, from the shards, never trusting what it finds."""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, IntegrityError
from sim.dataset import layout
from sim.dataset.document import check_document
from sim.dataset.hostile import (
    DAMAGE,
    LARGEST_CHUNK,
    check_facts,
    check_regular,
    first_line,
    opened,
    read_document,
    read_lines,
)
from sim.dataset.manifest import parse_line
from sim.dataset.master import read_column
from sim.dataset.stored import WIDEST, ArrayReader, shard_root

#: Shard files kept open at a time.
OPEN_SHARDS = 4


def read_dataset_document(directory: Path) -> dict[str, Any]:
    """dataset.json of a finished dataset.

    Raises
    ------
    InputError
        If the folder holds no finished dataset, or one of a newer layout.
    IntegrityError
        If dataset.json cannot be read.
    """
    if not directory.is_dir():
        raise InputError(str(directory), "is no folder", remedy="give the folder of a dataset")
    path = directory / layout.DATASET
    if not path.exists() and not path.is_symlink():
        if (directory / layout.JOURNAL).exists() or (directory / layout.REPLACEMENT).exists():
            raise InputError(
                str(directory), "holds an unfinished dataset", remedy="finish it with --resume first"
            )
        raise InputError(
            str(directory),
            f"holds no dataset (there is no {layout.DATASET})",
            remedy="give the folder of a dataset",
        )
    document = read_document(path, directory)
    if document.get("format") != layout.FORMAT:
        raise IntegrityError(f"{layout.DATASET}: is not the description of a dataset of this program.")
    version = document.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise IntegrityError(f"{layout.DATASET}: schema_version is not of the right type.")
    if version > layout.SCHEMA_VERSION:
        raise InputError(
            str(directory), f"was written by a newer version of the program (layout {version})",
            allowed=f"layout up to {layout.SCHEMA_VERSION}", remedy="update the program",
        )  # fmt: skip
    check_document(document)
    return document


class Replaced:
    """Notices that another run replaces a dataset while it is read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._before = self._identity()

    def _identity(self) -> tuple[int, ...] | None:
        try:
            status = os.lstat(self._directory / layout.DATASET)
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def check(self) -> None:
        """Refuse to go on, or to find fault, with what is no longer there.

        Raises
        ------
        InputError
            If dataset.json is another one now, or gone.
        """
        if self._identity() != self._before:
            raise InputError(
                str(self._directory), "is being replaced by another run",
                remedy="wait for it to end and try again",
            )  # fmt: skip


class Dataset:
    """A finished dataset, read lazily.

    Parameters
    ----------
    directory
        The dataset's folder.

    Raises
    ------
    InputError
        If there is no finished dataset.
    IntegrityError
        Here and from every method, if something in it is not as it must be.
    """

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)
        self.replaced = Replaced(self.directory)
        self.document = read_dataset_document(self.directory)
        form = self.document["form"]
        self.shape = (int(form["height"]), int(form["width"]))
        self.dtype = np.dtype(form["dtype"])
        self._bounds = [(int(item["start"]), int(item["stop"])) for item in self.document["shards"]]
        self._count = int(self.document["images"])
        self._arrays = {item["name"]: item for item in self.document["arrays"]}
        self._check_bounds()
        self._sound: dict[int, tuple[int, int, int]] = {}
        self._starts = np.array([start for start, _ in self._bounds], dtype=np.int64)
        self._open: OrderedDict[int, tuple[h5py.File, contextlib.ExitStack]] = OrderedDict()
        self._line_offsets: NDArray[np.int64] | None = None

    def _check_bounds(self) -> None:
        position = 0
        for start, stop in self._bounds:
            if start != position or stop <= start:
                raise IntegrityError(f"{layout.DATASET}: its shards do not follow one another.")
            position = stop
        if position != self._count:
            raise IntegrityError(
                f"{layout.DATASET}: its shards hold {position} images and it states {self._count}."
            )

    def __len__(self) -> int:
        return self._count

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, (IntegrityError, OSError)):
            self.replaced.check()

    def close(self) -> None:
        """Close the open shards."""
        for _, stack in self._open.values():
            stack.close()
        self._open.clear()

    # --- manifest ----------------------------------------------------------------------------

    def lines(self) -> Iterator[dict[str, Any]]:
        """Manifest lines in order."""
        for number, (_, text) in enumerate(
            read_lines(self.directory / layout.MANIFEST, self.directory), start=1
        ):
            yield parse_line(text, f"{layout.MANIFEST}, line {number}")

    def line(self, index: int) -> dict[str, Any]:
        """Manifest line of one image."""
        self._check_index(index)
        path = self.directory / layout.MANIFEST
        if self._line_offsets is None:
            self._line_offsets = np.array(
                [offset for offset, _ in read_lines(path, self.directory)], dtype=np.int64
            )
        if index >= len(self._line_offsets):
            raise IntegrityError(f"{layout.MANIFEST}: has only {len(self._line_offsets)} lines.")
        with path.open("rb") as stream:
            stream.seek(int(self._line_offsets[index]))
            return parse_line(stream.readline(), f"{layout.MANIFEST}, line {index + 1}")

    # --- arrays ------------------------------------------------------------------------------

    def image(self, index: int) -> NDArray[Any]:
        """(H, W) image as detected."""
        return self.array(layout.IMAGES, index)

    def clean(self, index: int) -> NDArray[np.float32]:
        """(H, W) expectation."""
        return self.array(layout.CLEAN, index)

    def label_names(self) -> list[str]:
        """Names of the label images."""
        prefix = f"{layout.LABELS}/"
        return [name.removeprefix(prefix) for name in self._arrays if name.startswith(prefix)]

    def label(self, name: str, index: int) -> NDArray[Any]:
        """(H, W) label image."""
        return self.array(f"{layout.LABELS}/{name}", index)

    def extra_names(self) -> list[str]:
        """Names of further arrays: other detectors, exit waves, diffraction patterns."""
        return list(self.document["form"].get("extras", {}))

    def extra(self, name: str, index: int, rows: slice = slice(None)) -> NDArray[Any]:
        """One further array of one image, or some of its rows: of 4D data not all fits every memory."""
        if name not in self.extra_names():
            raise InputError(
                "extra", "is not in this dataset", value=name, allowed=", ".join(self.extra_names()) or "none"
            )
        return self._read(name, index, rows)

    def array(self, name: str, index: int) -> NDArray[Any]:
        """One array of one image by its manifest name."""
        if name not in self._arrays:
            raise InputError("array", "is not in this dataset", value=name, allowed=", ".join(self._arrays))
        return self._read(name, index, slice(None))

    def _read(self, name: str, index: int, rows: slice) -> NDArray[Any]:
        record = self._arrays[name]
        shard, position = self.place(index)
        root = self.shard(shard)
        with _damage(layout.shard_path(shard)):
            start, stop = self._bounds[shard]
            return ArrayReader(root, record, stop - start)(position, rows)

    def table(self, name: str, index: int) -> dict[str, NDArray[Any]]:
        """One ragged table of one image: column → values."""
        prefix = f"{name}/"
        return {
            key.removeprefix(prefix): self.array(key, index) for key in self._arrays if key.startswith(prefix)
        }

    def samples(self) -> dict[str, Any]:
        """The whole table of samples: column → array, or list of words."""
        from sim.dataset.samples import as_kind

        columns: dict[str, list[Any]] = {name: [] for name in self.document["columns"]}
        for shard in range(len(self._bounds)):
            with _damage(layout.shard_path(shard)):
                group = self.shard(shard)[layout.SAMPLES]
                for name, facts in self.document["columns"].items():
                    columns[name].append(as_kind(read_column(group[name]), (facts["kind"], facts["length"])))
        return {
            name: [word for part in parts for word in part]
            if isinstance(parts[0], list)
            else np.concatenate(parts)
            for name, parts in columns.items()
        }

    def place(self, index: int) -> tuple[int, int]:
        """Shard of an image and its position there."""
        self._check_index(index)
        shard = int(np.searchsorted(self._starts, index, side="right")) - 1
        return shard, index - self._bounds[shard][0]

    def _check_index(self, index: int) -> None:
        if not 0 <= index < self._count:
            raise InputError(
                "index", "is no image of this dataset", value=index, allowed=f"0 to {self._count - 1}"
            )

    def shard(self, number: int) -> h5py.Group:
        """``/dataset`` of a shard, opened after it was looked over.

        It may be closed when other shards are read.
        """
        if number in self._open:
            self._open.move_to_end(number)
        else:
            self._check_facts(number)
            frame = self.shape[0] * self.shape[1] * WIDEST
            start, stop = self._bounds[number]
            largest = max(LARGEST_CHUNK, frame * (stop - start))
            stack = contextlib.ExitStack()
            file = stack.enter_context(
                opened(self.directory / layout.shard_path(number), self.directory, largest_chunk=largest)
            )
            self._open[number] = (file, stack)
            if len(self._open) > OPEN_SHARDS:
                _, (_, oldest) = self._open.popitem(last=False)
                oldest.close()
        return shard_root(self._open[number][0], layout.shard_path(number))

    def _check_facts(self, number: int) -> None:
        """Size and SHA-256 of a shard before HDF5 sees it; once, unless the file changes."""
        path = self.directory / layout.shard_path(number)
        status = check_regular(path, self.directory)
        now = (status.st_ino, status.st_size, status.st_mtime_ns)
        if self._sound.get(number) != now:
            check_facts(path, self.directory, self.document["shards"][number])
            self._sound[number] = now


@contextlib.contextmanager
def _damage(name: str) -> Iterator[None]:
    """HDF5's own errors as one sentence."""
    try:
        yield
    except DAMAGE as error:
        raise IntegrityError(f"{name}: is damaged ({first_line(error)}).") from None
