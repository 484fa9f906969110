"""The cursor's read-out: ``x 1.20 y −3.40 Å · 17 e⁻ · particle``.  No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.gui.preview.label_values import SPECIES, materials_of, value_name
from app.gui.preview.results import Result
from sim.core.types import ImageGrid

#: From pixels of this size on, lengths are said in nm, Å.
NANOMETRE_PIXELS = 1.0


def number_text(value: Any, digits: int = 4) -> str:
    """A pixel's value: whole numbers in full, others with four significant digits."""
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}".replace("-", "−")
    return f"{float(value):.{digits}g}".replace("-", "−")


def cursor_text(result: Result, column: int, row: int) -> str:
    """Position, value and labels of one pixel.

    Parameters
    ----------
    result
        What is shown.
    column, row
        The pixel; an empty text is returned where the image has no such pixel.
    """
    values = result.picture.values
    if not (0 <= row < values.shape[0] and 0 <= column < values.shape[1]):
        return ""
    grid = ImageGrid(values.shape[0], values.shape[1], result.job.image.pixel_size)
    x = float(grid.x_of(np.array(float(column))))
    y = float(grid.y_of(np.array(float(row))))
    unit, size = length_unit(grid.pixel_size)
    decimals = 2 if grid.pixel_size / size >= 0.02 else 3
    materials = materials_of(result.job)
    parts = [
        f"x {_length(x / size, decimals)} y {_length(y / size, decimals)} {unit}",
        f"{number_text(values[row, column])} {result.picture.unit}".rstrip(),
    ]
    for name, label in sorted(result.sample.labels.items()):
        if label.shape == values.shape and label[row, column]:
            parts.append(_label_text(name, label[row, column], grid.pixel_size, materials))
    return " · ".join(parts)


def length_unit(pixel_size: float) -> tuple[str, float]:
    """Unit of lengths in an image of so large pixels (Å), and its size in Å."""
    return ("nm", 10.0) if pixel_size >= NANOMETRE_PIXELS else ("Å", 1.0)


def _label_text(name: str, value: Any, pixel_size: float, materials: tuple[str, ...]) -> str:
    """``particle`` of a mask, ``instance map 3`` of numbers, ``thickness total 41.2 Å`` of lengths.

    Numbers that name things are said by name: ``both materials``.
    """
    if np.issubdtype(type(value), np.integer) and (known := value_name(name, int(value), materials)):
        return known
    words = name.removesuffix("_mask").replace("_", " ")
    if name.endswith("_mask"):
        return words
    kind, _, of = words.rpartition(" ")
    if of in SPECIES and len(materials) > SPECIES.index(of):
        words = f"{kind} {materials[SPECIES.index(of)]}"
    if isinstance(value, np.floating):
        unit, size = length_unit(pixel_size)
        return f"{words} {number_text(value / size)} {unit}"
    return f"{words} {number_text(value)}"


def _length(value: float, decimals: int) -> str:
    # Adding zero turns −0.00 into 0.00.
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
