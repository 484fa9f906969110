"""README.txt of an export: what its files are and what was done to the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.dataset.export.formats import Method

_FILES = {
    "npy": "npy/<split>/<array>.npy: one stack of every array, image after image as in samples.csv",
    "tiff": "tiff/<split>/<image_id>.tif: calibrated in nanometres; other arrays in a folder of their name",
    "hdf5": "hdf5/<split>.h5: all arrays of a split with image_id, class and the constants of the scaling",
    "png": "images/<split>/<image_id>.png: 8-bit previews; levels.csv has their black and white",
    "coco": "annotations/<split>.json: COCO annotations of the previews in images/",
    "yolo": "labels/<split>/<image_id>.txt and data.yaml: YOLO annotations of the previews in images/",
}
_METHODS = {
    "standardise": (
        "every image was brought to mean 0 and variance 1 and stored as float32: (value - mean) / standard\n"
        "deviation, over its own pixels. An image without contrast is 0 and has scale 1."
    ),
    "percentile": (
        "the 1st percentile of every image became 0 and the 99th 1, values outside were cut off; stored as\n"
        "float32."
    ),
}


def readme_text(
    document: dict[str, Any],
    formats: Sequence[str],
    method: Method,
    scaled: Sequence[str],
    arrays: Sequence[str],
) -> str:
    """The text, with the shape and unit of every array."""
    name = document["name"] or "Dataset"
    lines = [
        f"{name}: {document['images']} images, version {document['dataset_version']}",
        f"content_sha256 {document['content_sha256']}",
        "",
        "samples.csv: one row an image; index_in_split is its place in the stacks of its split",
        *(_FILES[name] for name in formats),
        "",
        "Arrays (row 0 is the top of the image):",
        *(f"  {_array_text(document, name, name in scaled)}" for name in arrays),
    ]
    if scaled:
        lines += [
            "",
            f"Scaling ({method}) of {', '.join(scaled)}: {_METHODS[method]}",
            "scaling.csv has the constants of every image and array (value = stored * scale + offset), and",
            "mean and (population) variance of the values where the scaling is made of them.",
        ]
    return "\n".join(lines) + "\n"


def _array_text(document: dict[str, Any], name: str, scaled: bool) -> str:
    item = next(item for item in document["arrays"] if item["name"] == name)
    form = document["form"]
    unit = {"images": form["image_units"], "clean": form["clean_units"]}.get(name, "")
    unit = unit or form.get("extras", {}).get(name, {}).get("units", "")
    words = [" x ".join(map(str, item["shape"])), "float32, scaled" if scaled else item["dtype"]]
    words += [unit] if unit else []
    return f"{name}: {', '.join(words)} (tier {item['tier']})"
