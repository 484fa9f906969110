"""The computing cell of a specimen: what lies around the field, and how deep it is."""

from __future__ import annotations

import math

import numpy as np

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.multislice.settings import MultisliceSettings
from sim.physics.multislice.cell import Cell, padded_cell, periodic_cell

#: Room above the highest and below the lowest atom, Å: half of a potential's reach.
_ROOM = 0.5
#: A specimen thinner than this may still have slices of this thickness, Å.
_THINNEST = 2.0


def cell_of(specimen: AtomicSpecimen, grid: ImageGrid, settings: MultisliceSettings) -> Cell:
    """The cell in which waves go through a specimen.

    Parameters
    ----------
    specimen
        As posed.
    grid
        The image with its margin; a padded cell is built around it.

    Raises
    ------
    InputError
        If a periodic cell is wanted of a specimen that does not repeat.

    Notes
    -----
    Slices are exactly as thick as asked for; what is left over lies above and below the specimen alike.
    Particles that are imaged without their film, and some poses of a flat one, can be thinner than a slice:
    they are one slice then.
    """
    z = specimen.positions[:, 2]
    low, high = float(np.min(z)) - _ROOM, float(np.max(z)) + _ROOM
    thickness = settings.slice_thickness
    half = 0.5 * thickness * max(1, math.ceil((high - low) / thickness - 1e-9))
    low, high = 0.5 * (low + high) - half, 0.5 * (low + high) + half
    wanted = settings.cell
    if wanted == "auto":
        wanted = "padded" if specimen.period is None else "periodic"
    if wanted == "padded":
        return padded_cell(grid, settings.padding, settings.sampling, (low, high), thickness)
    if specimen.period is None:
        raise no_period()
    width, height = specimen.period
    return periodic_cell(width, height, (0.0, 0.0), settings.sampling, (low, high), thickness)


def no_period() -> InputError:
    """What is wrong with a periodic cell of a specimen that does not repeat."""
    return InputError(
        "imaging.multislice.cell",
        "the specimen does not repeat, or is turned",
        value="periodic",
        allowed="auto, padded",
        remedy="use 'padded', or a scene with a film and without rotation",
    )


def thickest_slice(thickness: float) -> float:
    """Thickest slice that a specimen of this thickness (Å) may have, Å: with the room around it."""
    return max(thickness + 2.0 * _ROOM, _THINNEST)


def plane_behind(cell: Cell, slices: int) -> float:
    """z of the plane in which a wave is after so many slices, Å, counted from the atoms.

    Notes
    -----
    The engine lets a slice act where the wave enters it, but its atoms lie half a slice deeper on average:
    counted from them, the wave has flown half a slice farther than to the slices' own end.  So places of
    focus do not depend on the slices to first order in their thickness.
    """
    return cell.entrance - (slices + 0.5) * cell.slice_thickness


def exit_planes(cell: Cell, settings: MultisliceSettings) -> tuple[int, ...]:
    """Numbers of slices after which waves are kept: of each depth and of the whole cell, ascending."""
    counts = {cell.slices}
    for depth in settings.depths:
        counts.add(min(cell.slices, max(1, round(depth / cell.slice_thickness))))
    return tuple(sorted(counts))


def chosen_plane(cell: Cell, settings: MultisliceSettings) -> int:
    """The number of slices after which the imaged wave leaves.

    Raises
    ------
    InputError
        If there is no such depth.
    """
    if settings.depth == 0:
        return cell.slices
    check_depth(settings)
    depth = settings.depths[settings.depth - 1]
    return min(cell.slices, max(1, round(depth / cell.slice_thickness)))


def check_depth(settings: MultisliceSettings) -> None:
    """Refuse the number of a depth that is not listed."""
    if settings.depth > len(settings.depths):
        raise InputError(
            "imaging.multislice.depth",
            "there is no such depth",
            value=settings.depth,
            allowed=f"0 to {len(settings.depths)}",
            remedy="list the depths in imaging.multislice.depths",
        )
