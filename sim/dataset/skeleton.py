"""What the tree of a shard or of the master file must be, and how another tree differs from it.

The expected tree is built in memory by the functions that write datasets, from the form and the
manifest.  Names, kinds of links and their targets, types, shapes, attributes and the values of axes
are compared; images, tables and sample columns are checked elsewhere, value by value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5g, h5l, h5o

from sim.dataset import layout, nodes
from sim.dataset.form import Form

Say = Callable[[str], None]


@contextlib.contextmanager
def skeleton(
    form: Form,
    identity: str,
    start: int,
    stop: int,
    arrays: Sequence[Mapping[str, Any]],
    rows: Mapping[str, int],
    columns: Mapping[str, tuple[str, int]],
) -> Iterator[h5py.File]:
    """The expected tree, without values except those of the axes and titles.

    Parameters
    ----------
    identity
        What the file is, as it was given to :func:`sim.dataset.nodes.start_file`.
    start, stop
        Images of the file.
    arrays
        From dataset.json.
    rows
        Rows of every ragged table.
    columns
        Sample column → kind and length of vectors, as in :func:`sim.dataset.samples.kind_of`.
    """
    count = stop - start
    prefix = f"{layout.LABELS}/"
    labels = {
        item["name"].removeprefix(prefix): np.dtype(item["dtype"])
        for item in arrays
        if item["name"].startswith(prefix)
    }
    with h5py.File("skeleton", "w", driver="core", backing_store=False) as file:
        root = nodes.start_file(file, form, identity)
        frame = (form.height, form.width)
        extras = {item["name"]: item for item in arrays if item["name"] in form.extras}
        shapes = {name: tuple(item["shape"]) for name, item in extras.items()}
        nodes.image_nodes(
            root,
            form,
            start,
            stop,
            labels,
            lambda name, dtype: nodes.stacked((count, *shapes.get(name, frame)), dtype),
            {name: np.dtype(item["dtype"]) for name, item in extras.items()},
        )
        samples = root.create_group(layout.SAMPLES)
        samples.attrs["NX_class"] = "NXcollection"
        for name, (kind, width) in columns.items():
            lengths = (count, width) if width else (count,)
            data = samples.create_dataset(name, lengths, nodes.TEXT if kind == "text" else np.dtype(kind))
            if unit := form.unit_of(name):
                data.attrs["units"] = unit
        tables: dict[str, dict[str, Any]] = {}
        for item in arrays:
            if item["shape"][:1] == ["n"]:
                table, _, column = item["name"].partition("/")
                tables.setdefault(table, {})[column] = _empty(item, rows[table])
        for table, makers in tables.items():
            nodes.ragged_table(root, form, table, np.zeros(count + 1, dtype=np.int64), makers)
        nodes.hyperspy_view(file, form, start, count)
        yield file


def _empty(item: Mapping[str, Any], rows: int) -> Callable[[h5py.Group, str], h5py.Dataset]:
    shape, dtype = (rows, *item["shape"][1:]), np.dtype(item["dtype"])
    return lambda group, name: group.create_dataset(name, shape, dtype)


def is_plain(path: str, extras: Collection[str] = ()) -> bool:
    """Whether the values at a path of a skeleton are those that a file must have."""
    parts = path.strip("/").split("/")
    if parts[-1] in ("title", "program_name"):
        return len(parts) == 2
    stacks = [[name] for name in (layout.IMAGES, layout.CLEAN, *extras)]
    inside = parts[1:-1] in stacks or (len(parts) == 4 and parts[1] == layout.LABELS)
    return inside and parts[-1].startswith("dim")


def compare(found: h5py.File, expected: h5py.File, say: Say, plain: Callable[[str], bool] = is_plain) -> None:
    """Say everything in which a tree differs from the one expected.

    No link is followed.

    Parameters
    ----------
    found
        Opened by :func:`sim.dataset.hostile.opened`.
    plain
        Whether the values of the array at a path are compared too.
    """
    _attributes(found.id, expected.id, "/", say)
    pending: list[tuple[str, h5g.GroupID, h5g.GroupID]] = [("", found.id, expected.id)]
    while pending:
        path, here, wanted = pending.pop()
        names, expected_names = set(here), set(wanted)
        for key in sorted(expected_names - names):
            say(f"lacks {path}/{_shown(key)}")
        for key in sorted(names - expected_names):
            say(f"holds {path}/{_shown(key)}, which the dataset did not make")
        for key in sorted(names & expected_names):
            inside = f"{path}/{_shown(key)}"
            kind = wanted.links.get_info(key).type
            if here.links.get_info(key).type != kind:
                say(f"{inside} is another kind of link than the dataset made")
            elif kind == h5l.TYPE_SOFT:
                target = wanted.links.get_val(key)
                if here.links.get_val(key) != target:
                    say(f"{inside} does not point to {_shown(target)}")
            else:
                one, other = h5o.open(here, key), h5o.open(wanted, key)
                if type(one) is not type(other):
                    say(f"{inside} is not of the kind that the dataset made")
                    continue
                _attributes(one, other, inside, say)
                if isinstance(one, h5g.GroupID):
                    pending.append((inside, one, other))
                else:
                    _array(one, other, inside, say, plain(inside))


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")[:200]


def _array(found: h5d.DatasetID, expected: h5d.DatasetID, path: str, say: Say, values: bool) -> None:
    one, other = h5py.Dataset(found), h5py.Dataset(expected)
    if found.get_type() != expected.get_type() or one.shape != other.shape:
        say(f"{path} is {one.dtype} {one.shape} and should be {other.dtype} {other.shape}")
    elif values and not _same(one[()], other[()]):
        say(f"{path} has other values than the dataset's form says")


def _attributes(found: Any, expected: Any, path: str, say: Say) -> None:
    one, other = (h5py.AttributeManager(_holder(item)) for item in (found, expected))
    names, expected_names = set(one), set(other)
    for name in sorted(expected_names - names):
        say(f"{path} lacks the attribute {name}")
    for name in sorted(names - expected_names):
        say(f"{path} has the attribute {str(name)[:200]!r}, which the dataset did not make")
    for name in sorted(names & expected_names):
        here, wanted = one.get_id(name), other.get_id(name)
        same = here.get_type() == wanted.get_type() and here.shape == wanted.shape
        if not same or not _same(one[name], other[name]):
            say(f"{path}: its attribute {name} is not {_value(other[name])}")


def _holder(item: Any) -> Any:
    return h5py.Group(item) if isinstance(item, (h5g.GroupID, h5py.h5f.FileID)) else h5py.Dataset(item)


def _same(found: Any, expected: Any) -> bool:
    return bool(np.array_equal(np.asarray(found), np.asarray(expected)))


def _value(value: Any) -> str:
    return repr(np.asarray(value).tolist())[:200]
