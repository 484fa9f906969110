"""Spheres that touch, posed or not, as descriptors and files see them."""

from __future__ import annotations

from typing import Protocol

from sim.core.types import FloatArray, IntArray


class Spheres(Protocol):
    """:class:`sim.core.types.Particles` or :class:`sim.core.types.ParticleSpecimen`.

    Attributes
    ----------
    centres, radii
        (N, 3) and (N,) Å.
    species
        (N,) from 0 on.
    contacts
        (C, 2) pairs that touch.
    """

    @property
    def centres(self) -> FloatArray: ...
    @property
    def radii(self) -> FloatArray: ...
    @property
    def species(self) -> IntArray: ...
    @property
    def contacts(self) -> IntArray: ...
