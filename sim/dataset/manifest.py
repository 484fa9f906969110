"""Manifest lines: one for each image, with all that rebuilding and checking it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.canonical import canonical_json, plain_json
from sim.core.errors import InputError, IntegrityError
from sim.core.types import ArrayRecord
from sim.dataset import layout
from sim.dataset.hostile import parse_json, read_lines

#: Keys of a line; a line with others or without one of these is refused.
FIELDS = (
    "image_id",
    "structure_id",
    "geometry",
    "orientation_seed",
    "noise_seed",
    "simulation_params",
    "truth",
    "dataset_version",
    "git_tag",
    "created_at",
    "split",
    "shard",
    "index",
    "job",
    "job_sha256",
    "structures",
    "arrays",
)

#: Fields repeated from the job, so that a reader need not look into it.
REPEATED = ("image_id", "structure_id", "geometry", "orientation_seed", "noise_seed", "split", "structures")

#: Types that reading relies on.
_KINDS: dict[str, type] = {
    "image_id": str,
    "geometry": str,
    "split": str,
    "shard": int,
    "index": int,
    "job": dict,
    "job_sha256": str,
    "truth": dict,
    "structures": list,
    "arrays": list,
}


@dataclass(frozen=True)
class Origin:
    """What every line of a dataset says alike."""

    dataset_version: str
    git_tag: str
    created_at: str


def simulation_params(job: Mapping[str, Any]) -> dict[str, Any]:
    """The few numbers people look for, and every varied setting by its path."""
    imaging = job["imaging"]
    params = {name: imaging[name] for name in ("sigma", "alpha") if name in imaging}
    params["pixel_size"] = job["image"]["pixel_size"]
    params["noise_preset"] = job["noise"]["preset"]
    exposure = job["noise"].get("exposure", {})
    if exposure.get("mode") in ("expected", "poisson") and exposure.get("source") == "dose":
        # The preset's name does not say that one of its values was changed.
        params["dose"] = exposure["dose"]
    return {**params, **job["varied"]}


def build_line(
    job: Mapping[str, Any],
    job_sha256: str,
    truth: Mapping[str, Any],
    records: Sequence[ArrayRecord],
    origin: Origin,
    shard: int,
    index: int,
) -> dict[str, Any]:
    """The line of one image.

    Parameters
    ----------
    job
        The job's canonical tree.
    truth
        Plain truth of the image.
    records
        Every array, the truth's record last.
    shard, index
        Where the image lies.
    """
    return {
        **{name: job[name] for name in REPEATED},
        "simulation_params": simulation_params(job),
        "truth": dict(truth),
        "dataset_version": origin.dataset_version,
        "git_tag": origin.git_tag,
        "created_at": origin.created_at,
        "shard": shard,
        "index": index,
        "job": job,
        "job_sha256": job_sha256,
        "arrays": [
            {
                "name": record.name,
                "dtype": record.dtype,
                "shape": list(record.shape),
                "sha256": record.sha256,
                "tier": record.tier,
            }
            for record in records
        ],
    }


def line_text(line: Mapping[str, Any], job_text: str) -> str:
    """The canonical JSON of a line; half of it is its job, whose text is there already."""
    before = plain_json({name: value for name, value in line.items() if name < "job"})
    after = plain_json({name: value for name, value in line.items() if name > "job"})
    return f'{before[:-1]},"job":{job_text},{after[1:]}'


def parse_line(text: bytes, where: str) -> dict[str, Any]:
    """One line of a manifest, with every field there and of the right type.

    Raises
    ------
    IntegrityError
        Naming the line.
    """
    try:
        line = parse_json(text)
    except ValueError as error:
        raise IntegrityError(f"{where}: cannot be read ({error}).") from None
    if not isinstance(line, dict):
        raise IntegrityError(f"{where}: is not a JSON object.")
    missing = [name for name in FIELDS if name not in line]
    unknown = [name for name in line if name not in FIELDS]
    if missing or unknown:
        wrong = f"lacks {missing[0]}" if missing else f"has the unknown field {unknown[0]!r}"
        raise IntegrityError(f"{where}: {wrong}.")
    for name, kind in _KINDS.items():
        if not isinstance(line[name], kind) or isinstance(line[name], bool):
            raise IntegrityError(f"{where}: {name} is not of the right type.")
    for record in line["arrays"]:
        if not isinstance(record, dict) or set(record) != {"name", "dtype", "shape", "sha256", "tier"}:
            raise IntegrityError(f"{where}: an entry of arrays is not of the right form.")
        texts = (record["name"], record["dtype"], record["sha256"], record["tier"])
        shape = record["shape"]
        if not all(isinstance(item, str) for item in texts) or not isinstance(shape, list):
            raise IntegrityError(f"{where}: an entry of arrays is not of the right form.")
        if not all(isinstance(item, int) and not isinstance(item, bool) and item >= 0 for item in shape):
            raise IntegrityError(f"{where}: the shape of {record['name']} is not of the right form.")
    if not all(isinstance(item, str) for item in line["structures"]):
        raise IntegrityError(f"{where}: structures is not a list of hashes.")
    return line


def read_manifest(directory: Path) -> Iterator[dict[str, Any]]:
    """The lines of a dataset's manifest, one after another.

    Raises
    ------
    IntegrityError
        At the first line that cannot be read.
    """
    for number, (_, text) in enumerate(read_lines(directory / layout.MANIFEST, directory), start=1):
        yield parse_line(text, f"{layout.MANIFEST}, line {number}")


def find_line(directory: Path, image_id: str) -> dict[str, Any]:
    """The line of one image.

    Raises
    ------
    InputError
        If the dataset has no image of that name.
    """
    mark = f'"image_id":{canonical_json(image_id)}'.encode()
    for number, (_, text) in enumerate(read_lines(directory / layout.MANIFEST, directory), start=1):
        # Most lines are passed over unparsed; the spacing of our own writer is only a short cut.
        if mark in text or b'"image_id": ' in text:
            line = parse_line(text, f"{layout.MANIFEST}, line {number}")
            if line["image_id"] == image_id:
                return line
    raise InputError(
        "image_id", f"the dataset {directory} has no such image", value=image_id,
        remedy=f"take one from {layout.MANIFEST}",
    )  # fmt: skip


class ContentDigest:
    """``content_sha256``: in order, image id, job hash, and every array's name, dtype, shape and hash.

    Two datasets are equal when it is equal; dates, versions and file bytes are outside it.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, line: Mapping[str, Any]) -> None:
        """Take one manifest line in."""
        arrays = [[item["name"], item["dtype"], item["shape"], item["sha256"]] for item in line["arrays"]]
        text = plain_json([line["image_id"], line["job_sha256"], arrays])
        self._digest.update(f"{text}\n".encode())

    def hexdigest(self) -> str:
        """The digest of the lines taken in so far."""
        return self._digest.hexdigest()
