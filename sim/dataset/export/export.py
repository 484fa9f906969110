"""Export a finished dataset.

::

    output/
      README.txt                      what the files are and what was done to the values
      export.json                     source digest, options, counts; written last
      samples.csv                     the table of samples, one row an image
      scaling.csv                     offset, scale, mean and variance of every scaled image and array
      levels.csv                      black and white of every PNG
      npy/<split>/<array>.npy         stacks (N, H, W); samples.csv has their order
      tiff/<split>/<image_id>.tif     and tiff/<split>/<array>/<image_id>.tif of other arrays
      hdf5/<split>.h5                 all arrays of a split, to train from
      images/<split>/<image_id>.png   previews (png, coco, yolo)
      annotations/<split>.json        COCO; file names are relative to images/
      labels/<split>/<image_id>.txt, data.yaml   YOLO

Each array is compared with its hash in the manifest before it is written out.
"""

from __future__ import annotations

import contextlib
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
from sim.core.errors import InputError, IntegrityError
from sim.dataset import layout
from sim.dataset.durable import told_in_a_sentence
from sim.dataset.export.annotations import (
    DATA_YAML,
    INSTANCES,
    MASK,
    YOLO_KEYS,
    Region,
    particles,
    region,
    yolo_line,
    yolo_yaml,
)
from sim.dataset.export.coco_file import CocoFile, coco_file
from sim.dataset.export.csv_table import csv_table, flat_row
from sim.dataset.export.formats import FROM_MASK, SCALED, WITH_PREVIEWS, Method
from sim.dataset.export.images import npy_stack, preview_levels, write_png, write_tiff
from sim.dataset.export.readme import readme_text
from sim.dataset.export.requests import check_output, checked_formats
from sim.dataset.export.scaling import Scaling, percentile_scaled, standardised
from sim.dataset.export.selection import Selection, select
from sim.dataset.export.training import TrainingFile, training_file
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
    arrays: Sequence[str] | None = None,
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
        Any of ``npy``, ``tiff``, ``hdf5``, ``png``, ``coco``, ``yolo``.
    standardise
        ``standardise`` brings each image of npy, TIFF and HDF5 to mean 0 and variance 1,
        ``percentile`` its 1st and 99th percentile to 0 and 1; the constants stand in scaling.csv.
    arrays
        What npy, TIFF and HDF5 hold, by name, each scaled by itself unless it is a label; see
        :func:`sim.dataset.export.selection.select`.

    Raises
    ------
    InputError
        For an unknown format or array, a dataset that is not finished, an output folder in use.
    IntegrityError
        If an array differs from its hash in the manifest.
    """
    output = Path(output)
    wanted = checked_formats(formats, standardise)
    with Dataset(directory) as dataset:
        if set(FROM_MASK) & set(wanted) and not {MASK, INSTANCES} & set(dataset.label_names()):
            raise InputError(
                "formats", f"coco and yolo need the label {MASK}, which the dataset has not",
                value=list(formats),
                remedy=f"make the dataset with labels.{MASK}",
            )  # fmt: skip
        selection = select(dataset.document, arrays, wanted, standardise)
        check_output(dataset.directory, output)
        make_folder(output)
        with told_in_a_sentence(output):
            return _Export(dataset, output, wanted, standardise, selection, cancel).run(progress)


class _Export:
    """One export under way."""

    def __init__(
        self,
        dataset: Dataset,
        output: Path,
        formats: tuple[str, ...],
        method: Method,
        selection: Selection,
        cancel: Callable[[], None],
    ) -> None:
        self.dataset = dataset
        self.output = output
        self.formats = formats
        self.method = method
        self.selection = selection
        self.cancel = cancel
        self.counts = {name: 0 for name in SPLITS}
        self.classes = sorted(dataset.document["classes"])
        self.previews = bool(set(WITH_PREVIEWS) & set(formats))
        self.stored = {item["name"] for item in dataset.document["arrays"]}

    def run(self, progress: Listener) -> Exported:
        totals = {
            name: int(self.dataset.document["splits"].get(name, {}).get("images", 0)) for name in SPLITS
        }
        meter = Meter(len(self.dataset), 0, progress)
        with contextlib.ExitStack() as stack:
            samples = stack.enter_context(csv_table(self.output / "samples.csv"))
            levels = stack.enter_context(csv_table(self.output / "levels.csv")) if self.previews else None
            scaling = stack.enter_context(csv_table(self.output / "scaling.csv")) if self._scaled else None
            stacks = self._stacks(stack, totals) if "npy" in self.formats else {}
            training = self._training(stack, totals) if "hdf5" in self.formats else {}
            coco = self._coco(stack, totals) if "coco" in self.formats else {}
            for index, line in enumerate(self.dataset.lines()):
                self.cancel()
                self._one(index, line, samples, levels, scaling, stacks, training, coco)
                meter.show(index + 1)
            if sum(self.counts.values()) != len(self.dataset) or self.counts != totals:
                raise IntegrityError(f"{layout.MANIFEST}: its splits are not those of {layout.DATASET}.")
        self._write_classes()
        meter.show(len(self.dataset), now=True)
        made = Exported(self.output, len(self.dataset), self.formats, dict(self.counts), self._warnings())
        write_whole(self.output / "README.txt", self._readme().encode())
        write_whole(self.output / "export.json", self._report(made))
        return made

    def _stacks(self, stack: contextlib.ExitStack, totals: dict[str, int]) -> dict[tuple[str, str], Any]:
        stacks = {}
        for split, count in totals.items():
            folder = self.output / "npy" / split
            if count:
                make_folder(folder)
            for name, item in self.selection.arrays.items() if count else ():
                path = folder / f"{self.selection.files[name]}.npy"
                shape = (count, *item["shape"])
                stacks[split, name] = stack.enter_context(npy_stack(path, shape, self._dtype(name)))
        return stacks

    @property
    def _scaled(self) -> list[str]:
        """Names of the arrays that are scaled, as they are written."""
        if self.method == "none" or not set(SCALED) & set(self.formats):
            return []
        return [name for name in self.selection.arrays if name in self.selection.scaled]

    def _dtype(self, name: str) -> str:
        return "f4" if name in self.selection.scaled else str(self.selection.arrays[name]["dtype"])

    def _coco(self, stack: contextlib.ExitStack, totals: dict[str, int]) -> dict[str, CocoFile]:
        folder = self.output / "annotations"
        make_folder(folder)
        document = self.dataset.document
        return {
            split: stack.enter_context(coco_file(folder / f"{split}.json", document, self.classes))
            for split, count in totals.items()
            if count
        }

    def _training(self, stack: contextlib.ExitStack, totals: dict[str, int]) -> dict[str, TrainingFile]:
        document = self.dataset.document
        arrays = {
            name: (tuple(item["shape"]), np.dtype(self._dtype(name)))
            for name, item in self.selection.arrays.items()
        }
        about = {name: document[name] for name in ("name", "dataset_version", "content_sha256", "licence",
                                                   "citation")}  # fmt: skip
        files = {}
        for split, count in totals.items():
            if count:
                make_folder(self.output / "hdf5")
                files[split] = stack.enter_context(
                    training_file(
                        self.output / "hdf5" / f"{split}.h5", count, arrays, self._scaled, self.classes,
                        {**about, "split": split, "scale": self.method},
                    )
                )  # fmt: skip
        return files

    def _one(
        self,
        index: int,
        line: dict[str, Any],
        samples: Any,
        levels: Any,
        scaling: Any,
        stacks: dict[tuple[str, str], Any],
        training: dict[str, TrainingFile],
        coco: dict[str, CocoFile],
    ) -> None:
        split, name = _place(line)
        self.counts[split] += 1
        hashes = {record["name"]: record["sha256"] for record in line["arrays"]}
        samples.write({"index_in_split": self.counts[split] - 1, **flat_row(row(line["job"], line["truth"]))})
        self._write_arrays(index, line, hashes, scaling, stacks, training)
        if levels is not None:
            image = self._array(layout.IMAGES, index, line, hashes)
            shown = preview_levels(image)
            with _file(self.output / "images" / split / f"{name}.png") as stream:
                write_png(stream, image, shown)
            levels.write(
                {"image_id": name, "split": split, "black": shown.offset, "white": shown.offset + shown.scale}
            )
        if set(FROM_MASK) & set(self.formats):
            self._annotate(line, split, name, self._particles(index, line, hashes), coco)

    def _write_arrays(
        self,
        index: int,
        line: dict[str, Any],
        hashes: dict[str, str],
        scaling: Any,
        stacks: dict[tuple[str, str], Any],
        training: dict[str, TrainingFile],
    ) -> None:
        """The chosen arrays of one image, scaled where that is asked for."""
        split, image_id = _place(line)
        tiff = self.selection.tiff if "tiff" in self.formats else ()
        names = self.selection.arrays if stacks or training else tiff
        written: dict[str, NDArray[Any]] = {}
        scalings: dict[str, Scaling] = {}
        for name in names:
            values = self._array(name, index, line, hashes)
            if name in self.selection.scaled:
                scalings[name] = self._scaling(values)
                values = scalings[name].stored(values)
                scaling.write(_constants_row(image_id, split, name, self.method, scalings[name]))
            if stacks:
                stacks[split, name](values)
            if name in tiff:
                place = self.output / "tiff" / split
                folder = place if name == layout.IMAGES else place / self.selection.files[name]
                with _file(folder / f"{image_id}.tif") as stream:
                    write_tiff(stream, values, float(line["job"]["image"]["pixel_size"]))
            if training:
                written[name] = values
        if training:
            training[split].add(line, written, scalings)

    def _particles(self, index: int, line: dict[str, Any], hashes: dict[str, str]) -> list[Region]:
        """Where the particles of one image are."""
        if f"{layout.LABELS}/{INSTANCES}" in self.stored:
            return particles(self._array(f"{layout.LABELS}/{INSTANCES}", index, line, hashes))
        return [region(self._array(f"{layout.LABELS}/{MASK}", index, line, hashes))]

    def _array(self, name: str, index: int, line: dict[str, Any], hashes: dict[str, str]) -> NDArray[Any]:
        array = self.dataset.array(name, index)
        if array_sha256(array) != hashes.get(name):
            raise IntegrityError(f"{name} of {line['image_id']} differs from its hash in the manifest.")
        return array

    def _scaling(self, image: NDArray[Any]) -> Scaling:
        return standardised(image) if self.method == "standardise" else percentile_scaled(image, *PERCENTILES)

    def _annotate(
        self, line: dict[str, Any], split: str, name: str, found: list[Region], coco: dict[str, CocoFile]
    ) -> None:
        category = self.classes.index(line["job"]["class_name"])
        if split in coco:
            coco[split].add(f"{split}/{name}.png", category + 1, found)
        if "yolo" in self.formats:
            path = self.output / "labels" / split / f"{name}.txt"
            with _file(path) as stream:
                stream.write("".join(yolo_line(category, particle) for particle in found).encode())

    def _write_classes(self) -> None:
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

    def _readme(self) -> str:
        tiff_only = not {"npy", "hdf5"} & set(self.formats)
        names = [name for name in self.selection.arrays if not tiff_only or name in self.selection.tiff]
        shown = names if set(SCALED) & set(self.formats) else []
        return readme_text(self.dataset.document, self.formats, self.method, self._scaled, shown)

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
            "arrays": list(self.selection.arrays),
            "scale": self.method,
            "scaled": self._scaled,
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


def _constants_row(image_id: str, split: str, array: str, method: str, scaling: Scaling) -> dict[str, Any]:
    return {
        "image_id": image_id,
        "split": split,
        "array": array,
        "method": method,
        "offset": scaling.offset,
        "scale": scaling.scale,
        "mean": scaling.mean,
        "variance": scaling.variance,
    }


@contextlib.contextmanager
def _file(path: Path) -> Any:
    if not path.parent.is_dir():
        make_folder(path.parent)
    with whole_file(path, synced=False) as stream:
        yield stream
