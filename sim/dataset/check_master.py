"""Verify ``stack.h5``: it must show the shards, all of them, in order, and nothing else.

What it must show follows from the manifest; no shard is opened.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sim.dataset import layout
from sim.dataset.check_shard import LINE_MEMORY, table_rows
from sim.dataset.form import Form
from sim.dataset.hostile import guarded, opened
from sim.dataset.manifest import read_manifest
from sim.dataset.master import read_column
from sim.dataset.samples import as_kind, columns_of, row
from sim.dataset.skeleton import compare, is_plain, skeleton
from sim.dataset.stored import child_dataset, shard_root

#: Memory that one image may take in the check of the master file, bytes: its places in columns and offsets.
IMAGE_MEMORY = 10_000


@dataclass(frozen=True)
class MasterCheck:
    """The master file to verify.

    Attributes
    ----------
    document
        The content of dataset.json.
    """

    directory: str
    document: dict[str, Any]

    @property
    def memory(self) -> int:
        """Bytes that the check may need."""
        largest = max(int(shard["stop"]) - int(shard["start"]) for shard in self.document["shards"])
        return LINE_MEMORY * largest + IMAGE_MEMORY * int(self.document["images"])

    @property
    def seconds(self) -> int:
        """Processor time that the check may need."""
        return int(self.document["images"]) // 100


def check_master(check: MasterCheck) -> list[str]:
    """A sentence for everything that is wrong with the master file."""
    problems: list[str] = []
    directory, document = Path(check.directory), check.document
    with (
        guarded(layout.MASTER, problems),
        opened(directory / layout.MASTER, directory, master=True) as file,
    ):
        root = shard_root(file, layout.MASTER)
        bounds = _check_stored(directory, document, root, problems)
        for item in document["arrays"]:
            name = item["name"]
            with guarded(f"{layout.MASTER}: {name}", problems):
                if item["shape"][:1] == ["n"]:
                    table = name.partition("/")[0]
                    if bounds is not None:
                        _check_sources(child_dataset(root, name), name, bounds[table], problems)
                else:
                    stacks = [(int(shard["start"]), int(shard["stop"])) for shard in document["shards"]]
                    _check_sources(child_dataset(root, f"{name}/data"), f"{name}/data", stacks, problems)
        if bounds is not None:
            _check_tree(document, file, bounds, problems)
    return problems


def _check_sources(data: h5py.Dataset, name: str, bounds: list[tuple[int, int]], problems: list[str]) -> None:
    """The virtual sources must be the shards in order, each at its place along the first axis."""
    expected = [
        (layout.shard_path(shard), f"{layout.ROOT}/{name}", start, stop)
        for shard, (start, stop) in enumerate(bounds)
        if stop > start
    ]
    if not expected:
        if data.shape[0]:
            problems.append(f"{layout.MASTER}: {name} has rows that no shard has.")
        return
    if not data.is_virtual:
        problems.append(f"{layout.MASTER}: {name} holds values of its own instead of showing the shards.")
        return
    found = [_shown(source, data.shape[1:]) for source in data.virtual_sources()]
    if sorted(found, key=lambda item: item[2]) != expected or data.shape[0] != expected[-1][3]:
        problems.append(f"{layout.MASTER}: {name} does not show the shards in order.")


def _shown(source: Any, frame: tuple[int, ...]) -> tuple[str, str, int, int]:
    """File, array, first row and row after the last that one source fills; −1 where it fills them oddly."""
    low, high = source.vspace.get_select_bounds()
    end = int(high[0]) + 1
    if any(low[1:]) or tuple(length + 1 for length in high[1:]) != tuple(frame):
        end = -1
    if source.src_space.get_select_type() != h5py.h5s.SEL_ALL:
        inner_low, inner_high = source.src_space.get_select_bounds()
        if any(inner_low) or inner_high[0] != high[0] - low[0] or inner_high[1:] != high[1:]:
            end = -1
    return source.file_name, source.dset_name.lstrip("/"), int(low[0]), end


def _check_stored(
    directory: Path, document: dict[str, Any], root: h5py.Group, problems: list[str]
) -> dict[str, list[tuple[int, int]]] | None:
    """Offsets and sample columns, shard by shard; the rows of each shard in the joined tables.

    None when the manifest is not whole, which is said elsewhere.
    """
    tables = sorted(
        {item["name"].partition("/")[0] for item in document["arrays"] if item["shape"][:1] == ["n"]}
    )
    wrong: set[str] = set()
    bounds: dict[str, list[tuple[int, int]]] = {table: [] for table in tables}
    ends = dict.fromkeys(tables, 0)
    shards = 0
    for shard, group in itertools.groupby(read_manifest(directory), key=lambda line: line["shard"]):
        lines = list(group)
        facts = document["shards"][shard] if 0 <= shard < len(document["shards"]) else None
        positions = [line["index"] for line in lines]
        if shard != shards or facts is None or positions != list(range(facts["stop"] - facts["start"])):
            return None
        shards += 1
        start, stop = int(facts["start"]), int(facts["stop"])
        for table in tables:
            before = ends[table]
            expected = [before]
            for line in lines:
                ends[table] += table_rows(document["arrays"], [line])[table]
                expected.append(ends[table])
            bounds[table].append((before, ends[table]))
            stored = child_dataset(root, f"{table}/offsets")[start : stop + 1]
            if not np.array_equal(stored, expected):
                wrong.add(f"the offsets of {table} are not those of the shards")
        wrong.update(_wrong_columns(document, root, lines, start, stop))
    problems += [f"{layout.MASTER}: {sentence}." for sentence in sorted(wrong)]
    return bounds if shards == len(document["shards"]) else None


def _wrong_columns(
    document: dict[str, Any], root: h5py.Group, lines: list[dict[str, Any]], start: int, stop: int
) -> set[str]:
    wrong = set()
    columns = columns_of([row(line["job"], line["truth"]) for line in lines])
    present = set(root[layout.SAMPLES])
    for name, facts in document["columns"].items():
        if name not in present or name not in columns:
            continue  # the tree tells
        expected = as_kind(columns[name], (facts["kind"], facts["length"]))
        found = read_column(child_dataset(root, f"{layout.SAMPLES}/{name}"), start, stop)
        same = found == expected if isinstance(expected, list) else np.array_equal(found, expected)
        if not same:
            wrong.add(f"{layout.SAMPLES}/{name} is not that of the shards")
    return wrong


def _check_tree(
    document: dict[str, Any],
    file: h5py.File,
    bounds: dict[str, list[tuple[int, int]]],
    problems: list[str],
) -> None:
    """Everything that is no image, table or column must be as the program writes it."""
    rows = {table: parts[-1][1] for table, parts in bounds.items()}
    kinds = {name: (facts["kind"], facts["length"]) for name, facts in document["columns"].items()}
    identity = f"{document['plan_sha256']}/stack"
    form = Form(**document["form"])
    with skeleton(form, identity, 0, document["images"], document["arrays"], rows, kinds) as expected:
        compare(
            file,
            expected,
            lambda sentence: problems.append(f"{layout.MASTER}: {sentence}."),
            lambda path: is_plain(path, form.extras),
        )
