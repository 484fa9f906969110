"""The noise chain, joined: what render calls, in the order in which it happens.

    background → (render with margin) → scan distortion → dose → Poisson → gain spread → afterglow
    → dark and read noise → conversion

A camera comes in before the Poisson draw where it counts, after the gain spread where it integrates, and
its broken pixels before dark and read noise.

Every stage draws from its own stream ``Stream(noise_seed, "noise", stage)``: switching one off leaves
the others' draws alone.  Tier A without a camera: numpy and other tier-A modules only, one rounding per
operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import FloatArray, ImageGrid, IntArray, Tier
from sim.noise import background as background_stage
from sim.noise import detector as detector_stage
from sim.noise import dose as dose_stage
from sim.noise import points as points_stage
from sim.noise import scan as scan_stage
from sim.noise.background import BackgroundParameters
from sim.noise.detector import LARGEST_COUNT, LARGEST_NORMAL, DetectorParameters
from sim.noise.dose import ExposureParameters
from sim.noise.scan import ScanParameters
from sim.numerics.samplers import poisson
from sim.numerics.streams import Stream

if TYPE_CHECKING:
    # Tier B, and handed in: this module runs without it.
    from sim.noise.camera import CameraParameters

#: Raised whenever a stage's result changes for the same settings (stage cache, regenerate).
REVISION = 1

#: A Poisson count passes the bound of ``largest_poisson`` with a probability below exp(−100) = 4e-44.
TAIL_EXPONENT = 100.0

Cancel = Callable[[], None] | None


@dataclass(frozen=True)
class NoiseParameters:
    """Everything between the ideal image and the stored counts, as plain values."""

    background: BackgroundParameters = field(default_factory=BackgroundParameters)
    scan: ScanParameters = field(default_factory=ScanParameters)
    exposure: ExposureParameters = field(default_factory=ExposureParameters)
    detector: DetectorParameters = field(default_factory=DetectorParameters)
    camera: CameraParameters | None = None

    @property
    def has_camera(self) -> bool:
        """Whether a camera takes part: not in mode ``none``, where nothing is detected."""
        return self.camera is not None and self.exposure.mode != "none"


@dataclass(frozen=True, eq=False)
class WarpField:
    """The scan distortion of one image; one field moves image, labels and points alike.

    Attributes
    ----------
    grid
        The image, without margin.
    dx, dy
        (H, W) displacement of the beam, Å.
    margin
        Pixels by which image and label images must be rendered larger on every side.
    """

    grid: ImageGrid
    dx: FloatArray
    dy: FloatArray
    margin: int

    def image(self, padded: FloatArray, cancel: Cancel = None) -> FloatArray:
        """Resample an image rendered on ``grid.padded(margin)`` (cubic, never negative)."""
        return scan_stage.warp_image(padded, self.margin, self.dx, self.dy, self.grid, cancel)

    def labels(self, padded: NDArray[Any]) -> NDArray[Any]:
        """Resample a mask or id image rendered on ``grid.padded(margin)`` (nearest neighbour)."""
        return scan_stage.warp_labels(padded, self.margin, self.dx, self.dy, self.grid)

    def points(self, x: FloatArray, y: FloatArray, cancel: Cancel = None) -> points_stage.WarpedPoints:
        """Where points of the specimen appear, Å."""
        return points_stage.warp_points(x, y, self.dx, self.dy, self.grid, cancel)


def warp_field(grid: ImageGrid, parameters: NoiseParameters, noise_seed: int) -> WarpField | None:
    """The scan distortion of an image, or None where nothing moves.

    Raises
    ------
    InputError
        If the beam can leave its own field.
    """
    if parameters.scan.still:
        return None
    scan_stage.refuse_excessive(grid, parameters.scan)
    dx, dy = scan_stage.displacement(grid, parameters.scan, Stream(noise_seed, "noise", "scan"))
    return WarpField(grid, dx, dy, scan_stage.margin_pixels(dx, dy, grid.pixel_size))


def add_background(
    fraction: FloatArray,
    grid: ImageGrid,
    parameters: NoiseParameters,
    noise_seed: int,
    cancel: Cancel = None,
) -> FloatArray:
    """The ideal image on its support film; ``grid`` is the one the image was rendered on, margin included."""
    stream = Stream(noise_seed, "noise", "background")
    image = background_stage.add_background(fraction, grid, parameters.background, stream, cancel)
    largest = float(np.max(image))
    if largest > 1.0:
        raise too_bright(largest)
    return image


def too_bright(fraction: float) -> InputError:
    """The error for specimen and film that would send more electrons to the detector than came in."""
    return InputError(
        "noise.background.thickness",
        f"specimen and carbon film together would detect {fraction:.3g} of the incident beam",
        allowed="up to 1",
        remedy="use a thinner film or lower noise.background.scattering or imaging.collected_fraction",
    )


def electrons_per_pixel(parameters: NoiseParameters, pixel_size: float) -> float:
    """Incident electrons per pixel; 1 in mode ``none``, whose image is the fraction of the beam."""
    if parameters.exposure.mode == "none":
        return 1.0
    return dose_stage.electrons_per_pixel(parameters.exposure, parameters.scan.dwell_time, pixel_size)


def expectation(fraction: FloatArray, parameters: NoiseParameters, pixel_size: float) -> FloatArray:
    """Expected number of detected electrons per pixel (the fraction itself in mode ``none``).

    Parameters
    ----------
    fraction
        (H, W) fraction of the beam, after background and scan distortion.

    Raises
    ------
    InputError
        If a pixel expects more electrons than can be sampled.
    """
    if parameters.exposure.mode == "none":
        return fraction
    return dose_stage.expectation(fraction, electrons_per_pixel(parameters, pixel_size))


def detect(
    expected: FloatArray,
    parameters: NoiseParameters,
    noise_seed: int,
    *,
    tier: Tier = "A",
    cancel: Cancel = None,
) -> FloatArray | IntArray:
    """What the detector reports for an expected number of electrons.

    Parameters
    ----------
    expected
        (H, W) expectation from :func:`expectation`.
    noise_seed
        Keys every draw.
    tier
        Tier of ``expected``; B is first rounded to a coarse relative grid.

    Returns
    -------
    (H, W) int64 counts from 0 up, also without a converter: the signal is then rounded half upwards
    and clipped at 0, so read noise wants an offset (``adc_offset``).  In mode ``none`` the
    expectation itself, float64.
    """
    mode = parameters.exposure.mode
    if mode == "none":
        return expected
    detector, scan, camera = parameters.detector, parameters.scan, parameters.camera
    if camera is not None:
        expected = camera.registered(expected)
    if tier == "B" or (camera is not None and camera.counts):
        expected = dose_stage.on_relative_grid(expected)
    electrons = expected
    if mode == "poisson":
        counts = poisson(Stream(noise_seed, "noise", "poisson"), expected, cancel)
        if detector.perfect and (camera is None or (camera.counts and not camera.broken)):
            return counts
        electrons = counts.astype(np.float64)
    signal = detector_stage.gain_spread(
        electrons, detector.gain, detector.gain_spread, Stream(noise_seed, "noise", "gain_spread"), cancel
    )
    if camera is not None:
        signal = camera.integrated(signal, expected * detector.gain)
        signal = camera.with_broken_pixels(signal, Stream(noise_seed, "noise", "broken_pixels"))
    signal = detector_stage.afterglow(
        signal, detector.afterglow_time, scan.dwell_time, scan.flyback_time, cancel
    )
    signal = detector_stage.dark_and_read(
        signal, detector.dark, detector.read_noise, Stream(noise_seed, "noise", "read"), cancel
    )
    if detector.adc_bits:
        return detector_stage.convert(signal, detector.adc_bits, detector.adc_gain, detector.adc_offset)
    return detector_stage.whole_counts(signal)


def tier(parameters: NoiseParameters, tier: Tier) -> Tier:
    """Tier of an image after the chain, from the tier of its expectation: a camera's transforms are B."""
    return "B" if parameters.has_camera else tier


def stored(counts: FloatArray | IntArray, count_dtype: str) -> NDArray[Any]:
    """Counts in the dataset's type, clipped at its limits."""
    return detector_stage.stored(counts, count_dtype)


def saturated_pixels(counts: FloatArray | IntArray, parameters: NoiseParameters, count_dtype: str) -> int:
    """How many pixels stand at the largest value that converter or data type can give."""
    if parameters.exposure.mode == "none":
        return 0
    bits = parameters.detector.adc_bits or {"uint16": 16, "uint32": 32}[count_dtype]
    return int(np.count_nonzero(np.greater_equal(counts, (1 << bits) - 1)))


def largest_expectation(
    parameters: NoiseParameters, pixel_size: float, largest_fraction: float = 1.0
) -> float:
    """Upper bound of the expectation of any pixel.

    Parameters
    ----------
    largest_fraction
        Upper bound of the ideal image as a fraction of the beam.
    """
    film = parameters.background
    fraction = largest_fraction
    if film.present:
        # 1 + roughness · field with a field that 8.5 standard deviations bound in practice.
        fraction += film.scattering * film.thickness * (1.0 + film.roughness * LARGEST_NORMAL)
    if not parameters.scan.still:
        fraction *= scan_stage.CUBIC_OVERSHOOT
    return fraction * electrons_per_pixel(parameters, pixel_size)


def largest_poisson(expected: float) -> float:
    """A count that no draw exceeds (Bernstein's inequality, exponent ``TAIL_EXPONENT``)."""
    third = TAIL_EXPONENT / 3.0
    return expected + third + math.sqrt(third * third + 2.0 * TAIL_EXPONENT * expected)


def largest_count(parameters: NoiseParameters, pixel_size: float, largest_fraction: float = 1.0) -> int:
    """Upper bound of the counts that :func:`detect` can return; plan chooses uint16 or uint32 by it.

    Parameters
    ----------
    largest_fraction
        Upper bound of the ideal image as a fraction of the beam.

    Returns
    -------
    The bound; 0 in mode ``none``, which has no counts.
    """
    mode, detector = parameters.exposure.mode, parameters.detector
    if mode == "none":
        return 0
    camera = parameters.camera
    expected = largest_expectation(parameters, pixel_size, largest_fraction)
    mean = expected
    if camera is not None:
        mean = expected * camera.efficiency * camera.mean_overshoot
        # Only counting happens behind the transfer function.
        expected = mean if camera.counts else expected * camera.efficiency
    electrons = largest_poisson(expected) if mode == "poisson" else expected
    # The afterglow is an average over earlier signals and cannot exceed them.
    noise = electrons - expected + detector.gain_spread * LARGEST_NORMAL * math.sqrt(electrons)
    if camera is not None:
        noise *= camera.noise_overshoot
    signal = detector.gain * (mean + noise)
    if camera is not None and camera.hot_pixels:
        signal += camera.hot_signal
    signal += detector.dark + detector.read_noise * LARGEST_NORMAL
    if detector.adc_bits:
        reading = detector.adc_gain * signal + detector.adc_offset
        return int(min(max(math.ceil(reading), 0), (1 << detector.adc_bits) - 1))
    return max(math.ceil(signal), 0)


def refuse_impossible(parameters: NoiseParameters, grid: ImageGrid, largest_fraction: float = 1.0) -> None:
    """Refuse, before any work, what would fail or be clipped during it.

    Raises
    ------
    InputError
        If the scan can leave its field, the film scatters more than the beam, a pixel can expect
        more electrons than can be sampled, or counts can exceed 32 bits.
    """
    if not parameters.scan.still:
        scan_stage.refuse_excessive(grid, parameters.scan)
    film = parameters.background
    if film.present and film.scattering * film.thickness > 1.0:
        raise too_bright(film.scattering * film.thickness)
    if parameters.exposure.mode == "none":
        return
    bits, offset = parameters.detector.adc_bits, parameters.detector.adc_offset
    if bits and offset >= (1 << bits) - 1:
        raise InputError(
            "noise.detector.adc_offset",
            f"leaves a converter of {bits} bits no room: every pixel would be saturated",
            value=offset,
            allowed=f"below {(1 << bits) - 1}",
            remedy="lower the offset or use more bits",
        )
    electrons = largest_expectation(parameters, grid.pixel_size, largest_fraction)
    if electrons > dose_stage.LARGEST_EXPECTATION:
        raise dose_stage.too_many_electrons(electrons)
    largest = largest_count(parameters, grid.pixel_size, largest_fraction)
    if largest > LARGEST_COUNT:
        raise InputError(
            "noise.detector.gain",
            f"lets a pixel count up to {largest:.3g}",
            value=parameters.detector.gain,
            allowed="counts up to 2³² − 1",
            remedy="lower the gain or the dose, or switch the converter on",
        )
