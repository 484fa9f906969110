"""Names and colours of the values of label images whose numbers name things.  No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.gui.structure.elements import species_colour
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Job

#: Colours of contacts of one material and of two, red, green, blue; told apart with any colour vision (Okabe
#: and Ito 2008), like those of the materials.
LIKE_COLOUR, HETERO_COLOUR = (240, 228, 66), (213, 94, 0)

#: A name and a colour of every value from 1 on, by label image.
LABEL_VALUES: Mapping[str, tuple[tuple[str, tuple[int, int, int]], ...]] = {
    "semantic_map": (
        ("First material", species_colour(0)),
        ("Second material", species_colour(1)),
        ("Both materials", (0, 158, 115)),
    ),
    "contact_map": (
        ("Contact of one material", LIKE_COLOUR),
        ("Contact of two materials", HETERO_COLOUR),
    ),
}

#: How labels call the materials of particles.
SPECIES = ("first", "second")


def materials_of(job: Job) -> tuple[str, ...]:
    """Names of the materials of the particles that a job images, the film's last; none of atoms."""
    materials = SPECIMENS[job.specimen.kind].materials(job.specimen)
    return tuple(material.name for material in materials)


def value_names(label: str, materials: Sequence[str] = ()) -> tuple[str, ...]:
    """What the values of a label image mean, from 1 on; none where they are only numbers.

    Parameters
    ----------
    materials
        Of the particles, where they are known: they are then called by name.
    """
    if label == "semantic_map" and len(materials) > 1:
        first, second = materials[:2]
        return first, second, f"{first} and {second}"
    return tuple(name for name, _ in LABEL_VALUES.get(label, ()))


def value_name(label: str, value: int, materials: Sequence[str] = ()) -> str:
    """What a value of a label image means; empty where it is only a number."""
    names = value_names(label, materials)
    if not 1 <= value <= len(names):
        return ""
    found = names[value - 1]
    # Materials are written as they are called.
    return found if label == "semantic_map" and len(materials) > 1 else found.lower()
