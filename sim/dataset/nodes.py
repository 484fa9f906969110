"""The HDF5 tree that all readers open: EMD 1.0 nodes, NeXus NXdata and HyperSpy's HSPY in one file.

Shards and the master file have the same tree; they differ only in where the values lie.  Aliases
are soft links: with a hard link HyperSpy drops the images.
"""

from __future__ import annotations

import itertools
import uuid
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sim.core.errors import IntegrityError
from sim.dataset.form import Axis, Form, label_unit
from sim.dataset.layout import CLEAN, COMPRESSION, DEFLATE_LEVEL, IMAGES, LABELS, ROOT, SAMPLES

PROGRAM = "Nanophantom"
TEXT = h5py.string_dtype("utf-8")

#: Bytes of one chunk of an array that is more than an image.
PIECE_BYTES = 1 << 20

#: Makes the dataset called ``data`` in a group.
MakeData = Callable[[h5py.Group], h5py.Dataset]


def start_file(file: h5py.File, form: Form, identity: str) -> h5py.Group:
    """Write the attributes of the root and return ``/dataset``.

    Parameters
    ----------
    identity
        What the file is, in words; its EMD UUID is derived from it, so that the same dataset gets
        the same one again.
    """
    file.attrs.update(
        {
            "emd_group_type": "file",
            "version_major": 1,
            "version_minor": 0,
            "version_release": 0,
            "UUID": str(uuid.uuid5(uuid.NAMESPACE_URL, identity)),
            "authoring_program": PROGRAM,
            "authoring_user": "",
            "NX_class": "NXroot",
            "default": ROOT,
            "creator": PROGRAM,
            "file_format": "HyperSpy",
            "file_format_version": "3.3",
        }
    )
    root = file.create_group(ROOT, track_order=True)
    root.attrs.update(
        {"emd_group_type": "root", "python_class": "Root", "NX_class": "NXentry", "default": IMAGES}
    )
    root.create_dataset("title", data=form.title, dtype=TEXT)
    root.create_dataset("program_name", data=PROGRAM, dtype=TEXT)
    return root


def stacked(shape: tuple[int, ...], dtype: Any) -> MakeData:
    """A stack for :class:`Stack` to fill: one image a chunk or several, gzip 1 with shuffle."""
    chunks = (1, *piece(shape[1:], np.dtype(dtype).itemsize))

    def make(group: h5py.Group) -> h5py.Dataset:
        return group.create_dataset("data", shape=shape, dtype=dtype, chunks=chunks, **COMPRESSION)

    return make


def piece(shape: tuple[int, ...], item_bytes: int) -> tuple[int, ...]:
    """Shape of one chunk of an image's array.

    An image (H, W) is one chunk.  Of (H, W, Qy, Qx) it is a run of whole patterns of the size that a
    reader of one pattern still likes; a pattern that is larger is cut into rows.
    """
    if len(shape) <= 2:
        return shape
    room = max(1, PIECE_BYTES // item_bytes)
    sides = [1] * len(shape)
    for axis in reversed(range(len(shape))):
        sides[axis] = max(1, min(shape[axis], room))
        room //= sides[axis]
    return tuple(sides)


class Stack:
    """A stack of images being filled one by one.

    Shuffle and deflate are done here and the finished chunk is handed to HDF5: the library's own way
    through selection, conversion and chunk cache costs as much as the compression.  Every reader
    finds an ordinary dataset with the filters that it names.
    """

    def __init__(self, data: h5py.Dataset) -> None:
        self._data = data
        self._dtype = data.dtype
        self._shape = data.shape[1:]
        self._piece = data.chunks[1:]

    def write(self, position: int, image: NDArray[Any]) -> None:
        """Store one image.

        Raises
        ------
        IntegrityError
            If it has another shape or type than the stack.
        """
        if image.shape != self._shape or image.dtype != self._dtype:
            raise IntegrityError(
                f"{self._data.name}: an image is {image.dtype} {image.shape}, "
                f"and the stack holds {self._dtype} {self._shape}."
            )
        if self._piece == self._shape:
            self._data.id.write_direct_chunk((position, *(0 for _ in self._shape)), _compressed(image))
            return
        sides = zip(self._shape, self._piece, strict=True)
        for corner in itertools.product(*(range(0, length, step) for length, step in sides)):
            self._data.id.write_direct_chunk((position, *corner), _compressed(self._cut(image, corner)))

    def _cut(self, image: NDArray[Any], corner: tuple[int, ...]) -> NDArray[Any]:
        """One chunk of an image; at the edges it goes beyond the image, with zeros."""
        sides = zip(corner, self._piece, strict=True)
        part = image[tuple(slice(first, first + step) for first, step in sides)]
        if part.shape == self._piece:
            return np.ascontiguousarray(part)
        whole = np.zeros(self._piece, self._dtype)
        whole[tuple(slice(0, length) for length in part.shape)] = part
        return whole


def _compressed(image: NDArray[Any]) -> bytes:
    """The chunk of an image after the filters of :data:`COMPRESSION`.

    Runs only, no search for earlier matches: after the shuffle nearly all matches are runs, and it
    takes two thirds of the time for the same size within a few per cent.
    """
    shuffled = image.reshape(-1, 1).view(np.uint8).T.tobytes()
    deflate = zlib.compressobj(DEFLATE_LEVEL, strategy=zlib.Z_RLE)
    return deflate.compress(shuffled) + deflate.flush()


def image_node(
    parent: h5py.Group, name: str, form: Form, start: int, stop: int, units: str, about: str, make: MakeData
) -> h5py.Dataset:
    """A group that is an EMD array, an NXdata and its own axes at once; returns its ``data``."""
    return _array_node(parent, name, form.axes(), start, stop, units, about, make)


def _array_node(
    parent: h5py.Group,
    name: str,
    image_axes: list[Axis],
    start: int,
    stop: int,
    units: str,
    about: str,
    make: MakeData,
) -> h5py.Dataset:
    """A stack of arrays with one axis for each of their dimensions."""
    # An image is what the last two axes span, if they belong together.
    kind = "image" if len(image_axes) in (2, 4) else "spectrum"
    group = parent.create_group(name)
    group.attrs.update(
        {
            "emd_group_type": "array",
            "python_class": "Array",
            "NX_class": "NXdata",
            "signal": "data",
            "interpretation": kind,
        }
    )
    axes: list[tuple[str, NDArray[Any], str]] = [("index", np.arange(start, stop, dtype=np.int64), "")]
    axes += [(axis.name, axis.values(), axis.unit) for axis in image_axes]
    group.attrs["axes"] = np.array([axis for axis, _, _ in axes], dtype=TEXT)
    data = make(group)
    data.attrs.update({"units": units, "interpretation": kind, "long_name": about})
    for position, (axis, values, unit) in enumerate(axes):
        dimension = group.create_dataset(f"dim{position}", data=values)
        dimension.attrs.update(
            {"name": axis, "units": unit, "long_name": f"{axis} ({unit})" if unit else axis}
        )
        group[axis] = h5py.SoftLink(dimension.name)
        group.attrs[f"{axis}_indices"] = position
    return data


def image_nodes(
    root: h5py.Group,
    form: Form,
    start: int,
    stop: int,
    labels: Mapping[str, Any],
    make: Callable[[str, Any], MakeData],
    extras: Mapping[str, Any],
) -> dict[str, h5py.Dataset]:
    """``images``, ``clean``, every extra and every label image.

    Parameters
    ----------
    labels, extras
        Name → dtype.
    make
        (array name, dtype) → maker of its data.

    Returns
    -------
    Array name as in the manifest (``images``, ``clean``, ``<extra>``, ``labels/<name>``) → dataset.
    """
    nodes = {
        IMAGES: image_node(
            root,
            IMAGES,
            form,
            start,
            stop,
            form.image_units,
            "detected signal",
            make(IMAGES, np.dtype(form.dtype)),
        ),
        CLEAN: image_node(
            root,
            CLEAN,
            form,
            start,
            stop,
            form.clean_units,
            "expected signal without noise",
            make(CLEAN, np.dtype(np.float32)),
        ),
    }
    for name, dtype in extras.items():
        nodes[name] = _array_node(
            root,
            name,
            form.axes_of(name),
            start,
            stop,
            form.units_of(name),
            name.replace("_", " "),
            make(name, dtype),
        )
    group = root.create_group(LABELS)
    group.attrs["NX_class"] = "NXcollection"
    for name, dtype in labels.items():
        path = f"{LABELS}/{name}"
        nodes[path] = image_node(
            group, name, form, start, stop, label_unit(name), name.replace("_", " "), make(path, dtype)
        )
    root.file[IMAGES] = h5py.SoftLink(f"/{ROOT}/{IMAGES}/data")
    return nodes


def sample_columns(root: h5py.Group, form: Form, columns: Mapping[str, NDArray[Any] | list[str]]) -> None:
    """``/dataset/samples``: one dataset a column, words as UTF-8."""
    group = root.create_group(SAMPLES)
    group.attrs["NX_class"] = "NXcollection"
    for name, values in columns.items():
        data = group.create_dataset(name, data=values, dtype=TEXT if isinstance(values, list) else None)
        if unit := form.unit_of(name):
            data.attrs["units"] = unit


def ragged_table(
    root: h5py.Group,
    form: Form,
    name: str,
    offsets: NDArray[np.int64],
    columns: Mapping[str, Callable[[h5py.Group, str], h5py.Dataset]],
) -> None:
    """A ragged table: rows of image i are ``offsets[i]`` to ``offsets[i + 1]`` of every column."""
    group = root.create_group(name)
    group.attrs["NX_class"] = "NXcollection"
    group.create_dataset("offsets", data=offsets)
    for column, make in columns.items():
        data = make(group, column)
        if unit := form.unit_of(column):
            data.attrs["units"] = unit


def stored_column(values: NDArray[Any]) -> Callable[[h5py.Group, str], h5py.Dataset]:
    """A ragged column kept in this file; chunked and compressed unless it is empty."""

    def make(group: h5py.Group, name: str) -> h5py.Dataset:
        if not values.size:
            return group.create_dataset(name, data=values)
        chunk = (min(len(values), 1 << 16), *values.shape[1:])
        return group.create_dataset(name, data=values, chunks=chunk, **COMPRESSION)

    return make


def hyperspy_view(file: h5py.File, form: Form, start: int, count: int) -> None:
    """``/Experiments/images``, as HyperSpy's own files have it; the pixels are a soft link."""
    group = file.create_group(f"Experiments/{IMAGES}")
    group["data"] = h5py.SoftLink(f"/{ROOT}/{IMAGES}/data")
    # HyperSpy asks which package made a signal and warns of any that is not installed.
    group.attrs.update({"package": "hyperspy", "package_version": "2.0"})
    axes = [("index", count, 1.0, "", float(start))]
    # Row 0 is drawn at the top by HyperSpy, which counts y downwards from there; with a negative
    # scale its regions of interest come out empty.
    axes += [(axis.name, axis.size, axis.step, axis.unit, 0.0) for axis in form.axes()]
    for position, (name, size, step, unit, offset) in enumerate(axes):
        axis = group.create_group(f"axis-{position}")
        axis.attrs.update(
            {"_type": "UniformDataAxis", "name": name, "units": unit, "navigate": position == 0,
             "is_binned": False, "offset": offset, "scale": step, "size": size}
        )  # fmt: skip
    metadata = group.create_group("metadata")
    metadata.create_group("General").attrs["title"] = form.title
    signal = metadata.create_group("Signal")
    signal.attrs["signal_type"] = ""
    signal.attrs["quantity"] = form.image_units
    _attribute_tree(metadata.create_group("Acquisition_instrument"), form.acquisition)
    group.create_group("original_metadata")


def _attribute_tree(group: h5py.Group, tree: Mapping[str, Any]) -> None:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            _attribute_tree(group.create_group(name), value)
        else:
            group.attrs[name] = value
