"""Drawing a contact sheet: panels in rows and columns with their words, grey levels and scale bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

#: Side of a panel, at most, pixels of the picture.
PANEL = 256
GAP = 6
MARGIN = 12
TEXT_SIZE = 16
#: Words below a panel are smaller.
LABEL_SIZE = 13
#: Share of the brightest pixels that may be white: one hot pixel must not darken the sheet.
CLIPPED = 0.0005

INK = (20, 20, 20)
PAPER = (255, 255, 255)

#: (row, column) of a panel.
Cell = tuple[int, int]
#: Which panels have one range of grey levels.
Shared = Literal["sheet", "column", "panel"]


@dataclass(frozen=True)
class Sheet:
    """What is to be drawn.

    Attributes
    ----------
    panels
        Images by (row, column), all of one shape; cells may be missing.
    rows, columns
        Labels.
    pixel_sizes
        Å; a panel that has none gets no scale bar.
    labels
        Items of the words below a panel.
    title, captions
        Lines above and below.
    shared
        Which panels have one range of grey levels.
    units
        Of a pixel's value.
    """

    panels: Mapping[Cell, NDArray[Any]]
    rows: Sequence[str]
    columns: Sequence[str]
    pixel_sizes: Mapping[Cell, float] = field(default_factory=dict)
    labels: Mapping[Cell, Sequence[str]] = field(default_factory=dict)
    title: str = ""
    captions: Sequence[str] = ()
    shared: Shared = "sheet"
    units: str = ""

    def levels(self) -> dict[Cell, tuple[float, float]]:
        """Black and white of every panel."""
        groups: dict[Any, list[Cell]] = {}
        for cell in self.panels:
            key = {"sheet": None, "column": cell[1], "panel": cell}[self.shared]
            groups.setdefault(key, []).append(cell)
        levels = {}
        for cells in groups.values():
            both = grey_levels(self.panels[cell] for cell in cells)
            levels.update(dict.fromkeys(cells, both))
        return levels

    def levels_line(self) -> str:
        """What the greys mean, for the caption."""
        levels = self.levels()
        if self.shared == "panel":
            return f"each panel has its own grey levels, stated below it in {self.units}"
        if self.shared == "sheet":
            return f"grey levels shared by all panels: {_range(next(iter(levels.values())))} {self.units}"
        by_column = {column: levels[row, column] for row, column in sorted(levels)}
        ranges = "; ".join(_range(both) for both in by_column.values())
        return f"grey levels shared within each column, {self.units}: {ranges}"


def _range(levels: tuple[float, float]) -> str:
    return " to ".join(f"{value:.0f}" if 1e3 <= value < 1e6 else f"{value:.3g}" for value in levels)


def draw(sheet: Sheet) -> Image.Image:
    """Draw a sheet: labels left and above, words below each panel.

    The scale bar stands in the first panel of the last row, or in every panel if pixel sizes differ.
    """
    font, small = ImageFont.load_default(TEXT_SIZE), ImageFont.load_default(LABEL_SIZE)
    shape = next(iter(sheet.panels.values())).shape
    zoom = max(1, PANEL // max(shape))
    step = -(-max(shape) // PANEL)
    height, width = (max(1, side // step) * zoom for side in shape)
    levels = sheet.levels()
    labels = {
        cell: _lines(
            [
                *sheet.labels.get(cell, ()),
                *([f"grey {_range(levels[cell])}"] if sheet.shared == "panel" else []),
            ],
            small,
            width,
        )
        for cell in sheet.panels
    }
    line, small_line = TEXT_SIZE + 6, LABEL_SIZE + 3
    below_panel = max(len(lines) for lines in labels.values()) * small_line
    row_step = height + GAP + (below_panel + 4 if below_panel else 0)
    left = MARGIN + math.ceil(max((text_width(label, font) for label in sheet.rows), default=0)) + 10
    head = line if any(sheet.columns) else 0
    top = MARGIN + (line + 4 if sheet.title else 0) + head
    across = len(sheet.columns) * (width + GAP) - GAP
    below = top + len(sheet.rows) * row_step - GAP
    texts = [sheet.title, *sheet.captions]
    full_width = max(left + across + MARGIN, MARGIN * 2 + max(text_width(text, font) for text in texts))
    picture = Image.new(
        "RGB", (math.ceil(full_width), below + 8 + line * len(sheet.captions) + MARGIN), PAPER
    )
    pen = ImageDraw.Draw(picture)
    write(pen, (MARGIN, MARGIN), sheet.title, font)
    for column, label in enumerate(sheet.columns):
        centre = left + column * (width + GAP) + (width - text_width(label, font)) / 2
        write(pen, (centre, top - head), label, font)
    for row, label in enumerate(sheet.rows):
        write(pen, (MARGIN, top + row * row_step + (height - TEXT_SIZE) / 2), label, font)
    for cell, panel in sheet.panels.items():
        x, y = left + cell[1] * (width + GAP), top + cell[0] * row_step
        grey = Image.fromarray(to_grey(_thinned(panel, step), *levels[cell]))
        picture.paste(grey.resize((width, height), Image.Resampling.NEAREST), (x, y))
        for number, text in enumerate(labels[cell]):
            write(pen, (x, y + height + 2 + number * small_line), text, small)
        if cell in _with_scale_bar(sheet):
            angstrom = sheet.pixel_sizes[cell] * step / zoom
            scale_bar(pen, font, (x + 8, y + height - 10), width, angstrom)
    for number, caption in enumerate(sheet.captions):
        write(pen, (MARGIN, below + 8 + number * line), caption, font)
    return picture


def _with_scale_bar(sheet: Sheet) -> set[Cell]:
    """One panel where all have the same pixel size, else all whose size is known."""
    known = sheet.pixel_sizes
    if len(set(known.values())) > 1:
        return set(known)
    return {min(known, key=lambda cell: (-cell[0], cell[1]))} if known else set()


def _lines(items: Iterable[str], font: Any, width: float) -> list[str]:
    """Items side by side as far as a panel's width allows; what is wider alone is cut."""
    lines: list[str] = []
    for item in items:
        joined = f"{lines[-1]}, {item}" if lines else item
        if lines and text_width(joined, font) <= width:
            lines[-1] = joined
            continue
        while text_width(item, font) > width and len(item) > 4:
            item = f"{item.removesuffix('...')[:-1]}..."
        lines.append(item)
    return lines


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


def scale_bar(
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
    write(pen, (x, y - TEXT_SIZE - 9), text, font, colour=PAPER, outline=(0, 0, 0))


def text_width(text: str, font: Any) -> float:
    """Width of a line, pixels, as :func:`write` draws it."""
    return float(font.getlength(text.replace("Å", "A")))


def write(
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
