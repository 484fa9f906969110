"""What the colours mean: of atoms element, object, grain or side; particles bring theirs.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.gui.structure.details import Colours, Details
from app.gui.structure.elements import SELECTED_COLOUR
from sim.core.types import BoolArray

ColourBy = Literal["element", "object", "grain", "side"]
COLOURINGS: tuple[ColourBy, ...] = get_args(ColourBy)
ParticlesBy = Literal["species", "coordination", "hetero", "size", "cluster"]
PARTICLE_COLOURINGS: tuple[ParticlesBy, ...] = get_args(ParticlesBy)

#: For things that are numbered, one after the other: Tableau 10 without its grey, which is for supports.
CYCLE = (
    (78, 121, 167), (242, 142, 43), (89, 161, 79), (225, 87, 89), (118, 183, 178), (237, 201, 72),
    (176, 122, 161), (156, 117, 95), (255, 157, 167),
)  # fmt: skip
#: For supports and what embeds other things, and for atoms that belong to nothing.
GROUND = ((150, 153, 158), (120, 126, 136), (176, 174, 168))
#: Roles of objects that are drawn in the ground's colours.
GROUND_ROLES = ("support", "matrix")
#: How much of the colour of the selection the atoms of the chosen node get.
TINT = 0.22


def colours_by(wanted: ColourBy, details: Details) -> Colours:
    """Colours (N, 3) of a specimen's atoms; without objects those of the elements."""
    if wanted == "element" or not len(details.object_of):
        return details.scene.colours
    table, start = _BY[wanted](details)
    part = {"object": np.zeros(1, dtype=np.int64), "grain": details.grain_of, "side": details.side_of}[wanted]
    found: Colours = table[start[details.object_of] + part]
    return found


def _by_object(details: Details) -> tuple[Colours, NDArray[np.int64]]:
    colours, counted, grounds = [GROUND[0]], 0, 0
    for own in details.objects:
        if own.role in GROUND_ROLES:
            colours.append(GROUND[grounds % len(GROUND)])
            grounds += 1
        else:
            colours.append(CYCLE[counted % len(CYCLE)])
            # Groups and voids have no role, and no atoms that a colour could be spent on.
            counted += bool(own.role)
    return np.array(colours, dtype=np.uint8), np.arange(len(colours), dtype=np.int64)


def _by_grain(details: Details) -> tuple[Colours, NDArray[np.int64]]:
    """Every grain of every object in another colour; supports in one."""
    colours: list[tuple[int, int, int]] = []
    starts = [0]
    counted = 0
    for number in range(1, len(details.objects) + 1):
        starts.append(len(colours))
        several = int(details.grains[number])
        if details.objects[number - 1].role in GROUND_ROLES:
            colours += [GROUND[0]] * several
        else:
            colours += [CYCLE[(counted + grain) % len(CYCLE)] for grain in range(several)]
            counted += several
    return _table(colours), np.array(starts, dtype=np.int64)


def _by_side(details: Details) -> tuple[Colours, NDArray[np.int64]]:
    """Sides of defect planes; what has no planes is grey."""
    most = int(details.sides.max())
    ground = [GROUND[0]] * most
    cycle = [CYCLE[side % len(CYCLE)] for side in range(most)]
    starts = np.where(details.sides > 1, most, 0).astype(np.int64)
    return _table([*ground, *cycle]), starts


def _table(colours: list[tuple[int, int, int]]) -> Colours:
    return np.array(colours or [GROUND[0]], dtype=np.uint8)


#: Colours, and for each object where its own begin among them.
_BY: Mapping[str, Callable[[Details], tuple[Colours, NDArray[np.int64]]]] = {
    "object": _by_object,
    "grain": _by_grain,
    "side": _by_side,
}


def tinted(colours: Colours, chosen: BoolArray) -> Colours:
    """The same colours (N, 3), those of the chosen atoms (N,) nearer to that of the selection."""
    mixed = colours.copy()
    towards = np.array(SELECTED_COLOUR) * TINT
    mixed[chosen] = (colours[chosen] * (1.0 - TINT) + towards).astype(np.uint8)
    return mixed
