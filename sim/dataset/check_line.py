"""One manifest line against its own job and against dataset.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.core.canonical import plain, sha256_of
from sim.dataset import layout
from sim.dataset.manifest import REPEATED, simulation_params
from sim.dataset.samples import SEEDS


def line_problems(line: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a line, each as the end of a sentence about it.

    Parameters
    ----------
    line
        Parsed: every field is there and of the right type.
    document
        The content of dataset.json.
    """
    job = line["job"]
    if sha256_of(job) != line["job_sha256"]:
        yield "its job was changed (job_sha256 does not fit it)"
    for name in REPEATED:
        if plain(line[name]) != plain(job.get(name)):
            yield f"{name} is not that of its job"
    if line["simulation_params"] != simulation_params(job):
        yield "simulation_params are not those of its job"
    yield from _origin(line, document)
    yield from _records(line, document)
    yield from _form(job, document["form"])


def _origin(line: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    stated = {
        "dataset_version": document.get("dataset_version"),
        "git_tag": document.get("software", {}).get("git_tag"),
        "created_at": document.get("created_at"),
    }
    for name, value in stated.items():
        if line[name] != value:
            yield f"{name} is not that of {layout.DATASET}"
    for name in SEEDS:
        if not str(line[name]).isdecimal():
            yield f"{name} is no seed"


def _records(line: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    records = {record["name"]: record for record in line["arrays"]}
    expected = [*(item["name"] for item in document["arrays"]), layout.TRUTH]
    if [record["name"] for record in line["arrays"]] != expected:
        yield f"its list of arrays is not that of {layout.DATASET}"
        return
    if records[layout.TRUTH]["sha256"] != sha256_of(line["truth"]):
        yield "its truth was changed (its hash does not fit it)"
    if records[layout.TRUTH]["shape"] != [len(line["truth"])] or records[layout.TRUTH]["dtype"] != "json":
        yield "the record of its truth is not of the right form"
    for item in document["arrays"]:
        record = records[item["name"]]
        shape = [length for length in item["shape"] if length != "n"]
        ragged = len(shape) != len(item["shape"])
        same_shape = record["shape"][1:] == shape if ragged else record["shape"] == shape
        if record["dtype"] != item["dtype"] or record["tier"] != item["tier"] or not same_shape:
            yield f"{item['name']} is not of the form that {layout.DATASET} states"


def _form(job: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[str]:
    """The calibration of the axes is that of every image, or of none."""
    size = form.get("pixel_size")
    if size is not None and job["image"]["pixel_size"] != size:
        yield f"its pixel size is not that of the form in {layout.DATASET}"
