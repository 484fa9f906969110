"""Make one image again from its manifest line and the structure snapshots, and compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.canonical import sha256_of
from sim.core.errors import InputError, IntegrityError
from sim.core.types import Sample, Structure
from sim.core.version import __version__
from sim.dataset import layout
from sim.dataset.check_line import line_problems
from sim.dataset.hostile import DAMAGE, check_facts, first_line
from sim.dataset.manifest import find_line
from sim.dataset.reader import Replaced, read_dataset_document
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
    """One array: the hash in the manifest and that of the array made now."""

    name: str
    tier: str
    expected: str
    found: str

    @property
    def equal(self) -> bool:
        return self.expected == self.found


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
    found = [*sample.records(), truth_record(truth, sha256_of(truth), sample.tier)]
    comparisons = tuple(_compare(line["arrays"], {record.name: record.sha256 for record in found}))
    remark = "" if all(item.equal for item in comparisons) else _remark(document, comparisons)
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


def _remark(document: Mapping[str, Any], comparisons: tuple[Comparison, ...]) -> str:
    version = _version(document)
    if version != __version__:
        return f"the dataset was made with version {version} and this is {__version__}: use that version"
    different = [item for item in comparisons if not item.equal]
    if all(item.tier == "B" for item in different):
        return "arrays of tier B are equal only on one machine type with one set of library versions"
    return "the manifest or the program was changed"


def _version(document: Mapping[str, Any]) -> str:
    software = document.get("software")
    return str(software.get("version", "?")) if isinstance(software, dict) else "?"
