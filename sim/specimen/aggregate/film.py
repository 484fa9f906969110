"""The support film of an aggregate: where its surface and its holes lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.types import FilmPart, FloatArray, Particles, on_position_grid
from sim.numerics.streams import Stream

if TYPE_CHECKING:
    from sim.specimen.aggregate.settings import AggregateSpecimen

#: Half the square root of 3: height of an equilateral triangle of side 1.
TRIANGLE_HEIGHT = float.fromhex("0x1.bb67ae8584caap-1")


def film_part(settings: AggregateSpecimen, particles: Particles, seed: int) -> FloatArray:
    """The film that carries the particles, as ``Particles.parts["film"]`` holds it.

    Parameters
    ----------
    settings
        Whose film it is; its thickness may be 0.
    particles
        The film's upper surface touches the lowest of their spheres.
    seed
        Keys the place of the holes: a uniformly random shift of their lattice.

    Returns
    -------
    (7,) Å, :class:`~sim.core.types.FilmPart`.
    """
    film = settings.film
    surface = float(np.min(np.subtract(particles.centres[:, 2], particles.radii)))
    if film.holes == "none":
        return np.array([*FilmPart(film.thickness, 0.0, 0.0, 0.0, 0.0, 0.0, surface)])
    hexagonal = film.holes == "hexagonal"
    across, along = Stream(seed, "aggregate", "film").uniforms(2).tolist()
    x = (across + 0.5 * along if hexagonal else across) * film.hole_spacing
    y = (along * TRIANGLE_HEIGHT if hexagonal else along) * film.hole_spacing
    hole = on_position_grid(np.array([x, y])).tolist()
    lattice = float(hexagonal)
    part = FilmPart(film.thickness, film.hole_radius, film.hole_spacing, lattice, hole[0], hole[1], surface)
    return np.array([*part])
