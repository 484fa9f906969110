"""What the optics pane shows of an image besides its settings: waves, pattern, images at other foci.  No Qt.

Everything goes through the cache in which the rendering has kept its waves, so that only the lens works anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.preview import arrays
from app.gui.preview.results import Made, Result
from sim.core.errors import never
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid
from sim.imaging.model import Surroundings
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job

Cancel = Callable[[], None]


@dataclass(frozen=True, eq=False)
class SeenPattern:
    """A diffraction pattern: (rows, columns) intensity, frequencies of its axes in Å⁻¹, and its words."""

    intensity: NDArray[Any]
    kx: FloatArray
    ky: FloatArray
    about: str = ""


@dataclass(frozen=True, eq=False)
class SeenWaves:
    """Exit waves of an image.

    Attributes
    ----------
    pattern
        Mean over the snapshots of |ψ(k)|²: with what the moving atoms scatter between the reflections.
    wave
        (H, W) complex64, mean over the snapshots, at the image's pixels.
    """

    pattern: SeenPattern
    wave: NDArray[np.complexfloating]


# --- which waves -----------------------------------------------------------------------------


def waves_key(job: Job) -> tuple[object, ...]:
    """Equal for two images that have the same waves at the same pixels."""
    imaging: Any = job.imaging
    scan = job.noise.scan
    return (
        job.specimen,
        job.structures,
        job.pose,
        job.orientation_seed,
        job.image,
        imaging.beam,
        imaging.multislice,
        imaging.phonons,
        # How far the scan distorts decides on the margin, and so on the computing cell.
        None if job.noise.plain().scan.still else (scan, job.noise_seed),
    )


def lens_key(job: Job) -> tuple[object, ...]:
    """Equal for two images whose lens differs in the nominal focus only."""
    imaging: Any = job.imaging
    focus = imaging.focus.model_copy(update={"defocus": 0.0})
    return (focus, imaging.aberrations, imaging.aperture, imaging.coherence)


# --- high-resolution TEM ---------------------------------------------------------------------


def seen_waves(made: Made, cancel: Cancel = never) -> SeenWaves:
    """The waves behind an image, which has to be of the model ``hrtem``.

    Parameters
    ----------
    made
        What the image was rendered from.
    cancel
        Raises ``Cancelled`` when nobody wants them any more.
    """
    from sim.imaging.hrtem.model import exit_wave
    from sim.imaging.hrtem.waves import exit_waves

    specimen, grid, around = _given(made, cancel)
    imaging: Any = made.job.imaging
    waves = exit_waves(specimen, grid, imaging, around)
    intensity: FloatArray = np.zeros(waves.blocks.shape[1:])
    for block in waves.blocks:
        cancel()
        intensity += np.square(block.real) + np.square(block.imag)
    intensity /= len(waves.blocks)
    count = len(waves.blocks)
    about = f"Mean over {count} snapshots." if count > 1 else ""
    wave = _inner(exit_wave(specimen, grid, imaging, around), made.job)
    return SeenWaves(SeenPattern(intensity, waves.kx, waves.ky, about), np.ascontiguousarray(wave))


def focus_source(made: Made) -> Callable[[float, Cancel], FloatArray]:
    """Images of the same waves and the same lens at another nominal defocus, without noise.

    Parameters
    ----------
    made
        What the image was rendered from, of the model ``hrtem``.

    Returns
    -------
    (defocus in Å, cancel) → (H, W), 1 in vacuum; distortion by the scan is left out.
    """

    def image(defocus: float, cancel: Cancel) -> FloatArray:
        from sim.imaging.hrtem.model import project

        specimen, grid, around = _given(made, cancel)
        imaging: Any = made.job.imaging
        focus = imaging.focus.model_copy(update={"defocus": defocus})
        lens = imaging.model_copy(update={"focus": focus})
        return _inner(project(specimen, grid, lens, around).fraction, made.job)

    return image


def _given(made: Made, cancel: Cancel) -> tuple[AtomicSpecimen, ImageGrid, Surroundings]:
    from sim.render.render import given_to_model

    return given_to_model(made.job, replace(made.context, cancel=cancel))


def _inner(image: NDArray[Any], job: Job) -> NDArray[Any]:
    """An image without its margin."""
    height, width = job.image.height, job.image.width
    assert isinstance(height, int) and isinstance(width, int)
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


# --- scanning TEM ----------------------------------------------------------------------------


def camera_of(result: Result) -> str:
    """The camera whose patterns are shown: that in the preview, or the first; empty where there is none."""
    found = arrays.cameras(result.job)
    chosen = result.display.array
    return chosen if chosen in found else found[0] if found else ""


def seen_by_camera(
    result: Result, camera: str, pixel: tuple[int, int] | None, cancel: Cancel = never
) -> SeenPattern | None:
    """A camera's pattern; None where the sample has none, as drafts.

    Parameters
    ----------
    result
        An image of the model ``stem``.
    camera
        Name of the array.
    pixel
        (column, row) of the probe; None for the mean over all positions.
    """
    from sim.physics.electrons import wavelength

    patterns = result.sample.extras.get(camera)
    if patterns is None:
        return None
    imaging: Any = result.job.imaging
    scale = 1e-3 / wavelength(imaging.beam.voltage)
    y, x = (
        (first + step * np.arange(count)) * scale
        for (_, _, first, step), count in zip(
            IMAGING[imaging.model].axes(imaging)[camera],
            patterns.shape[2:],
            strict=True,
        )
    )
    name = camera.removeprefix("detector_")
    rows, columns = patterns.shape[:2]
    if pixel is not None and pixel[0] < columns and pixel[1] < rows:
        column, row = pixel
        words = f"{name} at column {column}, row {row}; click that pixel again for the mean."
        return SeenPattern(patterns[row, column], x, y, words)
    total: FloatArray = np.zeros(patterns.shape[2:])
    for line in patterns:
        cancel()
        total += line.sum(axis=0, dtype=np.float64)
    words = f"{name}, mean over all positions; click a pixel of the image for its own."
    return SeenPattern(total / (rows * columns), x, y, words)
