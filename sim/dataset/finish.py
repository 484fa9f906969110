"""From finished shards to a finished dataset: manifest, master file, Croissant, dataset.json.

dataset.json is written last: where it is, everything else is there and whole.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.core.atomic import whole_file, write_whole
from sim.core.canonical import plain, sha256_of
from sim.core.errors import IntegrityError
from sim.dataset import layout
from sim.dataset.croissant import croissant_document
from sim.dataset.durable import file_sha256
from sim.dataset.form import Form
from sim.dataset.hostile import read_lines
from sim.dataset.journal import Header, Journal, ShardEntry
from sim.dataset.manifest import ContentDigest
from sim.dataset.master import common_columns, common_schema, write_master


def missing_shards(journal: Journal) -> list[int]:
    """Shards of the dataset that the journal does not hold."""
    return [number for number in range(len(journal.header.boundaries)) if number not in journal.shards]


def finish(directory: Path, journal: Journal, cancel: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Write everything that stands above the shards.

    Parameters
    ----------
    journal
        Holding every shard.

    Returns
    -------
    The content of dataset.json.

    Raises
    ------
    IntegrityError
        If shards or their manifest lines do not fit together.
    """
    header = journal.header
    entries = [journal.shards[number] for number in range(len(header.boundaries))]
    form = Form(**header.form)
    content, flagged = _write_manifest(directory, entries, cancel)
    write_master(directory, form, entries, header.plan_sha256, cancel)
    cancel()
    document = _document(directory, header, form, entries, content)
    if flagged:
        document[layout.FLAGGED] = flagged
    write_whole(directory / layout.CROISSANT, croissant_document(document))
    for name in (layout.MASTER, layout.CROISSANT):
        document["files"][name] = _file_facts(directory / name)
    document["document_sha256"] = document_sha256(document)
    write_whole(directory / layout.DATASET, document_text(document))
    remove_parts(directory, entries)
    # The journal is of use for going on only; what nothing vouches for has no place in a dataset.
    (directory / layout.JOURNAL).unlink(missing_ok=True)
    return document


def document_text(document: dict[str, Any]) -> bytes:
    """dataset.json as bytes: indented, keys in reading order."""
    return (json.dumps(plain(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def document_sha256(document: dict[str, Any]) -> str:
    """Hash of dataset.json without the field that holds this hash."""
    return sha256_of({key: value for key, value in document.items() if key != "document_sha256"})


def remove_parts(directory: Path, entries: Sequence[ShardEntry]) -> None:
    """Remove the manifest lines by shard, which the manifest now holds."""
    for entry in entries:
        (directory / layout.SHARDS / layout.part_name(entry.shard)).unlink(missing_ok=True)


def _write_manifest(
    directory: Path, entries: Sequence[ShardEntry], cancel: Callable[[], None]
) -> tuple[str, dict[str, int]]:
    """Join the manifest lines of all shards, one line in memory at a time.

    Returns
    -------
    content_sha256, and the number of images by every flag that some of them have.
    """
    content = ContentDigest()
    flagged: Counter[str] = Counter()
    seen: set[bytes] = set()
    with whole_file(directory / layout.MANIFEST) as stream:
        for entry in entries:
            cancel()
            name = f"{layout.SHARDS}/{layout.part_name(entry.shard)}"
            if file_sha256(directory / name, cancel) != entry.lines_sha256:
                raise IntegrityError(f"{name}: was changed since it was written.")
            for _, text in read_lines(directory / name, directory):
                line = json.loads(text)  # our own line, as its hash says
                mark = hashlib.sha256(line["image_id"].encode()).digest()[:12]
                if mark in seen:
                    raise IntegrityError(f"{name}: the image id {line['image_id']} occurs twice.")
                seen.add(mark)
                content.add(line)
                flagged.update(flags_of(line))
                stream.write(text)
    return content.hexdigest(), dict(sorted(flagged.items()))


def flags_of(line: Mapping[str, Any]) -> list[str]:
    """What a manifest line says to be amiss with its image."""
    return [name for name in layout.FLAGS if line["truth"].get(name)]


def _file_facts(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _document(
    directory: Path, header: Header, form: Form, entries: Sequence[ShardEntry], content: str
) -> dict[str, Any]:
    about = header.recipe.get("dataset", {})
    return {
        "format": layout.FORMAT,
        "schema_version": layout.SCHEMA_VERSION,
        "name": header.recipe.get("name", ""),
        "description": header.recipe.get("description", ""),
        "dataset_version": header.dataset_version,
        "licence": about.get("licence", ""),
        "citation": about.get("citation", ""),
        "created_at": header.created_at,
        "software": header.software,
        "images": header.images,
        "content_sha256": content,
        "hashes": layout.HASHES,
        "form": form.tree(),
        "arrays": [
            {"name": name, "dtype": dtype, "shape": list(shape), "tier": tier}
            for name, dtype, shape, tier in common_schema(entries)
        ],
        "columns": {
            name: {"kind": kind, "length": width, "unit": form.unit_of(name)}
            for name, (kind, width) in common_columns(entries).items()
        },
        **realised_balance(entry.tally for entry in entries),
        **_environments(entries),
        "recipe": header.recipe,
        "recipe_sha256": sha256_of(header.recipe),
        "plan_sha256": header.plan_sha256,
        "structures": list(header.structures),
        "shards": [
            {"file": layout.shard_path(entry.shard), "start": entry.start, "stop": entry.stop,
             "bytes": entry.bytes, "sha256": entry.sha256}
            for entry in entries
        ],
        "files": {
            name: _file_facts(directory / name)
            for name in (layout.MANIFEST, *map(layout.snapshot_path, header.structures))
        },
    }  # fmt: skip


def _environments(entries: Sequence[ShardEntry]) -> dict[str, Any]:
    """What arrays of tier B were made in, and which shards: from first number to, not including, last."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        if not entry.environment:
            continue
        same = next((item for item in found if item["environment"] == entry.environment), None)
        if same is None:
            same = {"environment": entry.environment, "shards": []}
            found.append(same)
        if same["shards"] and same["shards"][-1][1] == entry.shard:
            same["shards"][-1][1] += 1
        else:
            same["shards"].append([entry.shard, entry.shard + 1])
    return {"environments": found} if found else {}


def realised_balance(tallies: Any) -> dict[str, Any]:
    """Images by class and by split, and the classes of each split, from tallies by ``split/class``."""
    total: dict[str, int] = {}
    for tally in tallies:
        for key, count in tally.items():
            total[key] = total.get(key, 0) + count
    classes: dict[str, int] = {}
    splits: dict[str, dict[str, Any]] = {
        name: {"images": 0, "classes": {}} for name in ("train", "validation", "test")
    }
    for key, count in sorted(total.items()):
        split, _, name = key.partition("/")
        classes[name] = classes.get(name, 0) + count
        entry = splits.setdefault(split, {"images": 0, "classes": {}})
        entry["images"] += count
        entry["classes"][name] = count
    return {"classes": dict(sorted(classes.items())), "splits": splits}
