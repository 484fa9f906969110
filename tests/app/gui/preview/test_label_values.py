"""Label images whose numbers name things: their names and colours in overlay, legend and read-out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from app.gui.preview import processing
from app.gui.preview.cursor_text import cursor_text
from app.gui.preview.label_values import LABEL_VALUES, value_name
from app.gui.preview.overlay_names import legend_of
from app.gui.structure.elements import species_colour


def result(**labels: Any) -> Any:
    """As much of a result as is looked at."""
    shape = next(iter(labels.values())).shape
    return SimpleNamespace(
        picture=SimpleNamespace(values=np.full(shape, 7), unit="e⁻", points={}),
        sample=SimpleNamespace(labels=labels),
        display=SimpleNamespace(labels=frozenset(labels)),
        job=SimpleNamespace(image=SimpleNamespace(pixel_size=0.5), specimen=SimpleNamespace(kind="cluster")),
    )


def semantic(*values: int) -> Any:
    return np.array([[*values]], dtype=np.uint8)


def test_a_value_has_one_colour_whatever_else_is_in_the_image() -> None:
    """Also where there is no other: the second material alone is not drawn in the first one's colour."""
    several = processing.overlay({"semantic_map": semantic(0, 1, 2, 3)}, {"semantic_map"})
    alone = processing.overlay({"semantic_map": semantic(2, 0, 0, 0)}, {"semantic_map"})
    one = processing.overlay({"semantic_map": semantic(0, 1, 0, 0)}, {"semantic_map"})
    assert several is not None and alone is not None and one is not None
    colours = [colour for _, colour in LABEL_VALUES["semantic_map"]]
    assert [tuple(pixel[:3]) for pixel in several[0, 1:]] == colours
    assert tuple(alone[0, 0, :3]) == colours[1] and tuple(one[0, 1, :3]) == colours[0]
    assert not several[0, 0].any() and several[0, 1:, 3].all()


def test_materials_have_the_colours_of_their_spheres() -> None:
    colours = [colour for _, colour in LABEL_VALUES["semantic_map"]]
    assert colours[:2] == [species_colour(0), species_colour(1)]


def test_the_legend_names_every_value() -> None:
    legend = legend_of(result(semantic_map=semantic(0, 1), particle_mask=semantic(0, 1)))
    assert [words for words, _, _ in legend] == [
        "Particle mask",
        "First material",
        "Second material",
        "Both materials",
    ]
    assert legend[2][1].getRgb()[:3] == LABEL_VALUES["semantic_map"][1][1]


def test_the_read_out_says_names_of_values_and_numbers_of_things() -> None:
    shown = result(
        semantic_map=semantic(0, 3),
        contact_map=semantic(0, 2),
        instance_map=semantic(0, 12),
    )
    text = cursor_text(shown, 1, 0)
    assert text.endswith("7 e⁻ · contact of two materials · instance map 12 · both materials")
    assert cursor_text(shown, 0, 0).endswith("7 e⁻")


def test_only_known_values_have_names() -> None:
    assert value_name("contact_map", 1) == "contact of one material"
    assert value_name("contact_map", 0) == value_name("contact_map", 3) == value_name("instance_map", 1) == ""
    assert value_name("semantic_map", 3, ("TiO2", "WO3", "C")) == "TiO2 and WO3"
