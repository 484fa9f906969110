"""What only the imaging model gives, on its way into a sample: its detectors, its labels, their tiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, ImageGrid, IntArray, Tier
from sim.imaging.model import Surroundings
from sim.labels.settings import LabelSettings
from sim.noise import chain
from sim.noise.chain import NoiseParameters, WarpField
from sim.numerics.streams import derive_seed
from sim.recipe.imaging_entry import ImagingModel, Labelled, stored_names
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext
from sim.render.stages import cached, pose_key, stage


def surroundings(job: Job, context: RenderContext) -> Surroundings:
    """What accompanies the model's work; what it keeps belongs to the posed specimen."""
    specimen = pose_key(job)

    def remember(
        step: str, revision: int, settings: Any, compute: Callable[[], Arrays], *, on_disk: bool = False
    ) -> Arrays:
        which = Stage(step, revision, on_disk)
        return cached(context, which, which.key(settings, specimen), compute)

    return Surroundings(job.orientation_seed, remember, context.cancel, context.progress, context.workers)


def detected(
    expected: FloatArray, job: Job, noise: NoiseParameters, seed: int, context: RenderContext
) -> FloatArray | IntArray:
    """What the detector makes of an expected image, (H, W)."""
    return chain.detect(expected, noise, seed, tier=IMAGING[job.imaging.model].tier, cancel=context.cancel)


def detector_arrays(
    signals: Arrays,
    job: Job,
    noise: NoiseParameters,
    grid: ImageGrid,
    field: WarpField | None,
    context: RenderContext,
) -> dict[str, NDArray[Any]]:
    """Arrays of the detectors beside the image's own, float32: noisy and, unless it is a camera, expected.

    Parameters
    ----------
    signals
        (H, W, …) fractions of the beam by detector, margin included.
    grid, field
        The image, and how its scan distorts it.
    """
    result: dict[str, NDArray[Any]] = {}
    for name, signal in signals.items():
        stage(context, f"detector {name}")
        seed = derive_seed(job.noise_seed, "detector", name)
        layers = signal.reshape(*signal.shape[:2], -1)
        names = stored_names(name, signal.shape[2:])
        arrays = [np.empty((*grid.shape, layers.shape[2]), dtype=np.float32) for _ in names]
        for layer in range(layers.shape[2]):
            context.cancel()
            fraction = np.maximum(layers[:, :, layer].astype(np.float64), 0.0)
            fraction = fraction if field is None else field.image(fraction)
            expected = chain.expectation(fraction, noise, grid.pixel_size)
            own = seed if layers.shape[2] == 1 else derive_seed(seed, "part", layer)
            # In the order of their names; a camera's patterns would not fit twice.
            for array, made in zip(
                arrays, (detected(expected, job, noise, own, context), expected), strict=False
            ):
                array[:, :, layer] = made
        for stored, array in zip(names, arrays, strict=True):
            result[stored] = array.reshape(*grid.shape, *signal.shape[2:])
    return result


def model_labels(
    specimen: Any, grid: ImageGrid, job: Job, field: WarpField | None, around: Surroundings
) -> Labelled:
    """Labels that the imaging model makes itself, in the geometry of the image.

    Parameters
    ----------
    grid
        The image with its margin.
    """
    model = IMAGING[job.imaging.model]
    made = model.labelled(specimen, grid, job.imaging, job.labels, job.class_name, around)
    if field is None:
        return made
    images = {name: field.labels(image) for name, image in made.images.items()}
    # Phases wrap: as ids, they are taken from the nearest pixel and never blended.
    extras = {name: field.labels(extra) for name, extra in made.extras.items()}
    return Labelled(images, extras)


def tiers_beside(
    tier: Tier, model: ImagingModel, labels: LabelSettings, tables: Sequence[str]
) -> Mapping[str, Tier]:
    """Tiers of what is not as the image is: labels from geometry are of tier A whatever made it.

    Parameters
    ----------
    tier
        Of the image.
    tables
        Names of tables, which follow from geometry as well.
    """
    if tier == "A":
        return {}
    geometry: dict[str, Tier] = dict.fromkeys(tables, "A")
    if model.tier == "A":
        # Only the camera's transforms are of tier B.
        return {**geometry, "clean": "A", "labels": "A"}
    made_here = {"visible_mask", *model.makes}
    geometric = [name for name in labels.image_names() if name not in made_here]
    return {**geometry, **{f"labels/{name}": "A" for name in geometric}}
