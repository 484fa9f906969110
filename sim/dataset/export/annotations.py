"""COCO and YOLO annotations from masks, one a particle where there is a map of instances.

Rows and columns as in the images, row 0 on top.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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


def particles(instances: NDArray[Any]) -> list[NDArray[np.bool_]]:
    """The masks of the particles that are seen, by ascending number; one empty mask where there is none."""
    numbers = [number for number in np.unique(instances).tolist() if number]
    return [instances == number for number in numbers] or [np.zeros(instances.shape, dtype=np.bool_)]


def bounding_box(mask: NDArray[Any]) -> tuple[int, int, int, int] | None:
    """(left, top, width, height) in pixels of the pixels that are set; None for an empty mask."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1


def run_lengths(mask: NDArray[Any]) -> list[int]:
    """COCO's uncompressed RLE: lengths of runs of 0 and 1 in turn, down the columns, beginning with 0."""
    flat = (np.asarray(mask) != 0).ravel(order="F").astype(np.int8)
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = np.concatenate([[0], edges, [flat.size]])
    lengths = [int(length) for length in np.diff(bounds)]
    return [0, *lengths] if flat.size and flat[0] else lengths


def coco_annotation(number: int, image: int, category: int, mask: NDArray[Any]) -> dict[str, Any] | None:
    """The annotation of one particle; None when nothing of it is in the image."""
    box = bounding_box(mask)
    if box is None:
        return None
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": list(box),
        "area": int(np.count_nonzero(mask)),
        "segmentation": {"size": list(mask.shape), "counts": run_lengths(mask)},
        "iscrowd": 0,
    }


def coco_document(
    document: dict[str, Any],
    classes: Sequence[str],
    images: list[dict[str, Any]],
    annotations: list[dict[str, Any]],
) -> dict[str, Any]:
    """A COCO file of one split."""
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
        "images": images,
        "annotations": annotations,
    }


def yolo_line(category: int, mask: NDArray[Any]) -> str:
    """``class centre_x centre_y width height`` as fractions of the image; empty for an empty mask."""
    box = bounding_box(mask)
    if box is None:
        return ""
    left, top, width, height = box
    rows, columns = mask.shape
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
