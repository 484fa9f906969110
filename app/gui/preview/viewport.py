"""Where an image's pixels lie on a widget: fit, zoom at a point, pan.  No Qt, and no drawing.

Fractional (column, row) are whole numbers at pixel centres; the image spans −0.5 … W−0.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

#: No pixel is ever shown larger than this, in widget pixels.
LARGEST_SCALE = 128.0
#: The whole image is never shown smaller than this share of the fitted size.
SMALLEST_OF_FIT = 0.25


@dataclass(frozen=True)
class Viewport:
    """A view of an image through a widget.

    Attributes
    ----------
    columns, rows
        Size of the image, pixels.
    width, height
        Size of the widget, its own (logical) pixels.
    scale
        Widget pixels to one image pixel.
    column, row
        The point of the image in the middle of the widget.
    fitted
        The whole image is shown as large as it goes, also after the widget is resized.
    """

    columns: int
    rows: int
    width: float
    height: float
    scale: float
    column: float
    row: float
    fitted: bool = False

    @classmethod
    def fit(cls, columns: int, rows: int, width: float, height: float) -> Self:
        """The whole image, as large as it goes."""
        scale = max(min(width / columns, height / rows), 1e-6)
        return cls(columns, rows, width, height, scale, (columns - 1) / 2.0, (rows - 1) / 2.0, True)

    def to_widget(self, column: float, row: float) -> tuple[float, float]:
        """Widget position of a point of the image."""
        x = (column - self.column) * self.scale + self.width / 2.0
        return x, (row - self.row) * self.scale + self.height / 2.0

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Fractional (column, row) under a widget position."""
        column = (x - self.width / 2.0) / self.scale + self.column
        return column, (y - self.height / 2.0) / self.scale + self.row

    def pixel_at(self, x: float, y: float) -> tuple[int, int] | None:
        """(column, row) of the pixel under a widget position, None beside the image."""
        column, row = self.to_image(x, y)
        whole = (int(column + 0.5) if column >= -0.5 else -1, int(row + 0.5) if row >= -0.5 else -1)
        inside = 0 <= whole[0] < self.columns and 0 <= whole[1] < self.rows
        return whole if inside else None

    def resized(self, width: float, height: float) -> Viewport:
        """For another size of the widget."""
        if self.fitted:
            return Viewport.fit(self.columns, self.rows, width, height)
        return replace(self, width=width, height=height)

    def for_image(self, columns: int, rows: int) -> Viewport:
        """For an image of another size: the same part of the field stays in view."""
        if (columns, rows) == (self.columns, self.rows):
            return self
        if self.fitted:
            return Viewport.fit(columns, rows, self.width, self.height)
        across, down = columns / self.columns, rows / self.rows
        moved = replace(
            self,
            columns=columns,
            rows=rows,
            column=(self.column + 0.5) * across - 0.5,
            row=(self.row + 0.5) * down - 0.5,
        )
        return moved._scaled(self.scale / across)

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Larger by ``factor``; the point under widget position (x, y) stays where it is."""
        column, row = self.to_image(x, y)
        nearer = self._scaled(self.scale * factor)
        return replace(
            nearer,
            column=column - (x - self.width / 2.0) / nearer.scale,
            row=row - (y - self.height / 2.0) / nearer.scale,
        )._held()

    def panned(self, dx: float, dy: float) -> Viewport:
        """Moved with the mouse by (dx, dy) widget pixels."""
        column, row = self.column - dx / self.scale, self.row - dy / self.scale
        return replace(self, column=column, row=row, fitted=False)._held()

    def at_scale(self, scale: float) -> Viewport:
        """Another scale about the middle of the widget."""
        return self._scaled(scale)._held()

    def visible(self) -> tuple[int, int, int, int]:
        """First and one past the last (column, row) in sight: ``left, top, right, bottom``."""
        left, top = self.to_image(0.0, 0.0)
        right, bottom = self.to_image(self.width, self.height)
        return (
            max(int(left + 0.5), 0),
            max(int(top + 0.5), 0),
            min(max(int(right + 1.5), 0), self.columns),
            min(max(int(bottom + 1.5), 0), self.rows),
        )

    def _scaled(self, scale: float) -> Viewport:
        fit = min(self.width / self.columns, self.height / self.rows)
        low, high = fit * SMALLEST_OF_FIT, max(LARGEST_SCALE, fit)
        return replace(self, scale=min(max(scale, low), high), fitted=False)

    def _held(self) -> Viewport:
        """The middle of the widget never leaves the image: it cannot be lost."""
        column = min(max(self.column, -0.5), self.columns - 0.5)
        row = min(max(self.row, -0.5), self.rows - 0.5)
        return replace(self, column=column, row=row)
