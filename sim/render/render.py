"""``render``: the only maker of images.

A pure function from a job to a sample.  Its stages follow one another here and nowhere else; the
window's preview, the exporter, the command line and ``regenerate`` all call it.

    structure → pose → projection → carbon background → scan distortion → dose and detector → labels

What a specimen consists of is the business of its yield's own modules: see ``sim.render.specimen``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, ImageGrid, Sample
from sim.imaging.model import Projected, Surroundings
from sim.noise import chain
from sim.noise.chain import NoiseParameters, WarpField
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job
from sim.render.appearance import Appearance, Seen
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext
from sim.render.model_arrays import detected, detector_arrays, model_labels, surroundings, tiers_beside
from sim.render.specimen import matter_of
from sim.render.stages import cached, pose_key, stage

PROJECTION = Stage("projection", 2)
SCAN = Stage("scan", chain.REVISION)
FRACTION = Stage("fraction", chain.REVISION)

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
        If the settings turn out impossible: nothing in the field, more than the whole beam detected.
    Cancelled
        If ``context.cancel`` says so.
    """
    return _Rendering(job, context).sample()


def given_to_model(job: Job, context: RenderContext) -> tuple[Any, ImageGrid, Surroundings]:
    """The posed specimen, the image with its margin, and the surroundings that the imaging model gets.

    Who asks the model for more than its image with these finds what :func:`render` has kept in the cache.

    Parameters
    ----------
    job, context
        As of :func:`render`.
    """
    rendering = _Rendering(job, context)
    specimen, _ = rendering.matter.pose(job, context)
    return specimen, rendering.padded, surroundings(job, context)


@dataclass(frozen=True, eq=False)
class _Ideal:
    """The specimen's ideal image with its margin, and the stage key."""

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
        self.matter = matter_of(job)
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
        specimen, quaternion = self.matter.pose(self.job, self.context)
        truth = self.matter.truth(specimen, self._appearance())
        truth.refuse_empty()
        ideal = self._ideal(specimen)
        fraction = self._fraction(ideal)
        self._stage("detector")
        expected = chain.expectation(fraction, self.noise, self.grid.pixel_size)
        counts = detected(expected, self.job, self.noise, self.job.noise_seed, self.context)
        extras = detector_arrays(
            ideal.projected.extras, self.job, self.noise, self.grid, self.field, self.context
        )
        self._stage("labels")
        labels = truth.labels(Seen(ideal.fraction, ideal.key))
        own = model_labels(specimen, self.padded, self.job, self.field, self._around)
        images = {**labels.images, **own.images}
        return Sample(
            image=chain.stored(counts, self.job.count_dtype),
            clean=expected.astype(np.float32),
            labels=images,
            tables=labels.tables,
            truth={
                "quaternion": tuple(float(value) for value in quaternion),
                "electrons_per_pixel": chain.electrons_per_pixel(self.noise, self.grid.pixel_size),
                "largest_fraction": float(np.max(fraction)),
                "saturated_pixels": chain.saturated_pixels(counts, self.noise, self.job.count_dtype),
                **truth.facts(images, expected),
                **ideal.projected.truth,
            },
            tier=self.tier,
            extras={**extras, **own.extras},
            tiers=tiers_beside(self.tier, self.model, self.job.labels, self.matter.tables),
        )

    # --- stages ------------------------------------------------------------------------------

    @cached_property
    def field(self) -> WarpField | None:
        """The scan distortion; None where nothing moves."""
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

    @property
    def padded(self) -> ImageGrid:
        """The image with the margin that its distortion needs."""
        return self.grid.padded(0 if self.field is None else self.field.margin)

    def _appearance(self) -> Appearance:
        return Appearance(
            job=self.job,
            context=self.context,
            model=self.model,
            around=self._around,
            grid=self.grid,
            padded=self.padded,
            field=self.field,
            pose_key=self._pose_key,
            scan_key=self._scan_key,
        )

    def _ideal(self, specimen: Any) -> _Ideal:
        """The specimen's own fraction of the beam."""
        padded = self.padded
        settings = [self.job.imaging.digest, self.model.revision, list(padded.shape), padded.pixel_size]
        key = PROJECTION.key(settings, self._pose_key)

        def project() -> Arrays:
            self._stage("projection")
            made = self.model.project(specimen, padded, self.job.imaging, self._around)
            named = {f"{_EXTRA}{name}": array for name, array in made.extras.items()}
            facts = {f"{_FACT}{name}": np.array(value) for name, value in made.truth.items()}
            return {"fraction": made.fraction, **named, **facts}

        return _Ideal(_projected(self._cached(PROJECTION, key, project)), key)

    def _fraction(self, ideal: _Ideal) -> FloatArray:
        """Fraction of the beam detected at every pixel, after background and scan distortion."""
        field = self.field
        if field is None and not self.noise.background.present:
            return ideal.fraction

        def distort() -> Arrays:
            self._stage("background")
            image = ideal.fraction
            if self.noise.background.present:
                # It also refuses more than the whole beam, which |ψ|² of a TEM image may well exceed.
                image = chain.add_background(
                    image, self.padded, self.noise, self.job.noise_seed, self.context.cancel
                )
            return {"fraction": image if field is None else field.image(image)}

        settings = [self.job.noise.background.digest, self._scan_key]
        return self._cached(FRACTION, FRACTION.key(settings, ideal.key, self.job.noise_seed), distort)[
            "fraction"
        ]

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


def _pixels(side: int | str) -> int:
    if not isinstance(side, int):
        raise InputError(
            "image",
            "an image's size must be resolved before it is rendered",
            value=side,
            remedy="make a plan first",
        )
    return side
