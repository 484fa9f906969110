"""Export a finished dataset.

::

    output/
      export.json                     source digest, options, counts; written last
      samples.csv                     the table of samples, one row an image
      scaling.csv                     offset and scale of every image (standardise, percentile)
      levels.csv                      black and white of every PNG
      npy/<split>/<array>.npy         stacks (N, H, W); samples.csv has their order
      tiff/<split>/<image_id>.tif
      images/<split>/<image_id>.png   previews (png, coco, yolo)
      annotations/<split>.json        COCO; file names are relative to images/
      labels/<split>/<image_id>.txt, data.yaml   YOLO

Each array is compared with its hash in the manifest before it is written out.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.atomic import whole_file, write_whole
from sim.core.canonical import array_sha256
from sim.core.errors import InputError, IntegrityError, nearest
from sim.dataset import layout
from sim.dataset.durable import told_in_a_sentence
from sim.dataset.export.annotations import (
    DATA_YAML,
    INSTANCES,
    MASK,
    YOLO_KEYS,
    coco_annotation,
    coco_document,
    particles,
    yolo_line,
    yolo_yaml,
)
from sim.dataset.export.formats import FORMATS, FROM_MASK, METHODS, WITH_PREVIEWS, Method
from sim.dataset.export.images import npy_stack, preview_levels, write_png, write_tiff
from sim.dataset.export.scaling import Scaling, percentile_scaled, standardised
from sim.dataset.folder import make_folder
from sim.dataset.progress import Listener, Meter, silent
from sim.dataset.reader import Dataset
from sim.dataset.samples import row

SPLITS = ("train", "validation", "test")
#: Percentiles that become 0 and 1.
PERCENTILES = (1.0, 99.0)

_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes
    ----------
    splits
        Images by split.
    warnings
        Sentences about what was written but cannot be used as it is.
    """

    directory: Path
    images: int
    formats: tuple[str, ...]
    splits: dict[str, int]
    warnings: tuple[str, ...] = ()


def export_dataset(
    directory: Path | str,
    output: Path | str,
    formats: Sequence[str] = ("npy",),
    *,
    standardise: Method = "none",
    progress: Listener = silent,
    cancel: Callable[[], None] = lambda: None,
) -> Exported:
    """Write a finished dataset in other formats.

    Parameters
    ----------
    directory
        The dataset.
    output
        New or empty folder.
    formats
        Any of ``npy``, ``tiff``, ``png``, ``coco``, ``yolo``.
    standardise
        ``standardise`` brings each image of npy and TIFF to mean 0 and variance 1, ``percentile``
        its 1st and 99th percentile to 0 and 1; the constants stand in scaling.csv.

    Raises
    ------
    InputError
        For an unknown format, a dataset that is not finished, an output folder in use.
    IntegrityError
        If an array differs from its hash in the manifest.
    """
    output = Path(output)
    wanted = _checked(formats, standardise)
    with Dataset(directory) as dataset:
        if set(FROM_MASK) & set(wanted) and not {MASK, INSTANCES} & set(dataset.label_names()):
            raise InputError(
                "formats", f"coco and yolo need the label {MASK}, which the dataset has not",
                value=list(formats),
                remedy=f"make the dataset with labels.{MASK}",
            )  # fmt: skip
        _check_output(dataset.directory, output)
        make_folder(output)
        with told_in_a_sentence(output):
            return _Export(dataset, output, wanted, standardise, cancel).run(progress)


def _checked(formats: Sequence[str], method: str) -> tuple[str, ...]:
    for name in formats:
        if name not in FORMATS:
            raise InputError(
                "formats", "unknown format", value=name, allowed=", ".join(FORMATS),
                remedy=nearest(name, FORMATS) or "choose some of these",
            )  # fmt: skip
    if not formats:
        raise InputError("formats", "is empty", allowed=", ".join(FORMATS), remedy="choose some of these")
    if method not in METHODS:
        raise InputError(
            "standardise", "unknown method", value=method, allowed=", ".join(METHODS),
            remedy=nearest(method, METHODS) or "choose one of these",
        )  # fmt: skip
    return tuple(name for name in FORMATS if name in formats)


def _check_output(source: Path, output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise InputError(str(output), "is a file, not a folder", remedy="choose another name")
    if output.is_dir() and any(output.iterdir()):
        raise InputError(str(output), "is not empty", remedy="choose an empty or new folder")
    if source.resolve() == output.resolve() or source.resolve() in output.resolve().parents:
        raise InputError(str(output), "lies inside the dataset", remedy="choose a folder beside it")


class _Export:
    """One export under way."""

    def __init__(
        self,
        dataset: Dataset,
        output: Path,
        formats: tuple[str, ...],
        method: Method,
        cancel: Callable[[], None],
    ) -> None:
        self.dataset = dataset
        self.output = output
        self.formats = formats
        self.method = method
        self.cancel = cancel
        self.counts = {name: 0 for name in SPLITS}
        self.classes = sorted(dataset.document["classes"])
        self.previews = bool(set(WITH_PREVIEWS) & set(formats))
        self.arrays = {
            item["name"]: item for item in dataset.document["arrays"] if item["shape"][:1] != ["n"]
        }
        self.coco: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}

    def run(self, progress: Listener) -> Exported:
        totals = {
            name: int(self.dataset.document["splits"].get(name, {}).get("images", 0)) for name in SPLITS
        }
        meter = Meter(len(self.dataset), 0, progress)
        with contextlib.ExitStack() as stack:
            samples = stack.enter_context(_table(self.output / "samples.csv"))
            levels = stack.enter_context(_table(self.output / "levels.csv")) if self.previews else None
            scaling = (
                stack.enter_context(_table(self.output / "scaling.csv")) if self.method != "none" else None
            )
            stacks = self._stacks(stack, totals) if "npy" in self.formats else {}
            for index, line in enumerate(self.dataset.lines()):
                self.cancel()
                self._one(index, line, samples, levels, scaling, stacks)
                meter.show(index + 1)
            if sum(self.counts.values()) != len(self.dataset) or self.counts != totals:
                raise IntegrityError(f"{layout.MANIFEST}: its splits are not those of {layout.DATASET}.")
        self._write_annotations()
        meter.show(len(self.dataset), now=True)
        made = Exported(self.output, len(self.dataset), self.formats, dict(self.counts), self._warnings())
        write_whole(self.output / "export.json", self._report(made))
        return made

    def _stacks(self, stack: contextlib.ExitStack, totals: dict[str, int]) -> dict[tuple[str, str], Any]:
        stacks = {}
        for split, count in totals.items():
            folder = self.output / "npy" / split
            if count:
                make_folder(folder)
            for name, item in self.arrays.items() if count else ():
                scaled = name == layout.IMAGES and self.method != "none"
                dtype = "f4" if scaled else item["dtype"]
                path = folder / f"{name.rpartition('/')[2]}.npy"
                stacks[split, name] = stack.enter_context(npy_stack(path, (count, *item["shape"]), dtype))
        return stacks

    def _one(
        self,
        index: int,
        line: dict[str, Any],
        samples: Any,
        levels: Any,
        scaling: Any,
        stacks: dict[tuple[str, str], Any],
    ) -> None:
        split, name = _place(line)
        self.counts[split] += 1
        hashes = {record["name"]: record["sha256"] for record in line["arrays"]}
        image = self._array(layout.IMAGES, index, line, hashes)
        samples.write(
            {"index_in_split": self.counts[split] - 1, **_flat_row(row(line["job"], line["truth"]))}
        )
        scaled = image
        if scaling is not None:
            constants = self._scaling(image)
            scaled = constants.apply(image).astype(np.float32)
            scaling.write(
                {
                    "image_id": name,
                    "split": split,
                    "method": self.method,
                    "offset": constants.offset,
                    "scale": constants.scale,
                }
            )
        for array in self.arrays if stacks else ():
            stored = scaled if array == layout.IMAGES else self._array(array, index, line, hashes)
            stacks[split, array](stored)
        if "tiff" in self.formats:
            with _file(self.output / "tiff" / split / f"{name}.tif") as stream:
                write_tiff(stream, scaled, float(line["job"]["image"]["pixel_size"]))
        if levels is not None:
            shown = preview_levels(image)
            with _file(self.output / "images" / split / f"{name}.png") as stream:
                write_png(stream, image, shown)
            levels.write(
                {"image_id": name, "split": split, "black": shown.offset, "white": shown.offset + shown.scale}
            )
        if set(FROM_MASK) & set(self.formats):
            self._annotate(line, split, name, self._particles(index, line, hashes))

    def _particles(self, index: int, line: dict[str, Any], hashes: dict[str, str]) -> list[NDArray[Any]]:
        """Masks of the particles of one image."""
        if f"{layout.LABELS}/{INSTANCES}" in self.arrays:
            return particles(self._array(f"{layout.LABELS}/{INSTANCES}", index, line, hashes))
        return [self._array(f"{layout.LABELS}/{MASK}", index, line, hashes)]

    def _array(self, name: str, index: int, line: dict[str, Any], hashes: dict[str, str]) -> NDArray[Any]:
        array = self.dataset.array(name, index)
        if array_sha256(array) != hashes.get(name):
            raise IntegrityError(f"{name} of {line['image_id']} differs from its hash in the manifest.")
        return array

    def _scaling(self, image: NDArray[Any]) -> Scaling:
        return standardised(image) if self.method == "standardise" else percentile_scaled(image, *PERCENTILES)

    def _annotate(self, line: dict[str, Any], split: str, name: str, masks: list[NDArray[Any]]) -> None:
        category = self.classes.index(line["job"]["class_name"])
        if "coco" in self.formats:
            images, annotations = self.coco.setdefault(split, ([], []))
            height, width = masks[0].shape
            images.append(
                {
                    "id": len(images) + 1,
                    "file_name": f"{split}/{name}.png",
                    "width": width,
                    "height": height,
                    "license": 1,
                }
            )
            for mask in masks:
                annotation = coco_annotation(len(annotations) + 1, len(images), category + 1, mask)
                if annotation is not None:
                    annotations.append(annotation)
        if "yolo" in self.formats:
            path = self.output / "labels" / split / f"{name}.txt"
            with _file(path) as stream:
                stream.write("".join(yolo_line(category, mask) for mask in masks).encode())

    def _write_annotations(self) -> None:
        if "coco" in self.formats:
            make_folder(self.output / "annotations")
            for split, (images, annotations) in self.coco.items():
                tree = coco_document(self.dataset.document, self.classes, images, annotations)
                text = json.dumps(tree, ensure_ascii=False, allow_nan=False)
                write_whole(self.output / "annotations" / f"{split}.json", f"{text}\n".encode())
        if "yolo" in self.formats:
            splits = [name for name in SPLITS if self.counts[name]]
            write_whole(self.output / DATA_YAML, yolo_yaml(self.classes, splits).encode())

    def _warnings(self) -> tuple[str, ...]:
        if "yolo" not in self.formats:
            return ()
        return tuple(
            f"The split {split} has no images; YOLO trainers refuse a {DATA_YAML} without {key}."
            for split, key in YOLO_KEYS.items()
            if split != "test" and not self.counts[split]
        )

    def _report(self, made: Exported) -> bytes:
        tree = {
            "format": "nanophantom export",
            "source": {
                "name": self.dataset.document["name"],
                "dataset_version": self.dataset.document["dataset_version"],
                "content_sha256": self.dataset.document["content_sha256"],
                "licence": self.dataset.document["licence"],
                "citation": self.dataset.document["citation"],
            },
            "formats": list(made.formats),
            "scale": self.method,
            "percentiles": list(PERCENTILES) if self.method == "percentile" else None,
            "images": made.images,
            "splits": made.splits,
            "classes": self.classes,
            "warnings": list(made.warnings),
        }
        return (json.dumps(tree, indent=1, ensure_ascii=False) + "\n").encode()


def _place(line: dict[str, Any]) -> tuple[str, str]:
    """Split and file name of an image; neither may lead anywhere else."""
    split, name = line["split"], line["image_id"]
    if split not in SPLITS:
        raise IntegrityError(f"{layout.MANIFEST}: {name} has the unknown split {split!r}.")
    if not _FILE_NAME.fullmatch(name):
        raise IntegrityError(f"{layout.MANIFEST}: {name!r} cannot be a file name.")
    return split, name


@contextlib.contextmanager
def _file(path: Path) -> Any:
    if not path.parent.is_dir():
        make_folder(path.parent)
    with whole_file(path, synced=False) as stream:
        yield stream


class _Rows:
    """A CSV table that grows row by row; the first row names the columns."""

    def __init__(self, stream: Any) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        self._writer: Any = None

    def write(self, values: dict[str, Any]) -> None:
        if self._writer is None:
            self._writer = csv.DictWriter(self._text, list(values), lineterminator="\n")
            self._writer.writeheader()
        self._writer.writerow(values)

    def detach(self) -> None:
        self._text.flush()
        self._text.detach()


@contextlib.contextmanager
def _table(path: Path) -> Any:
    with whole_file(path) as stream:
        rows = _Rows(stream)
        try:
            yield rows
        finally:
            rows.detach()


def _flat_row(values: dict[str, Any]) -> dict[str, Any]:
    """Vectors spread over columns ``name_0``, ``name_1`` …"""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            flat.update({f"{name}_{position}": item for position, item in enumerate(value)})
        else:
            flat[name] = value
    return flat
