"""Contact sheets: one picture that shows what a dataset holds.

The grid of a sweep, or classes by examples.  Nothing on a sheet may be untrue of some of its panels:
what varies stands beside the panel or in the heading of its row or column, never in the caption.
Panels share one range of grey levels, so that differences of brightness are real, unless what varies
changes the brightness itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import ValidationError

from sim.core.canonical import canonical_json
from sim.core.errors import InputError, IntegrityError
from sim.dataset import layout
from sim.dataset.reader import Dataset
from sim.dataset.sheet_drawing import Cell, Shared, Sheet, draw
from sim.dataset.sheet_words import item, settings_line, short_name, value_words
from sim.recipe.vary import VaryGrid

#: Rows and columns that a sheet has at most.
MOST_PANELS = 12
#: A sweep of one setting is broken into rows of this many panels, this many rows at most.
ACROSS = 6


@dataclass(frozen=True)
class Sweep:
    """One grid of the recipe.

    Attributes
    ----------
    values
        All of them.
    """

    path: str
    values: tuple[Any, ...]

    def thinned(self, most: int) -> Sweep:
        """At most so many of the values, evenly chosen, both ends among them."""
        last = len(self.values) - 1
        if last < most:
            return self
        return Sweep(self.path, tuple(self.values[last * i // (most - 1)] for i in range(most)))


@dataclass(frozen=True)
class Arrangement:
    """Which image is shown where.

    Attributes
    ----------
    cells
        Number of the image by (row, column).
    rows, columns
        Headings.
    row_path, column_path
        Settings that the headings state; empty for none.
    classes
        The rows are classes.
    remarks
        For the caption.
    """

    cells: Mapping[Cell, int]
    rows: Sequence[str]
    columns: Sequence[str]
    row_path: str = ""
    column_path: str = ""
    classes: bool = False
    remarks: tuple[str, ...] = ()


def dataset_sheet(
    directory: Path, examples: int = 6, cancel: Callable[[], None] = lambda: None
) -> Image.Image:
    """The contact sheet of a finished dataset.

    Parameters
    ----------
    directory
        The dataset's folder.
    examples
        Images a class, 1 to 12.

    Raises
    ------
    InputError, IntegrityError
        If the folder is no finished dataset, or not what its manifest says.
    """
    with Dataset(directory) as dataset:
        return draw(build_sheet(dataset, examples, cancel))


def build_sheet(dataset: Dataset, examples: int, cancel: Callable[[], None] = lambda: None) -> Sheet:
    """What the sheet of a dataset shows."""
    document = dataset.document
    arrangement = _arranged(dataset, max(1, min(examples, MOST_PANELS)))
    panels, labels, pixel_sizes = {}, {}, {}
    for cell, index in sorted(arrangement.cells.items(), key=lambda entry: entry[1]):
        cancel()
        job = dataset.line(index)["job"]
        panels[cell] = dataset.image(index)
        labels[cell] = _panel_words(job, arrangement, document)
        pixel_sizes[cell] = float(job["image"]["pixel_size"])
    sheet = Sheet(
        panels=panels,
        rows=arrangement.rows,
        columns=arrangement.columns,
        pixel_sizes=pixel_sizes,
        labels=labels,
        title=f"{document['name']}: {len(dataset)} images of {dataset.shape[0]} x {dataset.shape[1]} px",
        shared=_shared(document["recipe"], arrangement),
        units=document["form"]["image_units"],
    )
    captions = (
        settings_line(document["recipe"]),
        *arrangement.remarks,
        sheet.levels_line(),
        f"content_sha256 {document['content_sha256']}",
    )
    return replace(sheet, captions=captions)


# --- which images ----------------------------------------------------------------------------


def _arranged(dataset: Dataset, examples: int) -> Arrangement:
    """The sweep if there is one, else classes by examples."""
    recipe = dataset.document["recipe"]
    sweeps = _sweeps(recipe)
    found = None
    if len(sweeps) > 1:
        rows, columns = sweeps[:2]
        # Grey levels can be shared within columns, so what changes the brightness belongs there.
        if changes_brightness(rows.path, recipe) and not changes_brightness(columns.path, recipe):
            rows, columns = columns, rows
        found = _two_way(dataset, rows, columns)
        further = tuple(
            f"{short_name(sweep.path)}: one of its {len(sweep.values)} values is shown"
            for sweep in sweeps[2:]
        )
        found = replace(found, remarks=(*found.remarks, *further))
    elif sweeps and not sweeps[0].path.startswith("specimen."):
        found = _one_way(dataset, sweeps[0])
    return found if found is not None and found.cells else _by_class(dataset, examples)


def _sweeps(recipe: Mapping[str, Any]) -> list[Sweep]:
    """The recipe's grids, listed or even, of two values or more."""
    found = []
    for entry in recipe.get("vary", ()):
        if entry["law"] != "grid":
            continue
        try:
            grid = VaryGrid.model_validate_json(canonical_json(entry))
        except (InputError, ValidationError, ValueError) as error:
            raise IntegrityError(
                f"{layout.DATASET}: its recipe varies {entry['path']} in a way that cannot be read."
            ) from error
        values = grid.points()
        if len(values) > 1:
            found.append(Sweep(grid.path, tuple(values)))
    return found


def _two_way(dataset: Dataset, rows: Sweep, columns: Sweep) -> Arrangement:
    """The first image of every combination."""
    down, across = rows.thinned(MOST_PANELS), columns.thinned(MOST_PANELS)
    wanted = {
        (row_value, column_value): (row, column)
        for row, row_value in enumerate(down.values)
        for column, column_value in enumerate(across.values)
    }
    cells: dict[Cell, int] = {}
    for index, line in enumerate(dataset.lines()):
        varied = line["job"]["varied"]
        cell = wanted.get((varied.get(rows.path), varied.get(columns.path)))
        if cell is not None and cell not in cells:
            cells[cell] = index
            if len(cells) == len(wanted):
                break
    return Arrangement(
        cells=cells,
        rows=_headings(down, dataset),
        columns=_headings(across, dataset),
        row_path=rows.path,
        column_path=columns.path,
        remarks=(*_thinned_remark(rows, down), *_thinned_remark(columns, across)),
    )


def _one_way(dataset: Dataset, sweep: Sweep) -> Arrangement:
    """Classes by values; of a single class with many values, one panel after another."""
    several = len(dataset.document["classes"]) > 1
    wrapped = not several and len(sweep.values) > ACROSS
    shown = sweep.thinned(ACROSS * ACROSS if wrapped else MOST_PANELS)
    places = {value: place for place, value in enumerate(shown.values)}
    names: list[str] = []
    cells: dict[Cell, int] = {}
    most = min(len(dataset.document["classes"]), MOST_PANELS)
    for index, line in enumerate(dataset.lines()):
        job = line["job"]
        place = places.get(job["varied"].get(sweep.path))
        if place is None or (job["class_name"] not in names and len(names) == most):
            continue
        if job["class_name"] not in names:
            names.append(job["class_name"])
        cell = divmod(place, ACROSS) if wrapped else (names.index(job["class_name"]), place)
        cells.setdefault(cell, index)
        if len(cells) == most * len(shown.values):
            break
    remarks = _thinned_remark(sweep, shown)
    if wrapped:
        rows = [""] * (1 + max((row for row, _ in cells), default=0))
        return Arrangement(cells=cells, rows=rows, columns=[""] * ACROSS, remarks=remarks)
    return Arrangement(
        cells=cells,
        rows=names if several else [""],
        columns=_headings(shown, dataset),
        column_path=sweep.path,
        classes=several,
        remarks=remarks,
    )


def _by_class(dataset: Dataset, examples: int) -> Arrangement:
    """The classes as they come, and the first images of each, of different specimens as far as possible."""
    most = min(len(dataset.document["classes"]), MOST_PANELS)
    found: dict[str, list[int]] = {}
    spare: dict[str, list[int]] = {}
    seen: set[str] = set()
    for index, line in enumerate(dataset.lines()):
        name = line["job"]["class_name"]
        if name not in found:
            if len(found) == most:
                continue
            found[name], spare[name] = [], []
        key = line["job"]["specimen_key"]
        target = spare if key in seen else found
        seen.add(key)
        if len(target[name]) < examples:
            target[name].append(index)
        if len(found) == most and all(len(indices) >= examples for indices in found.values()):
            break
    chosen = {name: (indices + spare[name])[:examples] for name, indices in found.items()}
    cells = {
        (row, column): index
        for row, indices in enumerate(chosen.values())
        for column, index in enumerate(indices)
    }
    columns = [""] * max(len(indices) for indices in chosen.values())
    return Arrangement(cells=cells, rows=list(chosen), columns=columns, classes=True)


# --- what stands beside them -------------------------------------------------------------------


def _headings(sweep: Sweep, dataset: Dataset) -> list[str]:
    if sweep.path.startswith("specimen."):
        return [value_words(value) for value in sweep.values]
    units = dataset.document["form"].get("units", {})
    return [item(sweep.path, value, units) for value in sweep.values]


def _thinned_remark(sweep: Sweep, shown: Sweep) -> tuple[str, ...]:
    if len(shown.values) == len(sweep.values):
        return ()
    return (f"{len(shown.values)} of {len(sweep.values)} values of {short_name(sweep.path)} are shown",)


def _panel_words(job: Mapping[str, Any], arrangement: Arrangement, document: Mapping[str, Any]) -> list[str]:
    """The class and every varied value that no heading states."""
    stated = {arrangement.row_path, arrangement.column_path}
    by_specimen = any(path.startswith("specimen.") for path in stated)
    words = []
    if not arrangement.classes and not by_specimen and len(document["classes"]) > 1:
        words.append(str(job["class_name"]))
    for path, value in job["varied"].items():
        if path in stated or (path.startswith("specimen.") and value == job["class_name"]):
            continue
        words.append(item(path, value, document["form"].get("units", {}), digits=4))
    return words


#: Settings that always change the brightness.
BRIGHTNESS = (
    "noise.preset",
    "noise.exposure.mode",
    "noise.exposure.source",
    "noise.exposure.dose",
    "noise.exposure.beam_current",
    "noise.background.thickness",
    "noise.background.scattering",
    "noise.detector.gain",
    "noise.detector.dark",
    "noise.detector.adc_bits",
    "noise.detector.adc_gain",
    "noise.detector.adc_offset",
    "imaging.mode",
    "imaging.normalisation",
    "imaging.collected_fraction",
)


def changes_brightness(path: str, recipe: Mapping[str, Any]) -> bool:
    """Whether images at different values of a setting cannot be seen on the same grey levels."""
    varied = {entry["path"] for entry in recipe.get("vary", ())}
    exposure = recipe["noise"].get("exposure", {})
    if path == "imaging.alpha":
        # It multiplies in the mode linear, and spans orders of magnitude elsewhere.
        return bool(recipe["imaging"].get("mode") != "linear" or "imaging.mode" in varied)
    if path == "noise.scan.dwell_time":
        return bool(exposure.get("source") == "beam_current")
    if path == "image.pixel_size":
        return bool(exposure.get("mode", "none") != "none")
    return path in BRIGHTNESS


def _shared(recipe: Mapping[str, Any], arrangement: Arrangement) -> Shared:
    """Which panels can be seen on the same grey levels."""
    varied = {entry["path"] for entry in recipe.get("vary", ())}
    strong = {path for path in varied if changes_brightness(path, recipe)}
    if not strong:
        return "sheet"
    return "column" if strong == {arrangement.column_path} else "panel"
