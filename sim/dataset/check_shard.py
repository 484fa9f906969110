"""Verify one shard against its manifest lines; runs in worker processes too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sim.core.canonical import array_sha256
from sim.core.errors import IntegrityError
from sim.dataset import layout
from sim.dataset.durable import file_sha256
from sim.dataset.hostile import check_regular, guarded, opened
from sim.dataset.master import read_column
from sim.dataset.reader import child_dataset, read_array, shard_root
from sim.dataset.samples import columns_of, row


@dataclass(frozen=True)
class ShardCheck:
    """One shard to verify.

    Attributes
    ----------
    facts
        Its entry in dataset.json; None when dataset.json has no such shard.
    arrays, columns
        From dataset.json.
    lines
        Manifest lines by position in the shard.
    """

    directory: str
    shard: int
    facts: dict[str, Any] | None
    arrays: list[dict[str, Any]]
    columns: dict[str, dict[str, Any]]
    lines: dict[int, dict[str, Any]]


def check_shard(check: ShardCheck) -> tuple[int, list[str]]:
    """Number of images looked at, and a sentence for everything that is wrong with the shard."""
    problems: list[str] = []
    if check.facts is None:
        problems.append(f"{layout.MANIFEST}: names shard {check.shard}, which {layout.DATASET} does not.")
        return len(check.lines), problems
    name = layout.shard_path(check.shard)
    with guarded(name, problems):
        _check(check, name, problems)
    return len(check.lines), problems


def _check(check: ShardCheck, name: str, problems: list[str]) -> None:
    facts = check.facts
    assert facts is not None
    count = int(facts["stop"]) - int(facts["start"])
    root_folder = Path(check.directory)
    path = root_folder / name
    status = check_regular(path, root_folder)
    if status.st_size != facts["bytes"] or file_sha256(path) != facts["sha256"]:
        problems.append(
            f"{name}: was changed since it was written (its SHA-256 does not fit {layout.DATASET})."
        )
    with opened(path, root_folder) as file:
        root = shard_root(file, name)
        names = _stored_names(root, name, count, problems)
        for position in range(count):
            if position not in check.lines:
                what = names[position] if position < len(names) else f"image {position}"
                problems.append(f"{layout.MANIFEST}: {what} of {name} is missing.")
        for position in sorted(check.lines):
            if not 0 <= position < count:
                line = check.lines[position]
                problems.append(
                    f"{layout.MANIFEST}: {line['image_id']} is not in {name}, which holds {count} images."
                )
        lines = {position: check.lines[position] for position in sorted(check.lines) if 0 <= position < count}
        _check_arrays(check, root, name, count, lines, problems)
        with guarded(f"{name}: {layout.SAMPLES}", problems):
            _check_samples(check, root, name, count, lines, problems)


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
    for position, line in lines.items():
        records = {record["name"]: record for record in line["arrays"]}
        for item in check.arrays:
            with guarded(f"{name}: {item['name']} of {line['image_id']}", problems):
                record = records.get(item["name"])
                array = read_array(root, item, position, (0, count))
                if record is None:
                    continue  # said when the line was checked
                if list(array.shape) != record["shape"] or array_sha256(array) != record["sha256"]:
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
    check: ShardCheck,
    root: h5py.Group,
    name: str,
    count: int,
    lines: dict[int, dict[str, Any]],
    problems: list[str],
) -> None:
    """Every sample column against what the lines say."""
    if not lines:
        return
    positions = list(lines)
    expected = columns_of([row(line["job"], line["truth"]) for line in lines.values()])
    group = root[layout.SAMPLES]
    missing = set(expected) - set(group)
    for column in sorted(missing):
        problems.append(f"{name}: {layout.SAMPLES} lacks the column {column}.")
    for column in sorted(set(group) - set(expected)):
        problems.append(
            f"{name}: {layout.SAMPLES} has the column {column}, which no line of the manifest knows."
        )
    for column, values in expected.items():
        if column in missing:
            continue
        found = read_column(child_dataset(root, f"{layout.SAMPLES}/{column}"))
        with guarded(f"{name}: {layout.SAMPLES}/{column}", problems):
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
