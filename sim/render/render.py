"""``render``: the only maker of images.

A pure function from a job to a sample.  Its stages follow one another here and nowhere else; the
window's preview, the exporter, the command line and ``regenerate`` all call it.

    structure → pose → projection → carbon background → scan distortion → dose and detector → labels
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid, Sample
from sim.imaging.model import Projected, Surroundings
from sim.labels import columns, masks, tables
from sim.noise import chain
from sim.noise.chain import NoiseParameters, WarpField
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext
from sim.render.label_maps import LabelMaps, shown_points
from sim.render.members import PARTICLE, Members, members_of
from sim.render.model_arrays import detected, detector_arrays, model_labels, surroundings, tiers_beside
from sim.render.specimen import cached, pose_key, pose_specimen, stage

PROJECTION = Stage("projection", 2)
SCAN = Stage("scan", chain.REVISION)
FRACTION = Stage("fraction", chain.REVISION)
COLUMNS = Stage("columns", 1)
PLACES = Stage("places", chain.REVISION)
MASK = Stage("particle_mask", 1)
BARE = Stage("particles_alone", 1)
#: Names of the masks whose areas are compared.
GEOMETRIC, PHASE_MASK = "particle_mask", "phase_mask"

#: Before the names of a model's further arrays and scalars, where they are kept.
_EXTRA, _FACT = "extra.", "fact."
#: Margins of models with a computing cell are multiples of this many pixels.
MARGIN_STEP = 8


def render(job: Job, context: RenderContext) -> Sample:
    """Make one image with its truth.

    Parameters
    ----------
    job
        The fully resolved job.
    context
        Structures of the job, cache, cancel and progress; never changes the result.

    Raises
    ------
    InputError
        If the settings turn out impossible: no atom in the field, more than the whole beam detected.
    Cancelled
        If ``context.cancel`` says so.
    """
    return _Rendering(job, context).sample()


def given_to_model(job: Job, context: RenderContext) -> tuple[AtomicSpecimen, ImageGrid, Surroundings]:
    """The posed specimen, the image with its margin, and the surroundings that the imaging model gets.

    Who asks the model for more than its image with these finds what :func:`render` has kept in the cache.

    Parameters
    ----------
    job, context
        As of :func:`render`.
    """
    rendering = _Rendering(job, context)
    specimen, _ = pose_specimen(job, context)
    field = rendering._warp_field()
    grid = rendering.grid.padded(0 if field is None else field.margin)
    return specimen, grid, surroundings(job, context)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where atoms appear in the image, pixels."""

    rows: FloatArray
    columns: FloatArray


@dataclass(frozen=True, eq=False)
class _Ideal:
    """The specimen's ideal image and its margin, with that grid and the stage key."""

    grid: ImageGrid
    projected: Projected
    key: str

    @property
    def fraction(self) -> FloatArray:
        """(H, W) fraction of the beam."""
        return self.projected.fraction


class _Rendering:
    """One job on its way through the stages; each method is one stage."""

    def __init__(self, job: Job, context: RenderContext) -> None:
        self.job = job
        self.context = context
        self.grid = ImageGrid(_pixels(job.image.height), _pixels(job.image.width), job.image.pixel_size)
        self.noise: NoiseParameters = job.noise.plain()
        self.model = IMAGING[job.imaging.model]
        self.tier = chain.tier(self.noise, self.model.tier)
        self._pose_key = pose_key(job)
        self._around = surroundings(job, context)
        self._scan_key = SCAN.key(
            [job.noise.scan.digest, list(self.grid.shape), self.grid.pixel_size], stream=job.noise_seed
        )

    def sample(self) -> Sample:
        specimen, quaternion = pose_specimen(self.job, self.context)
        field = self._warp_field()
        places = self._places(specimen, field)
        inside = tables.in_field(places.rows, places.columns, self.grid)
        if not inside.any():
            raise InputError(
                "pose",
                f"no atom of {self.job.image_id} lies in the field",
                remedy="make the image larger or the shift smaller",
            )
        members = members_of(specimen, (self.job.pose.shift_x, self.job.pose.shift_y))
        ideal = self._ideal(specimen, field)
        fraction = self._fraction(ideal, field)
        self._stage("detector")
        expected = chain.expectation(fraction, self.noise, self.grid.pixel_size)
        counts = detected(expected, self.job, self.noise, self.job.noise_seed, self.context)
        extras = detector_arrays(ideal.projected.extras, self.job, self.noise, self.grid, field, self.context)
        self._stage("labels")
        label_images, label_tables = self._labels(specimen, members, field, places, ideal)
        own = model_labels(specimen, ideal.grid, self.job, field, self._around)
        quaternion_values = tuple(float(value) for value in quaternion)
        return Sample(
            image=chain.stored(counts, self.job.count_dtype),
            clean=expected.astype(np.float32),
            labels={**label_images, **own.images},
            tables=label_tables,
            truth={
                "quaternion": quaternion_values,
                "atoms": len(specimen),
                "atoms_in_field": int(np.count_nonzero(inside)),
                "bond_length": specimen.bond_length,
                "electrons_per_pixel": chain.electrons_per_pixel(self.noise, self.grid.pixel_size),
                "largest_fraction": float(np.max(fraction)),
                "saturated_pixels": chain.saturated_pixels(counts, self.noise, self.job.count_dtype),
                **_object_counts(specimen, members),
                **ideal.projected.truth,
                **self._mask_areas({**label_images, **own.images}, specimen, members, field),
            },
            tier=self.tier,
            extras={**extras, **own.extras},
            tiers=tiers_beside(self.tier, self.model, self.job.labels),
        )

    # --- stages ------------------------------------------------------------------------------

    def _warp_field(self) -> WarpField | None:
        if self.noise.scan.still:
            return None

        def compute() -> Arrays:
            self._stage("scan")
            made = chain.warp_field(self.grid, self.noise, self.job.noise_seed)
            assert made is not None
            return {"dx": made.dx, "dy": made.dy, "margin": np.array(made.margin)}

        field = self._cached(SCAN, self._scan_key, compute)
        margin = int(field["margin"])
        if self.model.tier == "B":
            # Another margin means another computing cell: whole steps of it let images share their waves.
            margin = -(-margin // MARGIN_STEP) * MARGIN_STEP
        return WarpField(self.grid, field["dx"], field["dy"], margin)

    def _ideal(self, specimen: AtomicSpecimen, field: WarpField | None) -> _Ideal:
        """The specimen's own fraction of the beam."""
        padded = self.grid.padded(0 if field is None else field.margin)
        settings = [self.job.imaging.digest, self.model.revision, list(padded.shape), padded.pixel_size]
        key = PROJECTION.key(settings, self._pose_key)

        def project() -> Arrays:
            self._stage("projection")
            made = self.model.project(specimen, padded, self.job.imaging, self._around)
            named = {f"{_EXTRA}{name}": array for name, array in made.extras.items()}
            facts = {f"{_FACT}{name}": np.array(value) for name, value in made.truth.items()}
            return {"fraction": made.fraction, **named, **facts}

        kept = self._cached(PROJECTION, key, project)
        return _Ideal(padded, _projected(kept), key)

    def _fraction(self, ideal: _Ideal, field: WarpField | None) -> FloatArray:
        """Fraction of the beam detected at every pixel, after background and scan distortion."""
        if field is None and not self.noise.background.present:
            return ideal.fraction

        def distort() -> Arrays:
            self._stage("background")
            image = ideal.fraction
            if self.noise.background.present:
                # It also refuses more than the whole beam, which |ψ|² of a TEM image may well exceed.
                image = chain.add_background(
                    image, ideal.grid, self.noise, self.job.noise_seed, self.context.cancel
                )
            return {"fraction": image if field is None else field.image(image)}

        settings = [self.job.noise.background.digest, self._scan_key]
        return self._cached(FRACTION, FRACTION.key(settings, ideal.key, self.job.noise_seed), distort)[
            "fraction"
        ]

    def _places(self, specimen: AtomicSpecimen, field: WarpField | None) -> _Places:
        x, y = specimen.positions[:, 0], specimen.positions[:, 1]
        if field is None:
            return _Places(*self._appears(x, y, None))

        def compute() -> Arrays:
            rows, columns = self._appears(x, y, field)
            return {"rows": rows, "columns": columns}

        made = self._cached(PLACES, PLACES.key(None, self._pose_key + self._scan_key), compute)
        return _Places(made["rows"], made["columns"])

    def _appears(
        self, x: FloatArray, y: FloatArray, field: WarpField | None
    ) -> tuple[FloatArray, FloatArray]:
        """Row and column where points of the specimen appear in the image."""
        if field is not None:
            found = field.points(x, y, self.context.cancel)
            x, y = found.x, found.y
        return self.grid.rows_of(y), self.grid.columns_of(x)

    def _labels(
        self,
        specimen: AtomicSpecimen,
        members: Members,
        field: WarpField | None,
        places: _Places,
        ideal: _Ideal,
    ) -> tuple[dict[str, NDArray[Any]], dict[str, dict[str, NDArray[Any]]]]:
        settings = self.job.labels
        cancel = self.context.cancel
        label_maps = self._label_maps(specimen, members, field)
        images: dict[str, NDArray[Any]] = {}
        if settings.particle_mask:
            images[GEOMETRIC] = self._geometric_mask(label_maps, specimen, field)
        if settings.visible_mask:
            shown = self._fraction_of_particles(specimen, members, ideal)
            shown = shown if field is None else field.image(shown)
            images["visible_mask"] = masks.visible_mask(shown, settings.visible_fraction)
        images |= label_maps.images()
        found_tables: dict[str, dict[str, NDArray[Any]]] = {}
        if settings.objects:
            described = label_maps.tables(lambda x, y: self._appears(x, y, field))
            found_tables |= {name: dict(table) for name, table in described.items()}
        if settings.atoms or settings.columns:
            which = members.looked_at
            found = self._columns(specimen.only(which), settings.column_tolerance)
            column_index = np.full(len(specimen), -1, dtype=np.int64)
            column_index[which] = found.index
            if settings.atoms:
                atoms = tables.atom_table(
                    specimen.numbers,
                    specimen.positions,
                    places.rows,
                    places.columns,
                    column_index,
                    self.grid,
                )
                found_tables["atoms"] = {**atoms, **(members.table() if specimen.objects else {})}
            if settings.columns:
                cancel()
                resolved = columns.resolved(
                    found, self.model.spot_sigma(self.job.imaging), settings.resolution_factor
                )
                found_tables["columns"] = dict(
                    tables.column_table(found, places.rows[which], places.columns[which], resolved, self.grid)
                )
        return images, found_tables

    def _fraction_of_particles(self, specimen: AtomicSpecimen, members: Members, ideal: _Ideal) -> FloatArray:
        """The image of the particles without their support: a film would make every pixel visible."""
        which = members.looked_at
        if which.all():
            return ideal.fraction

        def project() -> Arrays:
            return {
                "fraction": self.model.project(
                    specimen.only(which), ideal.grid, self.job.imaging, self._around
                ).fraction
            }

        return self._cached(BARE, BARE.key(None, ideal.key), project)["fraction"]

    def _upstream(self, field: WarpField | None) -> str:
        """Key of where things appear in the image."""
        return self._pose_key if field is None else self._pose_key + self._scan_key

    def _label_maps(self, specimen: AtomicSpecimen, members: Members, field: WarpField | None) -> LabelMaps:
        upstream = self._upstream(field)
        return LabelMaps(specimen, members, self.grid, field, self.job.labels, upstream, self.context)

    def _geometric_mask(
        self, label_maps: LabelMaps, specimen: AtomicSpecimen, field: WarpField | None
    ) -> NDArray[np.uint8]:
        """Discs of the particles' atoms."""
        return label_maps.particle_mask() if specimen.objects else self._particle_mask(specimen, field)

    def _particle_mask(self, specimen: AtomicSpecimen, field: WarpField | None) -> NDArray[np.uint8]:
        x, y = specimen.positions[:, 0], specimen.positions[:, 1]
        radius = self.job.labels.mask_radius * specimen.bond_length
        key = MASK.key([list(self.grid.shape), self.grid.pixel_size, radius], self._upstream(field))

        def compute() -> Arrays:
            shown = shown_points(self.grid, field)
            return {"mask": masks.particle_mask(x, y, radius, self.grid, cancel=self.context.cancel, **shown)}

        return self._cached(MASK, key, compute)["mask"]

    def _columns(self, specimen: AtomicSpecimen, tolerance: float) -> columns.Columns:
        def compute() -> Arrays:
            found = columns.find_columns(
                specimen.positions[:, 0], specimen.positions[:, 1], tolerance, self.context.cancel
            )
            return {"index": found.index, "count": found.count, "x": found.x, "y": found.y}

        made = self._cached(COLUMNS, COLUMNS.key(tolerance, self._pose_key), compute)
        return columns.Columns(made["index"], made["count"], made["x"], made["y"])

    def _mask_areas(
        self,
        images: Mapping[str, NDArray[Any]],
        specimen: AtomicSpecimen,
        members: Members,
        field: WarpField | None,
    ) -> dict[str, Any]:
        """Areas of the phase mask and of the geometric one, Å², where the first is wanted."""
        if PHASE_MASK not in images:
            return {}
        geometric = images.get(GEOMETRIC)
        if geometric is None:
            geometric = self._geometric_mask(self._label_maps(specimen, members, field), specimen, field)
        return masks.areas_of(images[PHASE_MASK], geometric, self.grid)

    # --- surroundings ------------------------------------------------------------------------

    def _cached(self, which: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        return cached(self.context, which, key, compute)

    def _stage(self, name: str) -> None:
        stage(self.context, name)


def _projected(kept: Arrays) -> Projected:
    """What the model made, from the arrays that are kept."""
    extras = {name.removeprefix(_EXTRA): array for name, array in kept.items() if name.startswith(_EXTRA)}
    truth = {name.removeprefix(_FACT): array.item() for name, array in kept.items() if name.startswith(_FACT)}
    return Projected(kept["fraction"], extras, truth)


def _object_counts(specimen: AtomicSpecimen, members: Members) -> dict[str, int]:
    """Objects of a scene, particles asked for, and particles that found room."""
    if not specimen.objects:
        return {}
    particles = np.array([role == PARTICLE for role in members.roles])
    return {
        "objects": len(members.roles),
        "requested": int(np.count_nonzero(particles)),
        "placed": int(np.count_nonzero(members.placed[particles])),
    }


def _pixels(side: int | str) -> int:
    if not isinstance(side, int):
        raise InputError(
            "image",
            "an image's size must be resolved before it is rendered",
            value=side,
            remedy="make a plan first",
        )
    return side
