"""The truth of a specimen of spherical particles in one image: maps, tables, descriptors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray, IntArray, ParticleSpecimen
from sim.imaging.thickness.chords import thickness_maps
from sim.imaging.thickness.film import film_thickness
from sim.labels import masks
from sim.labels.descriptors.groups import pure_clusters
from sim.labels.descriptors.outline import outline_descriptors
from sim.labels.descriptors.projected import projected_descriptors
from sim.labels.particles import maps, tables
from sim.labels.tables import in_field
from sim.recipe.kinds import SPECIMENS
from sim.render.appearance import Appearance, Images, Labels, Seen, Tables
from sim.render.cache import Arrays, Stage
from sim.render.described import described
from sim.specimen.aggregate.parameters import COORDINATION_TOLERANCE, GYRATION_TOLERANCE

MAPS = Stage("particle_maps", 1)
CONTACTS = Stage("contact_map", 1)
THICKNESS = Stage("particle_thickness", 1)
DESCRIPTORS = Stage("particle_descriptors", 1)
CLUSTERS = Stage("pure_clusters", 1)


class ParticleTruth:
    """Truth of posed particles; see :class:`~sim.render.appearance.Truth`."""

    def __init__(self, specimen: ParticleSpecimen, appearance: Appearance) -> None:
        self.specimen = specimen
        self.seen = appearance

    def refuse_empty(self) -> None:
        """Refuse an image without a particle."""
        if not self._inside.any():
            raise InputError(
                "pose",
                f"no particle of {self.seen.job.image_id} lies in the field",
                remedy="make the image larger or the shift smaller",
            )

    def labels(self, seen: Seen) -> Labels:
        """Maps and tables that are wanted."""
        settings = self.seen.job.labels
        wanted = settings.image_names()
        makers: dict[str, Callable[[], NDArray[Any]]] = {
            "particle_mask": lambda: self._maps.mask,
            "visible_mask": lambda: self._visible(seen),
            "instance_map": lambda: self._maps.instances,
            "overlap_map": lambda: self._maps.overlap,
            "semantic_map": lambda: self._maps.semantic,
            "contact_map": self._contacts,
            "thickness_particles": lambda: self._thickness("particles"),
            "thickness_total": lambda: self._thickness("total"),
            "thickness_first": lambda: self._thickness("first"),
            "thickness_second": lambda: self._thickness("second"),
        }
        images = {name: make() for name, make in makers.items() if name in wanted}
        return Labels(images, self._tables() if settings.particles else {})

    def facts(self, images: Images, expected: FloatArray) -> Mapping[str, Any]:
        """The model's parameters, numbers of particles, and descriptors in space and in the image."""
        del images
        ratio = self.specimen.facts.get("gyration_ratio", 1.0)
        descriptors = self._descriptors()
        coordination = descriptors["coordination_mean"]
        aim = self.specimen.facts.get("coordination_target", coordination)
        return {
            "particles": len(self.specimen),
            "particles_in_field": int(np.count_nonzero(self._inside)),
            "particles_cut_off": int(np.count_nonzero(self._cut_off)),
            **SPECIMENS[self.seen.job.specimen.kind].truth(self.seen.job.specimen),
            **self.specimen.facts,
            "gyration_missed": abs(ratio - 1.0) > GYRATION_TOLERANCE,
            "coordination_missed": aim > 0.0 and abs(coordination - aim) > COORDINATION_TOLERANCE * aim,
            **descriptors,
            **projected_descriptors(self._maps.mask, expected, self.seen.grid.pixel_size),
        }

    # --- places ------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> tuple[FloatArray, FloatArray]:
        return self.seen.places(
            np.ascontiguousarray(self.specimen.centres[:, 0]),
            np.ascontiguousarray(self.specimen.centres[:, 1]),
        )

    @cached_property
    def _inside(self) -> BoolArray:
        return in_field(*self._places, self.seen.grid)

    @property
    def _cut_off(self) -> BoolArray:
        """Which particles are seen in part only, or not at all."""
        grid, (rows, columns) = self.seen.grid, self._places
        reach = np.divide(self.specimen.radii, grid.pixel_size)
        beyond = np.logical_or(
            np.less(np.subtract(rows, reach), -0.5),
            np.greater(np.add(rows, reach), grid.height - 0.5),
        )
        aside = np.logical_or(
            np.less(np.subtract(columns, reach), -0.5),
            np.greater(np.add(columns, reach), grid.width - 0.5),
        )
        return np.logical_or(beyond, aside)

    # --- maps --------------------------------------------------------------------------------

    @cached_property
    def _maps(self) -> maps.SphereMaps:
        """Which particles, and of what, lie at every pixel."""
        own = self.specimen

        def compute() -> Arrays:
            made = maps.sphere_maps(own.centres, own.radii, own.species, **self._view())
            return {"topmost": made.topmost, "overlap": made.overlap, "semantic": made.semantic}

        made = self._cached(MAPS, [], compute)
        return maps.SphereMaps(made["topmost"], made["overlap"], made["semantic"])

    def _contacts(self) -> NDArray[np.uint8]:
        own = self.specimen

        def compute() -> Arrays:
            made = maps.contact_map(own.centres, own.radii, own.contacts, own.species, **self._view())
            return {"map": made}

        return self._cached(CONTACTS, [], compute)["map"]

    def _visible(self, seen: Seen) -> NDArray[np.uint8]:
        """Where the particles' own image is brighter than vacuum: a film would make every pixel visible."""
        bare = seen.ideal
        if self.specimen.film is not None:
            bare = self.seen.fraction_of(replace(self.specimen, film=None), seen.key)
        bare = np.subtract(bare, np.min(bare))
        return masks.visible_mask(self.seen.distorted(bare), self.seen.job.labels.visible_fraction)

    def _thickness(self, what: str) -> NDArray[np.float32]:
        """(H, W) Å of one material, all particles, or all matter."""
        own, grid = self.specimen, self.seen.padded

        def compute() -> Arrays:
            first, second = thickness_maps(
                own.centres, own.radii, own.species, 2, grid, cancel=self.seen.context.cancel
            )
            # Distorted before they are added: what lies between the pixels is never negative, so that the
            # distortion of a sum is not quite the sum of those of its parts.
            found = {"first": self.seen.distorted(first), "second": self.seen.distorted(second)}
            found["particles"] = np.add(found["first"], found["second"])
            film = 0.0 if own.film is None else self.seen.distorted(film_thickness(own.film, grid))
            return found | {"total": np.add(found["particles"], film)}

        # The margin belongs to the distortion, whose key is part of where things appear.
        return self._cached(THICKNESS, [], compute)[what].astype(np.float32)

    # --- tables ------------------------------------------------------------------------------

    @cached_property
    def _clusters(self) -> IntArray:
        own = self.specimen

        def compute() -> Arrays:
            return {"cluster": pure_clusters(own.species, own.contacts)}

        return self.seen.cached(CLUSTERS, CLUSTERS.key(None, self.seen.pose_key), compute)["cluster"]

    def _tables(self) -> Tables:
        own, grid = self.specimen, self.seen.grid
        rows, columns = self._places
        points = maps.contact_points(own.centres, own.radii, own.contacts)
        contact_rows, contact_columns = self.seen.places(
            np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
        )
        return {
            "particles": dict(
                tables.particle_table(own, rows, columns, grid, self._clusters, self._maps.topmost)
            ),
            "contacts": dict(tables.contact_table(own, points, contact_rows, contact_columns, grid)),
            "clusters": dict(tables.cluster_table(own.species, self._clusters)),
        }

    # --- scalars -----------------------------------------------------------------------------

    def _descriptors(self) -> dict[str, Any]:
        """Descriptors of the posed particles; one set for all images of them."""
        own = self.specimen

        def compute() -> Arrays:
            cancel = self.seen.context.cancel
            found = {
                **described(own, prefactor=own.facts.get("prefactor", 1.0), cancel=cancel),
                **outline_descriptors(own, cancel=cancel),
            }
            return {name: np.array(value) for name, value in found.items()}

        made = self.seen.cached(DESCRIPTORS, DESCRIPTORS.key(None, self.seen.pose_key), compute)
        return {
            name: value.item() if not value.shape else tuple(value.tolist()) for name, value in made.items()
        }

    # --- what they share ---------------------------------------------------------------------

    def _view(self) -> dict[str, Any]:
        return {"grid": self.seen.grid, "cancel": self.seen.context.cancel, **self.seen.shown_points()}

    def _cached(self, which: Stage, own: list[Any], compute: Callable[[], Arrays]) -> Arrays:
        settings = [list(self.seen.grid.shape), self.seen.grid.pixel_size, *own]
        return self.seen.cached(which, which.key(settings, self.seen.upstream), compute)
