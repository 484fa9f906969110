"""Verify one shard against its manifest lines, in a process that a hostile file may crash."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sim.core.errors import IntegrityError
from sim.dataset import layout
from sim.dataset.form import Form
from sim.dataset.hostile import LARGEST_CHUNK, check_facts, guarded, opened
from sim.dataset.master import read_column
from sim.dataset.samples import columns_of, kind_of, row
from sim.dataset.skeleton import compare, is_plain, skeleton
from sim.dataset.stored import WIDEST, ArrayReader, child_dataset, shard_root

#: Memory that a manifest line takes when it is parsed and compared, bytes, about.
LINE_MEMORY = 100_000
#: Bytes of values that are surely decoded and hashed in a second.
SLOWEST = 1 << 20
#: No shard is worth more memory than this, bytes, whatever its dataset.json claims.
MOST_MEMORY = 32 << 30


@dataclass(frozen=True)
class ShardCheck:
    """One shard to verify.

    Attributes
    ----------
    facts
        Its entry in dataset.json; None when dataset.json has no such shard.
    form, arrays, plan_sha256
        From dataset.json.
    lines
        Manifest lines by position in the shard.
    """

    directory: str
    shard: int
    facts: dict[str, Any] | None
    form: dict[str, Any]
    arrays: list[dict[str, Any]]
    plan_sha256: str
    lines: dict[int, dict[str, Any]]

    @property
    def memory(self) -> int:
        """Bytes that the check may need; enough to hold all values of the shard twice."""
        return min(2 * self._bytes() + LINE_MEMORY * len(self.lines), MOST_MEMORY)

    @property
    def seconds(self) -> int:
        """Processor time that the check may need."""
        return self._bytes() // SLOWEST + len(self.lines)

    def _bytes(self) -> int:
        values: int = sum(
            math.prod(record["shape"]) for line in self.lines.values() for record in line["arrays"]
        )
        return min(WIDEST * values, MOST_MEMORY)


def check_shard(check: ShardCheck) -> list[str]:
    """A sentence for everything that is wrong with the shard."""
    problems: list[str] = []
    if check.facts is None:
        problems.append(f"{layout.MANIFEST}: names shard {check.shard}, which {layout.DATASET} does not.")
        return problems
    name = layout.shard_path(check.shard)
    with guarded(name, problems):
        _check(check, name, problems)
    return problems


def _check(check: ShardCheck, name: str, problems: list[str]) -> None:
    facts = check.facts
    assert facts is not None
    count = int(facts["stop"]) - int(facts["start"])
    root_folder = Path(check.directory)
    path = root_folder / name
    stored: list[str] = []
    sound = False
    with guarded(name, problems):
        check_facts(path, root_folder, facts)
        sound = True
    if not sound:
        _check_positions(check, name, count, stored, problems)
        return
    frame = int(check.form["height"]) * int(check.form["width"]) * WIDEST
    with opened(path, root_folder, largest_chunk=max(LARGEST_CHUNK, frame * count)) as file:
        root = shard_root(file, name)
        _check_positions(check, name, count, _stored_names(root, name, count, problems), problems)
        lines = {position: check.lines[position] for position in sorted(check.lines) if 0 <= position < count}
        _check_arrays(check, root, name, count, lines, problems)
        with guarded(f"{name}: {layout.SAMPLES}", problems):
            _check_samples(root, name, count, lines, problems)
        with guarded(name, problems):
            _check_tree(check, file, name, lines, problems)


def _check_positions(
    check: ShardCheck, name: str, count: int, stored: list[str], problems: list[str]
) -> None:
    """Every image of the shard must have its line and every line its image."""
    for position in range(count):
        if position not in check.lines:
            what = stored[position] if position < len(stored) else f"image {position}"
            problems.append(f"{layout.MANIFEST}: {what} of {name} is missing.")
    for position in sorted(check.lines):
        if not 0 <= position < count:
            line = check.lines[position]
            problems.append(
                f"{layout.MANIFEST}: {line['image_id']} is not in {name}, which holds {count} images."
            )


def _stored_names(root: h5py.Group, name: str, count: int, problems: list[str]) -> list[str]:
    with guarded(f"{name}: {layout.SAMPLES}/image_id", problems):
        data = child_dataset(root, f"{layout.SAMPLES}/image_id")
        if data.shape == (count,):
            return list(read_column(data))
    return []


def _check_arrays(
    check: ShardCheck,
    root: h5py.Group,
    name: str,
    count: int,
    lines: dict[int, dict[str, Any]],
    problems: list[str],
) -> None:
    tables = {item["name"].partition("/")[0] for item in check.arrays if item["shape"][:1] == ["n"]}
    for table in sorted(tables):
        with guarded(f"{name}: {table}", problems):
            _check_offsets(root, name, table, count, problems)
    readers: dict[str, ArrayReader] = {}
    for position, line in lines.items():
        records = {record["name"]: record for record in line["arrays"]}
        for item in check.arrays:
            with guarded(f"{name}: {item['name']} of {line['image_id']}", problems):
                record = records.get(item["name"])
                reader = readers.get(item["name"]) or ArrayReader(root, item, count)
                readers[item["name"]] = reader
                shape, sha256 = reader.hashed(position)
                if record is None:
                    continue  # said when the line was checked
                if list(shape) != record["shape"] or sha256 != record["sha256"]:
                    problems.append(
                        f"{name}: {item['name']} of {line['image_id']} differs from its hash in the manifest."
                    )


def _check_offsets(root: h5py.Group, name: str, table: str, count: int, problems: list[str]) -> None:
    """Offsets must run over the whole table, so that no row is left out or used twice."""
    offsets = child_dataset(root, f"{table}/offsets")
    if offsets.shape != (count + 1,):
        raise IntegrityError(f"{name}: {table}/offsets has {offsets.shape} entries for {count} images.")
    values = offsets[...]
    columns = [item for item in root[table] if item != "offsets"]
    lengths = {len(child_dataset(root, f"{table}/{column}")) for column in columns}
    if values[0] != 0 or np.any(np.diff(values) < 0) or lengths != {int(values[-1])}:
        problems.append(f"{name}: the offsets of {table} do not fit its values.")


def _check_samples(
    root: h5py.Group, name: str, count: int, lines: dict[int, dict[str, Any]], problems: list[str]
) -> None:
    """Every sample column against what the lines say; which columns there are is the tree's matter."""
    if not lines:
        return
    positions = list(lines)
    expected = columns_of([row(line["job"], line["truth"]) for line in lines.values()])
    present = set(root[layout.SAMPLES])
    for column, values in expected.items():
        if column not in present:
            continue
        with guarded(f"{name}: {layout.SAMPLES}/{column}", problems):
            found = read_column(child_dataset(root, f"{layout.SAMPLES}/{column}"))
            if len(found) != count:
                problems.append(
                    f"{name}: {layout.SAMPLES}/{column} has {len(found)} entries for {count} images."
                )
                continue
            for order, position in enumerate(positions):
                if not _same(found[position], values[order]):
                    image = lines[position]["image_id"]
                    problems.append(
                        f"{name}: {layout.SAMPLES}/{column} of {image} is not what the manifest says."
                    )


def _same(found: Any, expected: Any) -> bool:
    if isinstance(found, str) or isinstance(expected, str):
        # A shard with a word among the numbers of a mixed column holds all of them as words.
        return str(found) == (expected if isinstance(expected, str) else repr(np.asarray(expected).tolist()))
    return bool(np.array_equal(found, expected))


def _check_tree(
    check: ShardCheck, file: h5py.File, name: str, lines: dict[int, dict[str, Any]], problems: list[str]
) -> None:
    """Everything that is no image, table or column must be as the program writes it."""
    facts = check.facts
    assert facts is not None
    start, stop = int(facts["start"]), int(facts["stop"])
    if len(lines) != stop - start:
        return  # lines are missing, as is said already: the columns of the shard are not known
    columns = columns_of([row(line["job"], line["truth"]) for line in lines.values()])
    kinds = {column: kind_of(values) for column, values in columns.items()}
    rows = table_rows(check.arrays, list(lines.values()))
    identity = f"{check.plan_sha256}/{check.shard}"
    form = Form(**check.form)
    with skeleton(form, identity, start, stop, check.arrays, rows, kinds) as expected:
        compare(
            file,
            expected,
            lambda sentence: problems.append(f"{name}: {sentence}."),
            lambda path: is_plain(path, form.extras),
        )


def table_rows(arrays: list[dict[str, Any]], lines: list[dict[str, Any]]) -> dict[str, int]:
    """Rows of every ragged table over some manifest lines.

    Raises
    ------
    LookupError
        If a line lacks an array.
    """
    first = {item["name"].partition("/")[0]: item["name"] for item in arrays if item["shape"][:1] == ["n"]}
    rows = dict.fromkeys(first, 0)
    for line in lines:
        shapes = {record["name"]: record["shape"] for record in line["arrays"]}
        for table, name in first.items():
            rows[table] += shapes[name][0]
    return rows
