"""``render``: the only maker of images.

A pure function from a job to a sample.  Its stages follow one another here and nowhere else; the
window's preview, the exporter, the command line and ``regenerate`` all call it.

    structure → pose → projection → carbon background → scan distortion → dose and detector → labels
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid, Sample, Structure
from sim.labels import columns, masks, tables
from sim.noise import chain
from sim.noise.chain import NoiseParameters, WarpField
from sim.recipe.kinds import IMAGING, SPECIMENS
from sim.recipe.model import Job
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext
from sim.specimen import pose as posing

BOND = Stage("bond_length", 1)
POSE = Stage("pose", 1)
PROJECTION = Stage("projection", 1)
SCAN = Stage("scan", chain.REVISION)
FRACTION = Stage("fraction", chain.REVISION)
COLUMNS = Stage("columns", 1)
PLACES = Stage("places", chain.REVISION)
MASK = Stage("particle_mask", 1)


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


@dataclass(frozen=True, eq=False)
class _Places:
    """Where atoms appear in the image, pixels."""

    rows: FloatArray
    columns: FloatArray


@dataclass(frozen=True, eq=False)
class _Ideal:
    """The specimen's fraction of the beam on the image and its margin, with that grid and the stage key."""

    grid: ImageGrid
    fraction: FloatArray
    key: str


class _Rendering:
    """One job on its way through the stages; each method is one stage."""

    def __init__(self, job: Job, context: RenderContext) -> None:
        self.job = job
        self.context = context
        self.grid = ImageGrid(_pixels(job.image.height), _pixels(job.image.width), job.image.pixel_size)
        self.noise: NoiseParameters = job.noise.plain()
        self.model = IMAGING[job.imaging.model]
        self._pose_key = POSE.key(
            [job.specimen.digest, job.pose.digest, list(job.structures)], stream=job.orientation_seed
        )
        self._scan_key = SCAN.key(
            [job.noise.scan.digest, list(self.grid.shape), self.grid.pixel_size], stream=job.noise_seed
        )

    def sample(self) -> Sample:
        specimen, quaternion = self._posed()
        field = self._warp_field()
        places = self._places(specimen, field)
        inside = tables.in_field(places.rows, places.columns, self.grid)
        if not inside.any():
            raise InputError(
                "pose",
                f"no atom of {self.job.image_id} lies in the field",
                remedy="make the image larger or the shift smaller",
            )
        ideal = self._ideal(specimen, field)
        fraction = self._fraction(ideal, field)
        self._stage("detector")
        expected = chain.expectation(fraction, self.noise, self.grid.pixel_size)
        counts = chain.detect(
            expected, self.noise, self.job.noise_seed, tier=self.model.tier, cancel=self.context.cancel
        )
        self._stage("labels")
        label_images, label_tables = self._labels(specimen, field, places, ideal)
        quaternion_values = tuple(float(value) for value in quaternion)
        return Sample(
            image=chain.stored(counts, self.job.count_dtype),
            clean=expected.astype(np.float32),
            labels=label_images,
            tables=label_tables,
            truth={
                "quaternion": quaternion_values,
                "atoms": len(specimen),
                "atoms_in_field": int(np.count_nonzero(inside)),
                "bond_length": specimen.bond_length,
                "electrons_per_pixel": chain.electrons_per_pixel(self.noise, self.grid.pixel_size),
                "largest_fraction": float(np.max(fraction)),
                "saturated_pixels": chain.saturated_pixels(counts, self.noise, self.job.count_dtype),
            },
            tier=self.model.tier,
        )

    # --- stages ------------------------------------------------------------------------------

    def _posed(self) -> tuple[AtomicSpecimen, FloatArray]:
        job = self.job

        def compute() -> Arrays:
            self._stage("structure")
            structures = tuple(self._structure(sha256) for sha256 in job.structures)
            atoms = SPECIMENS[job.specimen.kind].build(job.specimen, structures, job.orientation_seed)
            quaternion = job.pose.quaternion(job.orientation_seed, atoms.cell)
            shift = (job.pose.shift_x, job.pose.shift_y)
            return {
                "numbers": atoms.numbers.copy(),
                "positions": posing.apply_pose(atoms.positions, quaternion, shift),
                "quaternion": quaternion,
                "bond_length": self._bond_length(atoms),
            }

        made = self._cached(POSE, self._pose_key, compute)
        specimen = AtomicSpecimen(made["numbers"], made["positions"], float(made["bond_length"][0]))
        return specimen, made["quaternion"]

    def _bond_length(self, atoms: Structure) -> FloatArray:
        """One number a structure, not a pose: computed once for all images of a structure."""

        def compute() -> Arrays:
            return {"bond_length": np.array([posing.bond_length(atoms.positions)])}

        return self._cached(BOND, BOND.key(None, atoms.sha256), compute)["bond_length"]

    def _structure(self, sha256: str) -> Structure:
        try:
            return self.context.structures[sha256]
        except KeyError:
            raise InputError(
                self.job.image_id,
                f"its structure with sha256 {sha256[:12]}… is not there",
                remedy="restore the dataset's structures folder",
            ) from None

    def _warp_field(self) -> WarpField | None:
        if self.noise.scan.still:
            return None

        def compute() -> Arrays:
            self._stage("scan")
            made = chain.warp_field(self.grid, self.noise, self.job.noise_seed)
            assert made is not None
            return {"dx": made.dx, "dy": made.dy, "margin": np.array(made.margin)}

        field = self._cached(SCAN, self._scan_key, compute)
        return WarpField(self.grid, field["dx"], field["dy"], int(field["margin"]))

    def _ideal(self, specimen: AtomicSpecimen, field: WarpField | None) -> _Ideal:
        """The specimen's own fraction of the beam."""
        padded = self.grid.padded(0 if field is None else field.margin)
        settings = [self.job.imaging.digest, self.model.revision, list(padded.shape), padded.pixel_size]
        key = PROJECTION.key(settings, self._pose_key)

        def project() -> Arrays:
            self._stage("projection")
            return {"fraction": self.model.project(specimen, padded, self.job.imaging, self.context.cancel)}

        return _Ideal(padded, self._cached(PROJECTION, key, project)["fraction"], key)

    def _fraction(self, ideal: _Ideal, field: WarpField | None) -> FloatArray:
        """Fraction of the beam detected at every pixel, after background and scan distortion."""
        if field is None and not self.noise.background.present:
            return ideal.fraction

        def distort() -> Arrays:
            self._stage("background")
            image = chain.add_background(
                ideal.fraction, ideal.grid, self.noise, self.job.noise_seed, self.context.cancel
            )
            return {"fraction": image if field is None else field.image(image)}

        settings = [self.job.noise.background.digest, self._scan_key]
        return self._cached(FRACTION, FRACTION.key(settings, ideal.key, self.job.noise_seed), distort)[
            "fraction"
        ]

    def _places(self, specimen: AtomicSpecimen, field: WarpField | None) -> _Places:
        x, y = specimen.positions[:, 0], specimen.positions[:, 1]
        if field is None:
            return _Places(self.grid.rows_of(y), self.grid.columns_of(x))

        def compute() -> Arrays:
            found = field.points(x, y, self.context.cancel)
            return {"x": found.x, "y": found.y}

        made = self._cached(PLACES, PLACES.key(None, self._pose_key + self._scan_key), compute)
        return _Places(self.grid.rows_of(made["y"]), self.grid.columns_of(made["x"]))

    def _labels(
        self, specimen: AtomicSpecimen, field: WarpField | None, places: _Places, ideal: _Ideal
    ) -> tuple[dict[str, NDArray[Any]], dict[str, dict[str, NDArray[Any]]]]:
        settings = self.job.labels
        cancel = self.context.cancel
        images: dict[str, NDArray[Any]] = {}
        if settings.particle_mask:
            images["particle_mask"] = self._particle_mask(specimen, field)
        if settings.visible_mask:
            # The specimen without its support: a film would make every pixel visible.
            shown = ideal.fraction if field is None else field.image(ideal.fraction)
            images["visible_mask"] = masks.visible_mask(shown, settings.visible_fraction)
        found_tables: dict[str, dict[str, NDArray[Any]]] = {}
        if settings.atoms or settings.columns:
            found = self._columns(specimen, settings.column_tolerance)
            if settings.atoms:
                found_tables["atoms"] = dict(
                    tables.atom_table(
                        specimen.numbers,
                        specimen.positions,
                        places.rows,
                        places.columns,
                        found.index,
                        self.grid,
                    )
                )
            if settings.columns:
                cancel()
                resolved = columns.resolved(
                    found, self.model.spot_sigma(self.job.imaging), settings.resolution_factor
                )
                found_tables["columns"] = dict(
                    tables.column_table(found, places.rows, places.columns, resolved, self.grid)
                )
        return images, found_tables

    def _particle_mask(self, specimen: AtomicSpecimen, field: WarpField | None) -> NDArray[np.uint8]:
        x, y = specimen.positions[:, 0], specimen.positions[:, 1]
        grid = self.grid
        upstream = self._pose_key if field is None else self._pose_key + self._scan_key
        key = MASK.key([list(grid.shape), grid.pixel_size], upstream)

        def compute() -> Arrays:
            shown: dict[str, FloatArray] = {}
            if field is not None:
                shown["sample_x"] = np.add(grid.x_of(np.arange(grid.width, dtype=np.float64)), field.dx)
                shown["sample_y"] = np.add(
                    grid.y_of(np.arange(grid.height, dtype=np.float64))[:, np.newaxis], field.dy
                )
            mask = masks.particle_mask(
                x, y, 0.5 * specimen.bond_length, grid, cancel=self.context.cancel, **shown
            )
            return {"mask": mask}

        return self._cached(MASK, key, compute)["mask"]

    def _columns(self, specimen: AtomicSpecimen, tolerance: float) -> columns.Columns:
        def compute() -> Arrays:
            found = columns.find_columns(
                specimen.positions[:, 0], specimen.positions[:, 1], tolerance, self.context.cancel
            )
            return {"index": found.index, "count": found.count, "x": found.x, "y": found.y}

        made = self._cached(COLUMNS, COLUMNS.key(tolerance, self._pose_key), compute)
        return columns.Columns(made["index"], made["count"], made["x"], made["y"])

    # --- surroundings ------------------------------------------------------------------------

    def _cached(self, stage: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        self.context.cancel()
        return compute() if self.context.cache is None else self.context.cache.get(stage, key, compute)

    def _stage(self, name: str) -> None:
        self.context.cancel()
        self.context.progress(name)


def _pixels(side: int | str) -> int:
    if not isinstance(side, int):
        raise InputError(
            "image",
            "an image's size must be resolved before it is rendered",
            value=side,
            remedy="make a plan first",
        )
    return side
