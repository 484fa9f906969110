"""Names and colours of what can be laid over an image, as its sample has them."""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.gui.preview import processing
from app.gui.preview.results import Result
from sim.core.types import Sample

#: Tables of a sample that have a place in the image.
POINTS = ("atoms", "columns")


def overlay_names(sample: Sample) -> tuple[str, ...]:
    """Label images, then tables of points."""
    return (*sorted(sample.labels), *(name for name in POINTS if name in sample.tables))


def overlay_title(name: str) -> str:
    """A name as people read it: ``Particle mask``."""
    return name.replace("_", " ").capitalize()


def legend_of(result: Result) -> tuple[tuple[str, QColor, bool], ...]:
    """Name, colour and whether it is a ring, of everything that lies over a result's picture."""
    shown = [name for name in sorted(result.display.labels) if name in result.sample.labels]
    masks = [(overlay_title(name), overlay_colour(name), False) for name in shown]
    rings = [(overlay_title(name), overlay_colour(name), True) for name in result.picture.points]
    return (*masks, *rings)


def overlay_colour(name: str) -> QColor:
    """The colour of a mask or of a table's rings."""
    return QColor(*processing.label_colour(name))
