"""The label images and tables that are about the objects of a specimen, in the geometry of its image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.types import AtomicSpecimen, BoolArray, FloatArray, ImageGrid, IntArray
from sim.imaging.gaussian import COARSEST_SAMPLED_SIGMA
from sim.imaging.projection import project
from sim.labels import maps, objects, thickness, traces
from sim.labels.settings import LabelSettings
from sim.labels.tables import Table
from sim.render.appearance import Appearance
from sim.render.cache import Arrays, Stage
from sim.render.members import Members

TOPMOST = Stage("topmost_atom", 1)
OVERLAP = Stage("overlap_map", 1)
TRACES = Stage("defect_traces", 1)
THICKNESS = Stage("thickness", 1)

#: Half the width of the window that an atom's volume is spread over, in σ: 6e-7 of it lies beyond.
_REACH = 5.0

Image = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LabelMaps:
    """Maps of one image; each is made when it is asked for.

    Attributes
    ----------
    seen
        Where things appear in the image.
    """

    specimen: AtomicSpecimen
    members: Members
    seen: Appearance

    @property
    def grid(self) -> ImageGrid:
        """Pixels of the image."""
        return self.seen.grid

    @property
    def settings(self) -> LabelSettings:
        """What is stored, and its definitions."""
        return self.seen.job.labels

    @property
    def cancel(self) -> Callable[[], None]:
        """Raises when the user wants to stop."""
        return self.seen.context.cancel

    def images(self) -> dict[str, Image]:
        """The maps that are wanted, by name."""
        wanted = self.settings.image_names()
        makers: dict[str, Callable[[], Image]] = {
            "instance_map": self._instances,
            "overlap_map": self._overlap,
            "grain_map": self._grains,
            "domain_map": self._domains,
            "defect_traces": self._traces,
            "thickness_particles": lambda: self._thickness("particles").astype(np.float32),
            "thickness_total": lambda: np.add(self._thickness("particles"), self._thickness("rest")).astype(
                np.float32
            ),
        }
        for number in self.settings.elements:
            makers[f"composition_{number}"] = lambda number=number: self._thickness(number).astype(  # type: ignore[misc]
                np.float32
            )
        return {name: make() for name, make in makers.items() if name in wanted}

    def tables(self) -> dict[str, Table]:
        """The tables of objects and planes."""
        own = self.members
        atoms = np.bincount(own.objects, minlength=len(own.roles) + 1)[1:]
        row, column = self.seen.places(own.origins[:, 0], own.origins[:, 1])
        described = objects.object_table(
            own.roles, own.placed, atoms, own.radii, own.origins[:, 2], row, column, self.grid
        )
        row, column = self.seen.places(own.planes[:, 5], own.planes[:, 6])
        return {"objects": described, "planes": objects.plane_table(own.planes, row, column, self.grid)}

    def particle_mask(self) -> NDArray[np.uint8]:
        """(H, W) uint8, 1 where a particle's disc covers the pixel."""
        return np.greater_equal(self._topmost(), 0).astype(np.uint8)

    # --- maps --------------------------------------------------------------------------------

    def _instances(self) -> Image:
        return maps.seen(self._topmost(), self._of_particles(self.members.objects), np.uint16)

    def _grains(self) -> Image:
        own = self.members
        numbers = maps.grain_numbers(self._of_particles(own.objects), self._of_particles(own.grain))
        return maps.seen(self._topmost(), numbers, np.uint16)

    def _domains(self) -> Image:
        numbers = maps.domain_numbers(self._of_particles(self.members.side))
        return maps.seen(self._topmost(), numbers, np.uint8)

    def _topmost(self) -> IntArray:
        """(H, W) which of the particles' atoms is seen at every pixel."""

        def compute() -> Arrays:
            return {"atom": self._seen_of(self.members.particle)}

        return self._cached(TOPMOST, [], compute)["atom"]

    def _overlap(self) -> Image:
        def compute() -> Arrays:
            x, y, _, radius = self._discs(self.members.particle)
            owner = self._of_particles(self.members.objects)
            count = maps.overlap_map(
                x, y, radius, owner, self.grid, cancel=self.cancel, **self.seen.shown_points()
            )
            return {"count": count}

        return self._cached(OVERLAP, [], compute)["count"]

    def _traces(self) -> Image:
        own = self.members

        def compute() -> Arrays:
            planes = own.planes
            of_particles = np.array([role == "particle" for role in own.roles])
            shown = of_particles[np.subtract(planes[:, 0].astype(np.int64), 1)]
            kinds = traces.beside_planes(
                self.specimen.positions, own.objects, own.side, planes[shown], own.bonds, self.cancel
            )
            beside = np.not_equal(kinds, 0)
            return {"kind": maps.seen(self._seen_of(beside), kinds[beside], np.uint8)}

        return self._cached(TRACES, [], compute)["kind"]

    def _thickness(self, what: str | int) -> FloatArray:
        """(H, W) Å of the particles, the rest, or one element."""
        own, specimen, sigma = self.members, self.specimen, self.settings.thickness_blur
        grid = self.seen.padded
        if what == "particles":
            which = own.particle
        elif what == "rest":
            which = np.logical_not(own.particle)
        else:
            which = np.equal(specimen.numbers, what)

        def spread(positions: FloatArray, volumes: FloatArray) -> FloatArray:
            return project(
                positions,
                volumes,
                grid,
                sigma,
                integrate=sigma < COARSEST_SAMPLED_SIGMA * grid.pixel_size,
                reach=_REACH,
                normalisation="area",
                cancel=self.cancel,
            )

        def compute() -> Arrays:
            found = thickness.thickness(specimen.positions, own.volumes, which, spread)
            return {"thickness": self.seen.distorted(found)}

        return self._cached(THICKNESS, [what, sigma], compute)["thickness"]

    # --- what they share ---------------------------------------------------------------------

    def _of_particles(self, values: IntArray) -> IntArray:
        return values[self.members.particle]

    def _seen_of(self, which: BoolArray) -> IntArray:
        """(H, W) which of some atoms is seen at every pixel."""
        x, y, z, radius = self._discs(which)
        return maps.topmost_atom(x, y, z, radius, self.grid, cancel=self.cancel, **self.seen.shown_points())

    def _discs(self, which: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """x, y, z and radius of the discs of some atoms, Å."""
        own = self.members
        positions = self.specimen.positions[which]
        radii = np.multiply(own.bonds, self.settings.mask_radius)
        radius = radii[np.subtract(own.objects[which], 1)]
        return positions[:, 0], positions[:, 1], positions[:, 2], radius

    def _cached(self, which: Stage, own: list[Any], compute: Callable[[], Arrays]) -> Arrays:
        settings = [list(self.grid.shape), self.grid.pixel_size, self.settings.mask_radius, *own]
        return self.seen.cached(which, which.key(settings, self.seen.upstream), compute)
