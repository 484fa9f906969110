"""Names and colours of what can be laid over an image, as its sample has them, and the picture of both."""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.gui.document.wording import words_of
from app.gui.preview import processing
from app.gui.preview.drawn_pictures import ImageLayers
from app.gui.preview.label_values import LABEL_VALUES, SPECIES, materials_of, value_names
from app.gui.preview.results import Result
from sim.core.types import Sample
from sim.physics.elements import symbol_of


def overlay_names(sample: Sample) -> tuple[str, ...]:
    """Label images, then the tables whose rows have a place in the image."""
    placed = (name for name, table in sorted(sample.tables.items()) if {"row", "column"} <= set(table))
    return (*sorted(sample.labels), *placed)


#: Names of labels that read better than their words.
TITLES = {"semantic_map": "Materials"}
#: Of the rings of a table of contacts, which are told apart.
RINGS = {"contacts": "Contacts of one material", "hetero_contacts": "Contacts of two materials"}


def overlay_title(name: str, materials: tuple[str, ...] = ()) -> str:
    """A name as people read it: ``Particle mask``, ``Composition Au`` for ``composition_79``.

    Parameters
    ----------
    materials
        Of the specimen's particles: ``thickness_first`` is then called after the first of them.
    """
    if name in TITLES:
        return TITLES[name]
    kind, _, number = name.rpartition("_")
    if number in SPECIES and len(materials) > SPECIES.index(number):
        return f"{words_of(kind)} {materials[SPECIES.index(number)]}"
    if number.isdecimal():
        return f"{words_of(kind)} {symbol_of(int(number))}"
    return words_of(name)


def legend_of(result: Result) -> tuple[tuple[str, QColor, bool], ...]:
    """Name, colour and whether it is a ring, of everything that lies over a result's picture."""
    masks: list[tuple[str, QColor, bool]] = []
    materials = materials_of(result.job)
    for name in sorted(result.display.labels):
        if name not in result.sample.labels:
            continue
        if name in LABEL_VALUES:
            colours = (QColor(*colour) for _, colour in LABEL_VALUES[name])
            named = zip(value_names(name, materials), colours, strict=True)
            masks += [(words, colour, False) for words, colour in named]
        else:
            masks.append((overlay_title(name, materials), overlay_colour(name), False))
    points = result.picture.points
    titles = RINGS if "hetero_contacts" in points else {}
    rings = [(titles.get(name) or overlay_title(name), overlay_colour(name), True) for name in points]
    return (*masks, *rings)


def layers_of(result: Result) -> ImageLayers:
    """A result's picture with what lies over it."""
    picture = result.picture
    return ImageLayers(
        grey=picture.grey,
        pixel_size=result.job.image.pixel_size,
        overlay=picture.overlay,
        points=picture.points,
        colours={name: overlay_colour(name) for name in picture.points},
        legend=legend_of(result),
    )


def overlay_colour(name: str) -> QColor:
    """The colour of a mask or of a table's rings."""
    return QColor(*processing.label_colour(name))
