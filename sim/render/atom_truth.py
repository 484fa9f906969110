"""The truth of a specimen of atoms in one image: masks, maps, tables of atoms and columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, BoolArray, FloatArray
from sim.labels import columns, masks, tables
from sim.noise import chain
from sim.recipe.kinds import SPECIMENS
from sim.render.appearance import Appearance, Images, Labels, Seen, Tables
from sim.render.cache import Arrays, Stage
from sim.render.label_maps import LabelMaps
from sim.render.members import PARTICLE, members_of

COLUMNS = Stage("columns", 1)
PLACES = Stage("places", chain.REVISION)
MASK = Stage("particle_mask", 1)
#: Names of the masks whose areas are compared.
GEOMETRIC, PHASE_MASK = "particle_mask", "phase_mask"


class AtomTruth:
    """Truth of posed atoms; see :class:`~sim.render.appearance.Truth`."""

    def __init__(self, specimen: AtomicSpecimen, appearance: Appearance) -> None:
        self.specimen = specimen
        self.seen = appearance
        pose = appearance.job.pose
        self.members = members_of(specimen, (pose.shift_x, pose.shift_y))
        self.maps = LabelMaps(specimen, self.members, appearance)

    def refuse_empty(self) -> None:
        """Refuse an image without an atom."""
        if not self._inside.any():
            raise InputError(
                "pose",
                f"no atom of {self.seen.job.image_id} lies in the field",
                remedy="make the image larger or the shift smaller",
            )

    def labels(self, seen: Seen) -> Labels:
        """Masks, maps and tables that are wanted."""
        settings = self.seen.job.labels
        images: Images = {}
        if settings.particle_mask:
            images[GEOMETRIC] = self._geometric_mask()
        if settings.visible_mask:
            shown = self.seen.distorted(self._fraction_of_particles(seen))
            images["visible_mask"] = masks.visible_mask(shown, settings.visible_fraction)
        images |= self.maps.images()
        found: Tables = {}
        if settings.objects:
            found |= {name: dict(table) for name, table in self.maps.tables().items()}
        if settings.atoms or settings.columns:
            found |= self._atoms_and_columns()
        return Labels(images, found)

    def facts(self, images: Images, expected: FloatArray) -> Mapping[str, Any]:
        """Numbers of atoms and objects, the bond length, and the areas of masks that are compared."""
        del expected
        return {
            "atoms": len(self.specimen),
            "atoms_in_field": int(np.count_nonzero(self._inside)),
            "bond_length": self.specimen.bond_length,
            **self._object_counts(),
            **SPECIMENS[self.seen.job.specimen.kind].truth(self.seen.job.specimen),
            **self._mask_areas(images),
        }

    # --- places ------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> tuple[FloatArray, FloatArray]:
        """Rows and columns where the atoms appear in the image."""
        x, y = self.specimen.positions[:, 0], self.specimen.positions[:, 1]
        if self.seen.field is None:
            return self.seen.places(x, y)

        def compute() -> Arrays:
            rows, columns = self.seen.places(x, y)
            return {"rows": rows, "columns": columns}

        made = self.seen.cached(PLACES, PLACES.key(None, self.seen.upstream), compute)
        return made["rows"], made["columns"]

    @cached_property
    def _inside(self) -> BoolArray:
        return tables.in_field(*self._places, self.seen.grid)

    # --- tables ------------------------------------------------------------------------------

    def _atoms_and_columns(self) -> Tables:
        settings, specimen, members = self.seen.job.labels, self.specimen, self.members
        rows, places = self._places
        which = members.looked_at
        found = self._columns(specimen.only(which), settings.column_tolerance)
        column_index = np.full(len(specimen), -1, dtype=np.int64)
        column_index[which] = found.index
        made: Tables = {}
        if settings.atoms:
            atoms = tables.atom_table(
                specimen.numbers, specimen.positions, rows, places, column_index, self.seen.grid
            )
            made["atoms"] = {**atoms, **(members.table() if specimen.objects else {})}
        if settings.columns:
            self.seen.context.cancel()
            spot = self.seen.model.spot_sigma(self.seen.job.imaging)
            resolved = columns.resolved(found, spot, settings.resolution_factor)
            made["columns"] = dict(
                tables.column_table(found, rows[which], places[which], resolved, self.seen.grid)
            )
        return made

    def _columns(self, specimen: AtomicSpecimen, tolerance: float) -> columns.Columns:
        def compute() -> Arrays:
            found = columns.find_columns(
                specimen.positions[:, 0], specimen.positions[:, 1], tolerance, self.seen.context.cancel
            )
            return {"index": found.index, "count": found.count, "x": found.x, "y": found.y}

        made = self.seen.cached(COLUMNS, COLUMNS.key(tolerance, self.seen.pose_key), compute)
        return columns.Columns(made["index"], made["count"], made["x"], made["y"])

    # --- masks -------------------------------------------------------------------------------

    def _fraction_of_particles(self, seen: Seen) -> FloatArray:
        """The image of the particles without their support: a film would make every pixel visible."""
        which = self.members.looked_at
        return seen.ideal if which.all() else self.seen.fraction_of(self.specimen.only(which), seen.key)

    def _geometric_mask(self) -> NDArray[np.uint8]:
        """Discs of the particles' atoms."""
        return self.maps.particle_mask() if self.specimen.objects else self._particle_mask()

    def _particle_mask(self) -> NDArray[np.uint8]:
        x, y = self.specimen.positions[:, 0], self.specimen.positions[:, 1]
        grid, radius = self.seen.grid, self.seen.job.labels.mask_radius * self.specimen.bond_length
        key = MASK.key([list(grid.shape), grid.pixel_size, radius], self.seen.upstream)

        def compute() -> Arrays:
            shown = self.seen.shown_points()
            cancel = self.seen.context.cancel
            return {"mask": masks.particle_mask(x, y, radius, grid, cancel=cancel, **shown)}

        return self.seen.cached(MASK, key, compute)["mask"]

    # --- scalars -----------------------------------------------------------------------------

    def _object_counts(self) -> dict[str, int]:
        """Objects of a scene, particles asked for, and particles that found room."""
        if not self.specimen.objects:
            return {}
        particles = np.array([role == PARTICLE for role in self.members.roles])
        return {
            "objects": len(self.members.roles),
            "requested": int(np.count_nonzero(particles)),
            "placed": int(np.count_nonzero(self.members.placed[particles])),
        }

    def _mask_areas(self, images: Images) -> dict[str, Any]:
        """Areas of the phase mask and of the geometric one, Å², where the first is wanted."""
        if PHASE_MASK not in images:
            return {}
        geometric = images[GEOMETRIC] if GEOMETRIC in images else self._geometric_mask()
        return masks.areas_of(images[PHASE_MASK], geometric, self.seen.grid)
