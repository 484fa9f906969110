"""Contact sheets: one picture that shows what a dataset holds.

Classes by examples, or the grid of a two-way sweep.  Panels share one range of grey levels, so that
differences of brightness are real; where α spans orders of magnitude, each α has its own range.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sim.dataset.reader import Dataset

#: Side of a panel, at most, pixels of the picture.
PANEL = 256
GAP = 6
MARGIN = 12
TEXT_SIZE = 16
#: Rows and columns that a sheet has at most.
MOST_PANELS = 12
#: Share of the brightest pixels that may be white: one hot pixel must not darken the sheet.
CLIPPED = 0.0005

INK = (20, 20, 20)
PAPER = (255, 255, 255)

#: Settings whose names are short on a sheet.
SHORT = {
    "imaging.sigma": ("sigma", "Å"),
    "imaging.alpha": ("alpha", ""),
    "noise.exposure.dose": ("dose", "e/Å^2"),
}


@dataclass(frozen=True)
class Sheet:
    """What is to be drawn.

    Attributes
    ----------
    panels
        Images by (row, column); cells may be missing.
    rows, columns
        Labels.
    pixel_size
        Å; None draws no scale bar.
    title, captions
        Lines above and below.
    by_column
        Each column has grey levels of its own; otherwise all panels share one range.
    """

    panels: Mapping[tuple[int, int], NDArray[Any]]
    rows: Sequence[str]
    columns: Sequence[str]
    pixel_size: float | None
    title: str = ""
    captions: Sequence[str] = ()
    by_column: bool = False


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
        document = dataset.document
        sweep = _sweep(document)
        if sweep is not None:
            rows, columns = (_labels(*axis) for axis in sweep)
            cells = _sweep_cells(dataset, *sweep)
        else:
            columns = [""] * max(1, min(examples, MOST_PANELS))
            rows, cells = _class_cells(dataset, len(columns))
        panels: dict[Cell, NDArray[Any]] = {}
        for cell, index in sorted(cells.items(), key=lambda item: item[1]):
            cancel()
            panels[cell] = dataset.image(index)
    form, imaging = document["form"], document["recipe"]["imaging"]
    by_column = sweep is not None and sweep[1][0] == "imaging.alpha" and imaging.get("mode") == "z_power"
    low, high = grey_levels(panels.values())
    levels = f"grey levels shared by all panels: {low:.3g} to {high:.3g} {form['image_units']}"
    return draw(
        Sheet(
            panels=panels,
            rows=rows,
            columns=columns,
            pixel_size=form["pixel_size"],
            title=f"{document['name']}: {document['images']} images of {form['height']} x {form['width']} px",
            captions=(
                _settings_line(document["recipe"], sweep is not None),
                "grey levels shared within each column" if by_column else levels,
                f"content_sha256 {document['content_sha256']}",
            ),
            by_column=by_column,
        )
    )


def draw(sheet: Sheet) -> Image.Image:
    """Draw a sheet: labels left and above, scale bar in the first panel of the last row."""
    font = ImageFont.load_default(TEXT_SIZE)
    shape = next(iter(sheet.panels.values())).shape
    zoom = max(1, PANEL // max(shape))
    step = -(-max(shape) // PANEL)
    height, width = (max(1, side // step) * zoom for side in shape)
    line = TEXT_SIZE + 6
    left = MARGIN + math.ceil(max((_text_width(label, font) for label in sheet.rows), default=0)) + 10
    head = line if any(sheet.columns) else 0
    top = MARGIN + (line + 4 if sheet.title else 0) + head
    across = len(sheet.columns) * (width + GAP) - GAP
    below = top + len(sheet.rows) * (height + GAP) - GAP
    texts = [sheet.title, *sheet.captions]
    full_width = max(left + across + MARGIN, MARGIN * 2 + max(_text_width(text, font) for text in texts))
    picture = Image.new(
        "RGB", (math.ceil(full_width), below + 8 + line * len(sheet.captions) + MARGIN), PAPER
    )
    pen = ImageDraw.Draw(picture)
    _write(pen, (MARGIN, MARGIN), sheet.title, font)
    levels = {column: _levels(sheet, column) for column in range(len(sheet.columns))}
    for column, label in enumerate(sheet.columns):
        centre = left + column * (width + GAP) + (width - _text_width(label, font)) / 2
        _write(pen, (centre, top - head), label, font)
    for row, label in enumerate(sheet.rows):
        y = top + row * (height + GAP)
        _write(pen, (MARGIN, y + (height - TEXT_SIZE) / 2), label, font)
        for column in range(len(sheet.columns)):
            panel = sheet.panels.get((row, column))
            if panel is None:
                continue
            grey = Image.fromarray(to_grey(_thinned(panel, step), *levels[column]))
            place = (left + column * (width + GAP), y)
            picture.paste(grey.resize((width, height), Image.Resampling.NEAREST), place)
    if sheet.pixel_size is not None:
        _scale_bar(pen, font, (left + 8, below - 10), width, sheet.pixel_size * step / zoom)
    for number, caption in enumerate(sheet.captions):
        _write(pen, (MARGIN, below + 8 + number * line), caption, font)
    return picture


def _levels(sheet: Sheet, column: int) -> tuple[float, float]:
    """Black and white of one column."""
    return grey_levels(
        panel for (_, place), panel in sheet.panels.items() if place == column or not sheet.by_column
    )


def grey_levels(panels: Any) -> tuple[float, float]:
    """Black and white of all panels together: the smallest value, and the largest but for a few pixels."""
    values = np.concatenate([np.asarray(panel, dtype=np.float64).ravel() for panel in panels])
    low, high = float(values.min()), float(np.quantile(values, 1.0 - CLIPPED))
    return low, high if high > low else low + 1.0


def to_grey(panel: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Values as 8-bit greys, black at ``low`` and white at ``high``."""
    scaled = (np.asarray(panel, dtype=np.float64) - low) / (high - low)
    grey: NDArray[np.uint8] = np.floor(np.clip(scaled, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return grey


def _thinned(panel: NDArray[Any], step: int) -> NDArray[Any]:
    """Means of ``step`` × ``step`` pixels; the edge that does not fill a block is left out."""
    if step == 1:
        return panel
    height, width = (side // step * step for side in panel.shape)
    blocks = np.asarray(panel[:height, :width], dtype=np.float64)
    means: NDArray[Any] = blocks.reshape(height // step, step, width // step, step).mean(axis=(1, 3))
    return means


# --- which images ----------------------------------------------------------------------------

Axis = tuple[str, list[Any]]
Cell = tuple[int, int]


def _sweep(document: Mapping[str, Any]) -> tuple[Axis, Axis] | None:
    """The two grids of a two-way sweep; None for everything else."""
    entries = document["recipe"].get("vary", [])
    grids = [(entry["path"], list(entry.get("values", []))) for entry in entries if entry["law"] == "grid"]
    small = len(entries) == len(grids) == 2 and all(1 <= len(values) <= MOST_PANELS for _, values in grids)
    return (grids[0], grids[1]) if small else None


def _sweep_cells(dataset: Dataset, rows: Axis, columns: Axis) -> dict[Cell, int]:
    """The first image of every combination."""
    cells: dict[Cell, int] = {}
    for index, line in enumerate(dataset.lines()):
        varied = line["job"]["varied"]
        cell = rows[1].index(varied[rows[0]]), columns[1].index(varied[columns[0]])
        cells.setdefault(cell, index)
        if len(cells) == len(rows[1]) * len(columns[1]):
            break
    return cells


def _class_cells(dataset: Dataset, examples: int) -> tuple[list[str], dict[Cell, int]]:
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
    return list(found), {
        (row, column): index
        for row, name in enumerate(found)
        for column, index in enumerate((found[name] + spare[name])[:examples])
    }


# --- words -----------------------------------------------------------------------------------


def _labels(path: str, values: Sequence[Any]) -> list[str]:
    if path.startswith("specimen."):
        return [str(value) for value in values]
    name, unit = SHORT.get(path, (path.rpartition(".")[2], ""))
    return [f"{name} {_number(value)} {unit}".rstrip() for value in values]


def _settings_line(recipe: Mapping[str, Any], swept: bool) -> str:
    varied = {entry["path"] for entry in recipe.get("vary", [])} if swept else set()
    imaging, noise = recipe["imaging"], recipe["noise"]
    words = []
    for name, unit in (("sigma", " Å"), ("alpha", "")):
        if f"imaging.{name}" not in varied and name in imaging:
            words.append(f"{name} {_number(imaging[name])}{unit}")
    if "mode" in imaging:
        words.append(f"mode {imaging['mode']}")
    words.append(f"{_number(recipe['image']['pixel_size'])} Å/px")
    words.append(f"noise {noise['preset']}")
    if noise.get("exposure", {}).get("mode", "none") != "none" and noise["exposure"].get("source") == "dose":
        words.append(f"dose {_number(noise['exposure']['dose'])} e/Å^2")
    return ", ".join([*words, f"seed {recipe['seed']}"])


def _number(value: Any) -> str:
    return f"{value:g}".replace("e+0", "e") if isinstance(value, float) else str(value)


def _scale_bar(
    pen: ImageDraw.ImageDraw, font: Any, corner: tuple[float, float], room: int, angstrom: float
) -> None:
    """A bar of 1, 2 or 5 times a power of ten, at most a third of the panel long; ``angstrom`` a pixel."""
    longest = room * angstrom / 3.0
    power = 10.0 ** np.floor(np.log10(longest))
    length = max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= longest)
    text = f"{length / 10.0:g} nm" if length >= 5.0 else f"{length:g} Å"
    x, y = corner
    for colour, grown in (((0, 0, 0), 1), (PAPER, 0)):
        pen.rectangle(
            (x - grown, y - 3 - grown, x + round(length / angstrom) - 1 + grown, y + grown), fill=colour
        )
    _write(pen, (x, y - TEXT_SIZE - 9), text, font, colour=PAPER, outline=(0, 0, 0))


def _text_width(text: str, font: Any) -> float:
    return float(font.getlength(text.replace("Å", "A")))


def _write(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    font: Any,
    colour: tuple[int, int, int] = INK,
    outline: tuple[int, int, int] | None = None,
) -> None:
    """Text in Pillow's own font, which is the same everywhere but has no Å: a ring is drawn over an A."""
    plain = text.replace("Å", "A")
    pen.text(place, plain, fill=colour, font=font, stroke_width=1 if outline else 0, stroke_fill=outline)
    for position, letter in enumerate(text):
        if letter != "Å":
            continue
        before = font.getlength(plain[:position])
        box = font.getbbox("A")
        centre = place[0] + before + font.getlength("A") / 2
        top = place[1] + box[1] + 1
        pen.ellipse((centre - 2.5, top - 4, centre + 1.5, top), outline=colour)
