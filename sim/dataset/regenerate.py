"""Make one image again from its manifest line and the structure snapshots, and compare.

Arrays of tier A must have the same hash everywhere.  Arrays of tier B must have it in the environment
that the dataset was made in; in another one their values are compared, see
:mod:`sim.dataset.differences`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sim.core.canonical import sha256_of
from sim.core.environment import environment
from sim.core.errors import InputError, IntegrityError
from sim.core.types import Sample, Structure
from sim.core.version import __version__
from sim.dataset import layout
from sim.dataset.check_line import line_problems
from sim.dataset.differences import TOLERANCE, Difference, difference, scalar_difference
from sim.dataset.hostile import DAMAGE, check_facts, first_line
from sim.dataset.manifest import find_line
from sim.dataset.reader import Dataset, Replaced, read_dataset_document
from sim.dataset.samples import plain_truth, truth_record
from sim.dataset.shard import Render


class Snapshots(Mapping[str, Structure]):
    """The structures of a dataset, read from its snapshots when they are asked for."""

    def __init__(self, directory: Path, hashes: list[str], facts: Mapping[str, Mapping[str, Any]]) -> None:
        self._directory = directory
        self._facts = facts
        self._hashes = [sha256 for sha256 in hashes if layout.SNAPSHOT_FILE.fullmatch(f"{sha256}.h5")]
        self._loaded: dict[str, Structure] = {}

    def __getitem__(self, sha256: str) -> Structure:
        from sim.specimen.snapshots import read_snapshot

        if sha256 not in self._hashes:
            raise KeyError(sha256)
        if sha256 not in self._loaded:
            name = layout.snapshot_path(sha256)
            path = self._directory / name
            if name not in self._facts:
                raise IntegrityError(f"{layout.DATASET}: does not name {name} among its files.")
            check_facts(path, self._directory, self._facts[name])  # before HDF5 sees it
            self._loaded[sha256] = read_snapshot(path, sha256)
        return self._loaded[sha256]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


@dataclass(frozen=True)
class Comparison:
    """One array: the hash in the manifest and that of the array made now.

    Attributes
    ----------
    measured
        How far an array of tier B is from the stored one; None where it is equal, of tier A, or not to
        be compared value by value.
    elsewhere
        The dataset was made in another environment than this, so that tier B has a tolerance.
    """

    name: str
    tier: str
    expected: str
    found: str
    measured: Difference | None = None
    elsewhere: bool = False

    @property
    def equal(self) -> bool:
        return self.expected == self.found

    @property
    def within_tolerance(self) -> bool:
        """Whether it differs, and no more than tier B allows in another environment."""
        return (
            not self.equal and self.elsewhere and self.measured is not None and self.measured.within_tolerance
        )


@dataclass(frozen=True)
class Regenerated:
    """One image made again.

    Attributes
    ----------
    sample
        The image with its truth, as made now.
    comparisons
        Every array against the manifest.
    remark
        What may explain a difference; empty where there is none.
    """

    image_id: str
    sample: Sample
    pixel_size: float
    comparisons: tuple[Comparison, ...]
    remark: str

    @property
    def equal(self) -> bool:
        return all(item.equal for item in self.comparisons)

    @property
    def verdict(self) -> Literal["equal", "within tolerance", "different"]:
        """``within tolerance``: all that differs is of tier B, was made elsewhere and is near enough."""
        if self.equal:
            return "equal"
        near = all(item.equal or item.within_tolerance for item in self.comparisons)
        return "within tolerance" if near else "different"


def regenerate(
    directory: Path | str,
    image_id: str,
    *,
    render: Render | None = None,
    read_job: Callable[[Mapping[str, Any]], Any] | None = None,
    cancel: Callable[[], None] = lambda: None,
) -> Regenerated:
    """Make one image of a dataset again and compare every array with the manifest.

    Parameters
    ----------
    render, read_job
        Renderer, and maker of a job from its canonical tree; the engine's own by default.

    Raises
    ------
    InputError
        If there is no such dataset or image, or this version cannot read its job.
    IntegrityError
        If the manifest line or a snapshot is damaged.
    """
    directory = Path(directory)
    replaced = Replaced(directory)
    try:
        return _regenerate(directory, image_id, render, read_job, cancel)
    except IntegrityError:
        replaced.check()
        raise


def _regenerate(
    directory: Path,
    image_id: str,
    render: Render | None,
    read_job: Callable[[Mapping[str, Any]], Any] | None,
    cancel: Callable[[], None],
) -> Regenerated:
    document = read_dataset_document(directory)
    line = find_line(directory, image_id)
    for problem in _line_problems(line, document, image_id):
        raise IntegrityError(f"{image_id}: {problem}.")
    job = (read_job or engine_job)(line["job"])
    if job.digest != line["job_sha256"]:
        raise InputError(
            image_id, "its settings have another form in this version of the program",
            remedy=f"use version {_version(document)}, which made the dataset",
        )  # fmt: skip
    if render is None:
        from sim.dataset.run import EngineRender

        render = EngineRender()
    sample = render(job, Snapshots(directory, line["structures"], document["files"]), cancel)
    truth = plain_truth(sample.truth)
    found = [*sample.records(), truth_record(truth, sha256_of(truth), sample.tier_of(layout.TRUTH))]
    comparisons = tuple(_compare(line["arrays"], {record.name: record.sha256 for record in found}))
    made_in = _made_in(document, line["shard"])
    if any(item.tier == "B" and item.found and not item.equal for item in comparisons):
        comparisons = _measured(directory, document, line, sample, comparisons, made_in != environment())
    remark = "" if all(item.equal for item in comparisons) else _remark(document, comparisons, made_in)
    return Regenerated(image_id, sample, float(line["job"]["image"]["pixel_size"]), comparisons, remark)


def _line_problems(line: dict[str, Any], document: Mapping[str, Any], image_id: str) -> list[str]:
    try:
        return list(line_problems(line, document))
    except DAMAGE as error:
        raise IntegrityError(
            f"{image_id}: its line in {layout.MANIFEST} is damaged ({first_line(error)})."
        ) from None


def engine_job(tree: Mapping[str, Any]) -> Any:
    """A job from its canonical tree."""
    from sim.core.settings import validate
    from sim.recipe.model import Job

    return validate(Job, tree, root="job")


def _compare(records: list[dict[str, Any]], found: dict[str, str]) -> Iterator[Comparison]:
    for record in records:
        yield Comparison(record["name"], record["tier"], record["sha256"], found.pop(record["name"], ""))
    for name, sha256 in found.items():
        yield Comparison(name, "", "", sha256)


def _made_in(document: Mapping[str, Any], shard: int) -> dict[str, Any]:
    """The environment that a shard was made in; empty where dataset.json does not say."""
    for item in document.get("environments", []):
        if any(first <= shard < end for first, end in item["shards"]):
            return dict(item["environment"])
    return {}


def _measured(
    directory: Path,
    document: Mapping[str, Any],
    line: Mapping[str, Any],
    sample: Sample,
    comparisons: tuple[Comparison, ...],
    elsewhere: bool,
) -> tuple[Comparison, ...]:
    """The comparisons, those of tier B with how far the values are from the stored ones."""
    made = dict(sample.arrays())
    units = {name: facts["units"] for name, facts in document["form"].get("extras", {}).items()}

    def measure(dataset: Dataset, item: Comparison) -> Difference | None:
        if item.name == layout.TRUTH:
            return scalar_difference(line["truth"], plain_truth(sample.truth))
        index = int(document["shards"][line["shard"]]["start"]) + int(line["index"])
        angle = units.get(item.name) == "rad"
        return difference(dataset.array(item.name, index), np.asarray(made[item.name]), angle=angle)

    with Dataset(directory) as dataset:
        return tuple(
            replace(item, measured=measure(dataset, item), elsewhere=elsewhere)
            if item.tier == "B" and item.found and not item.equal
            else item
            for item in comparisons
        )


def _remark(
    document: Mapping[str, Any], comparisons: tuple[Comparison, ...], made_in: Mapping[str, Any]
) -> str:
    version = _version(document)
    if version != __version__:
        return f"the dataset was made with version {version} and this is {__version__}: use that version"
    different = [item for item in comparisons if not item.equal]
    if all(item.within_tolerance for item in different):
        return f"{_elsewhere(made_in)}; tolerance of tier B: {TOLERANCE}"
    if all(item.tier == "B" for item in different):
        if not any(item.elsewhere for item in different):
            return "arrays of tier B are equal in the environment that they were made in, and this is it"
        return f"{_elsewhere(made_in)}, but this is more than tier B allows: {TOLERANCE}"
    return "the manifest or the program was changed"


def _elsewhere(made_in: Mapping[str, Any]) -> str:
    """In what the dataset was made, as far as it differs from this."""
    if not made_in:
        return "made in an environment that the dataset does not name"
    here = environment()
    words = []
    before, now = made_in.get("libraries", {}), here["libraries"]
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            words.append(f"{name} {before.get(name, 'not there')} instead of {now.get(name, 'none')}")
    for name in ("machine", "python", "kernels"):
        if made_in.get(name) != here[name]:
            before, now = (found.get(name) or "by default" for found in (made_in, here))
            words.append(f"{name} {before} instead of {now}")
    if made_in.get("cpu_features") != here["cpu_features"]:
        words.append("a processor with other features")
    return f"made elsewhere ({', '.join(words) or 'in other respects'})"


def _version(document: Mapping[str, Any]) -> str:
    software = document.get("software")
    return str(software.get("version", "?")) if isinstance(software, dict) else "?"
