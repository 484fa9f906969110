"""Verify snapshots of structures, in a process that a hostile file may crash."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from sim.core.errors import IntegrityError, NanophantomError
from sim.dataset import layout
from sim.dataset.hostile import check_facts, guarded, opened
from sim.dataset.skeleton import compare


@dataclass(frozen=True)
class SnapshotCheck:
    """Some snapshots to verify.

    Attributes
    ----------
    hashes
        Of the structures: the names of the files.
    facts
        File → its entry in dataset.json.
    """

    directory: str
    hashes: tuple[str, ...]
    facts: dict[str, dict[str, Any]]

    @property
    def memory(self) -> int:
        """Bytes that the check may need: little more than the files."""
        return 0

    @property
    def seconds(self) -> int:
        """Processor time that the check may need."""
        return 10 * len(self.hashes)


def check_snapshots(check: SnapshotCheck) -> list[str]:
    """A sentence for everything that is wrong with the snapshots."""
    problems: list[str] = []
    for sha256 in check.hashes:
        name = layout.snapshot_path(sha256)
        with guarded(name, problems):
            _check(Path(check.directory), name, sha256, check.facts.get(name), problems)
    return problems


def _check(
    directory: Path, name: str, sha256: str, facts: dict[str, Any] | None, problems: list[str]
) -> None:
    from sim.specimen.snapshots import encode, read_snapshot

    if facts is None:
        raise IntegrityError(f"{layout.DATASET}: does not name {name} among its files.")
    check_facts(directory / name, directory, facts)
    try:
        structure = read_snapshot(directory / name, sha256)
    except NanophantomError as error:
        raise IntegrityError(f"{name}: {error}") from None
    with (
        opened(directory / name, directory) as found,
        h5py.File(io.BytesIO(encode(structure)), "r") as expected,
    ):
        compare(found, expected, lambda sentence: problems.append(f"{name}: {sentence}."), lambda _: True)
