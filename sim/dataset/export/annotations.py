"""COCO and YOLO annotations from masks, one a particle where there is a map of instances.

Rows and columns as in the images, row 0 on top.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The label image that annotations are made of.
MASK = "particle_mask"
#: The label image that tells several particles apart.
INSTANCES = "instance_map"
DATA_YAML = "data.yaml"
#: Splits and what data.yaml calls them.
YOLO_KEYS = {"train": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True, eq=False)
class Region:
    """The pixels of one particle.

    Attributes
    ----------
    shape
        Rows and columns of the image.
    places
        (n,) ascending numbers of the pixels, counted down the columns, which is COCO's order.
    """

    shape: tuple[int, int]
    places: NDArray[np.int64]


def region(mask: NDArray[Any]) -> Region:
    """The pixels of a mask (H, W) that are set."""
    rows, columns = mask.shape
    return Region((rows, columns), np.flatnonzero(np.asarray(mask).ravel(order="F")))


def particles(instances: NDArray[Any]) -> list[Region]:
    """The particles that are seen, by ascending number; one without pixels where there is none.

    Takes one look at the image however many there are.
    """
    seen = region(instances)
    numbers = instances.ravel(order="F")[seen.places]
    order = np.argsort(numbers, kind="stable")
    cuts = np.flatnonzero(np.diff(numbers[order])) + 1
    return [Region(seen.shape, places) for places in np.split(seen.places[order], cuts)]


def bounding_box(particle: Region) -> tuple[int, int, int, int] | None:
    """(left, top, width, height) in pixels; None where there are no pixels."""
    if not particle.places.size:
        return None
    columns, rows = np.divmod(particle.places, particle.shape[0])
    left, top = int(columns[0]), int(rows.min())
    return left, top, int(columns[-1]) - left + 1, int(rows.max()) - top + 1


def run_lengths(particle: Region) -> list[int]:
    """COCO's uncompressed RLE: lengths of runs of 0 and 1 in turn, down the columns, beginning with 0."""
    pixels, places = particle.shape[0] * particle.shape[1], particle.places
    if not places.size:
        return [pixels] if pixels else []
    last = np.flatnonzero(np.diff(places) > 1)
    begins = places[np.concatenate([[0], last + 1])]
    ends = places[np.concatenate([last, [-1]])] + 1
    bounds = np.concatenate([[0], np.stack([begins, ends], axis=1).ravel(), [pixels]])
    lengths = [int(length) for length in np.diff(bounds)]
    return lengths if lengths[-1] else lengths[:-1]


def coco_annotation(number: int, image: int, category: int, particle: Region) -> dict[str, Any] | None:
    """The annotation of one particle; None when nothing of it is in the image."""
    box = bounding_box(particle)
    if box is None:
        return None
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": list(box),
        "area": int(particle.places.size),
        "segmentation": {"size": list(particle.shape), "counts": run_lengths(particle)},
        "iscrowd": 0,
    }


def coco_head(document: dict[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """What a COCO file says beside its images and annotations.

    Parameters
    ----------
    document
        dataset.json.
    classes
        Names of the categories, which are numbered from 1 on.
    """
    return {
        "info": {
            "description": document["name"],
            "version": document["dataset_version"],
            "contributor": "Nanophantom",
            "date_created": document["created_at"][:10],
        },
        "licenses": [{"id": 1, "name": document["licence"], "url": ""}],
        "categories": [
            {"id": number, "name": name, "supercategory": "particle"}
            for number, name in enumerate(classes, start=1)
        ],
    }


def yolo_line(category: int, particle: Region) -> str:
    """``class centre_x centre_y width height`` as fractions of the image; empty where there are no pixels."""
    box = bounding_box(particle)
    if box is None:
        return ""
    left, top, width, height = box
    rows, columns = particle.shape
    values = ((left + width / 2) / columns, (top + height / 2) / rows, width / columns, height / rows)
    return f"{category} {' '.join(f'{value:.6f}' for value in values)}\n"


def yolo_yaml(classes: Sequence[str], splits: Sequence[str]) -> str:
    """``data.yaml`` of a YOLO dataset; names are JSON strings, which are YAML too.

    Parameters
    ----------
    splits
        Those that have images; an entry for any other would name a folder that is not there.

    Notes
    -----
    There is no ``path``: YOLO then looks beside the file, whereas ``path: .`` is looked up in the
    folder that the trainer was started in or in its own folder of datasets.
    """
    lines = [f"{key}: images/{split}" for split, key in YOLO_KEYS.items() if split in splits]
    lines.append(f"nc: {len(classes)}")
    lines.append(f"names: {json.dumps(list(classes), ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
