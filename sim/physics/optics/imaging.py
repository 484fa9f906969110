"""From exit waves to the image of a high-resolution TEM: lens, partial coherence, averaging.

Waves come as Fourier blocks: coefficients ψ(k) of wave(r) = Σ ψ(k) exp(2πi k·r), so that a plane wave
of amplitude 1 is a single 1 at k = 0.  Rows and columns of a block may stand in any cyclic order of
frequencies (that of the transform, or centred); ``kx`` and ``ky`` say which.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sim.core.errors import InputError, never
from sim.core.types import FloatArray
from sim.physics.electrons import wavelength
from sim.physics.optics.aberrations import Aberrations
from sim.physics.optics.placement import Placement, Places, fast_points, own_points
from sim.physics.optics.transfer import ctf, focal_spread_envelope, vibration_envelope

Wave = NDArray[np.complex64]

#: Rows that are worked on at once.
_STRIP = 32
#: Smallest transfer of a wave that is not taken for none: below the rounding of its sums, and far above the
#: numbers at which processors become slow.
_NONE = 1e-9

#: Turns a Fourier block into the wave at the points of the image, (H, W) complex64.
Place = Callable[[Wave], NDArray[np.complexfloating]]


@dataclass(frozen=True)
class HrtemOptics:
    """The lens and the coherence of the beam.

    Attributes
    ----------
    voltage
        kV.
    aberrations
        With the defocus in C10 = −defocus.
    aperture
        Semiangle of the objective aperture, mrad; 0 means none.
    focal_spread
        1/e half-width of the distribution of focus, Å.
    convergence
        1/e half-angle of the illumination, mrad.
    vibration
        Root mean square displacement of the image along each axis, Å; blurs the intensity.
    coherence
        ``envelopes``: the focal spread damps the wave, which is exact where one of two interfering
        beams is the undiffracted one; ``focal_integration``: intensities of ``focal_points`` foci are
        averaged, which is exact for strong scatterers too.
    focal_points
        Number of foci of the integration (Gauss–Hermite).
    tilt
        Direction (x, y) in which the undiffracted beam travels, mrad: the block's k = 0 passes the
        lens at this angle.
    """

    voltage: float
    aberrations: Aberrations = field(default_factory=Aberrations)
    aperture: float = 0.0
    focal_spread: float = 0.0
    convergence: float = 0.0
    vibration: float = 0.0
    coherence: Literal["envelopes", "focal_integration"] = "envelopes"
    focal_points: int = 7
    tilt: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name, value, unit in (
            ("aperture", self.aperture, "mrad"),
            ("coherence.focal_spread", self.focal_spread, "Å"),
            ("coherence.convergence", self.convergence, "mrad"),
            ("coherence.vibration", self.vibration, "Å"),
        ):
            if not 0.0 <= value < math.inf:
                raise InputError(name, "is no size", value=value, allowed=f"at least 0 {unit}")
        if self.focal_points < 1:
            raise InputError(
                "coherence.focal_points", "no focus is left", value=self.focal_points, allowed="at least 1"
            )

    @property
    def wavelength(self) -> float:
        """Å."""
        return wavelength(self.voltage)

    def foci(self) -> list[tuple[float, float]]:
        """Foci that are averaged: (C10 beside that of ``aberrations``, Å; weight), weights adding to 1.

        Notes
        -----
        Gauss–Hermite nodes for the distribution exp(−(Δ/fs)²) of which the focal spread fs is the 1/e
        half-width (standard deviation fs/√2).
        """
        if self.coherence == "envelopes" or self.focal_spread == 0.0:
            return [(0.0, 1.0)]
        nodes, weights = np.polynomial.hermite.hermgauss(self.focal_points)
        weights = weights / weights.sum()
        return [
            (self.focal_spread * float(node), float(weight))
            for node, weight in zip(nodes, weights, strict=True)
        ]


class ImageFormation:
    """Images of one set of lens settings at any focus: what does not depend on focus is computed once.

    Parameters
    ----------
    kx, ky
        (columns,) and (rows,) spatial frequencies of the blocks, Å⁻¹.
    optics
        Lens and coherence.
    """

    def __init__(self, kx: FloatArray, ky: FloatArray, optics: HrtemOptics) -> None:
        self.optics = optics
        self.shape = (len(ky), len(kx))
        self._wavelength = optics.wavelength
        # The beam passes the lens at its tilt: aberrations and aperture are centred on the axis.
        self._beam = [math.tan(1e-3 * angle) / self._wavelength for angle in optics.tilt]
        self._kx, self._ky = np.asarray(kx) + self._beam[0], np.asarray(ky) + self._beam[1]
        self._steps = _step(kx), _step(ky)
        columns, rows = self._kx[None, :], self._ky[:, None]
        self._without_focus = optics.aberrations.replaced("C10", 0.0)
        static = ctf(
            columns,
            rows,
            self._wavelength,
            self._without_focus,
            aperture_semiangle=optics.aperture or math.inf,
            edge=1.0 / min(step * len(axis) for step, axis in zip(self._steps, (kx, ky), strict=True)),
        )
        if optics.focal_spread and optics.coherence == "envelopes":
            # Only beams whose phase moves against that of the undiffracted beam lose contrast.
            k2 = columns * columns + rows * rows - (self._beam[0] ** 2 + self._beam[1] ** 2)
            static *= focal_spread_envelope(k2, self._wavelength, optics.focal_spread)
        static[np.abs(static) < _NONE] = 0.0
        self._static = static.astype(np.complex64)
        self._gradient: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        if optics.convergence:
            at_beam = self._without_focus.gradient(
                np.array(self._beam[0]), np.array(self._beam[1]), self._wavelength
            )
            whole = self._without_focus.gradient(columns, rows, self._wavelength)
            # Half the convergence angle in rad times the gradient: the root of the envelope's exponent.
            half = 0.5e-3 * optics.convergence
            self._gradient = (
                (half * (whole[0] - at_beam[0])).astype(np.float32),
                (half * (whole[1] - at_beam[1])).astype(np.float32),
            )

    def transfer(self, c10: float) -> Wave:
        """The wave's transfer function at a focus C10 (Å), (rows, columns) complex64."""
        return self._transfer(c10, None)

    def _transfer(self, c10: float, placement: Placement | None) -> Wave:
        """With the phases of a placement, which cost nothing here."""
        # exp(−iπλ C10 k²) is a product of a function of k_x and one of k_y.
        along_x, along_y = (
            np.exp((-1j * math.pi * self._wavelength * c10) * np.square(axis)).astype(np.complex64)
            for axis in (self._kx, self._ky)
        )
        if placement is not None:
            along_x *= placement.column_phases
            along_y *= placement.row_phases
        result = self._static * along_x[None, :]
        result *= along_y[:, None]
        if self._gradient is not None:
            damping = self._damping(c10)
            # Part by part: numpy would make complex numbers of the damping first.
            np.multiply(result.real, damping, out=result.real)
            np.multiply(result.imag, damping, out=result.imag)
        return result

    def image(
        self,
        blocks: Iterable[Wave],
        c10: float | None = None,
        *,
        weights: Sequence[float] | None = None,
        place: Place | None = None,
        pixel_size: float | None = None,
        cancel: Callable[[], None] = never,
    ) -> FloatArray:
        """Average of |F⁻¹(ψ·CTF)|² over the waves.

        Parameters
        ----------
        blocks
            Fourier blocks (rows, columns) of the configurations (and beam tilts).
        c10
            Focus, Å; that of the optics' aberrations where none is given.
        weights
            One for each block; equal ones where none are given.
        place
            Turns a block, which it may overwrite, into a new wave at the image's points; faster where it
            knows its placement (:class:`sim.physics.multislice.blocks.GridPoints`).  Without it, the image
            has the block's own points: its shape and the whole periodic cell.
        pixel_size
            Å between the points that ``place`` makes; needed for a vibration.
        cancel
            Called once for each transform.

        Returns
        -------
        (H, W) float64 intensity; vacuum has 1.

        Raises
        ------
        InputError
            If there are no waves, or shapes or numbers of things differ.
        """
        focus = self.optics.aberrations.c10 if c10 is None else c10
        intensity = self._mean_intensity(blocks, focus, weights, self._way(place), cancel)
        if self.optics.vibration == 0.0:
            return intensity
        if place is None:
            return _shaken_periodic(intensity, self.optics.vibration, *self._steps)
        if pixel_size is None:
            raise InputError("pixel_size", "a vibration needs it")
        return blurred(intensity, self.optics.vibration, pixel_size)

    def _way(self, place: Place | None) -> Place | Placement:
        """How blocks become waves at points."""
        if place is None:
            return own_points(self.shape)
        known = place.placement(self.shape) if isinstance(place, Places) else None
        return place if known is None else known

    def variance(self, blocks: Iterable[Wave], c10: float, cancel: Callable[[], None] = never) -> float:
        """Variance of the image at a focus C10 (Å), without vibration.

        Notes
        -----
        At points a block's own distance apart or a little less: as many as make a fast transform.
        """
        intensity = self._mean_intensity(blocks, c10, None, fast_points(self._kx, self._ky), cancel)
        return float(np.var(intensity))

    def _mean_intensity(
        self,
        blocks: Iterable[Wave],
        focus: float,
        weights: Sequence[float] | None,
        place: Place | Placement,
        cancel: Callable[[], None],
    ) -> FloatArray:
        """Mean of |wave|² over blocks and foci, (H, W) float64."""
        placement = place if isinstance(place, Placement) else None
        foci = [(self._transfer(focus + offset, placement), weight) for offset, weight in self.optics.foci()]
        # Squares of real and imaginary parts, side by side as the wave has them: added up once, at the end.
        total: NDArray[np.float32] | None = None
        weight_sum = 0.0
        product = np.empty(self.shape if placement is None else (0, 0), dtype=np.complex64)
        buffers = None if placement is None else placement.buffers()
        for number, block in enumerate(blocks):
            if block.shape != self.shape:
                raise InputError(
                    "exit waves",
                    "do not fit their frequencies",
                    value=block.shape,
                    allowed=f"{self.shape[0]} × {self.shape[1]}",
                )
            if weights is not None and number >= len(weights):
                raise InputError("weights", "there are fewer than waves", value=len(weights))
            weight = 1.0 if weights is None else weights[number]
            weight_sum += weight
            for transfer, share in foci:
                cancel()
                if isinstance(place, Placement) and buffers is not None:
                    wave = place.wave(block, transfer, buffers)
                elif callable(place):
                    np.multiply(block, transfer, out=product)
                    wave = np.ascontiguousarray(place(product), dtype=np.complex64)
                if total is None:
                    total = np.zeros((len(wave), 2 * wave.shape[1]), dtype=np.float32)
                _add_squares(total, wave.view(np.float32), weight * share)
        if total is None:
            raise InputError("exit waves", "there is none to make an image of")
        intensity = np.add(total[:, 0::2], total[:, 1::2], dtype=np.float64)
        intensity *= 1.0 / weight_sum
        return intensity

    def _damping(self, c10: float) -> NDArray[np.float32]:
        """Envelope of the beam convergence, whose gradient of χ contains the focus."""
        assert self._gradient is not None
        # ∂χ/∂α⃗ of C10 is (2π/λ) C10 α⃗ = 2π C10 k⃗, here too without that of the undiffracted beam.
        scale = 1e-3 * math.pi * c10 * self.optics.convergence
        along_x, along_y = (
            (scale * (axis - beam)).astype(np.float32)
            for axis, beam in zip((self._kx, self._ky), self._beam, strict=True)
        )
        least = np.float32(math.log(_NONE))
        damping = np.empty(self.shape, dtype=np.float32)
        other = np.empty((_STRIP, self.shape[1]), dtype=np.float32)
        for start in range(0, len(damping), _STRIP):
            strip = damping[start : start + _STRIP]
            part = other[: len(strip)]
            np.add(self._gradient[0][start : start + _STRIP], along_x, out=strip)
            np.multiply(strip, strip, out=strip)
            np.add(self._gradient[1][start : start + _STRIP], along_y[start : start + _STRIP, None], out=part)
            np.multiply(part, part, out=part)
            strip += part
            np.negative(strip, out=strip)
            np.maximum(strip, least, out=strip)
            np.exp(strip, out=strip)
            strip -= np.float32(_NONE)
        return damping


def _add_squares(total: NDArray[np.float32], parts: NDArray[np.float32], weight: float) -> None:
    """total += weight · parts², strip by strip while they are in the processor's cache."""
    squares = np.empty((_STRIP, parts.shape[1]), dtype=np.float32)
    for start in range(0, len(parts), _STRIP):
        strip = parts[start : start + _STRIP]
        found = np.multiply(strip, strip, out=squares[: len(strip)])
        if weight != 1.0:
            found *= np.float32(weight)
        total[start : start + _STRIP] += found


def form_image(
    blocks: Iterable[Wave],
    kx: FloatArray,
    ky: FloatArray,
    optics: HrtemOptics,
    *,
    weights: Sequence[float] | None = None,
    place: Place | None = None,
    pixel_size: float | None = None,
    cancel: Callable[[], None] = never,
) -> FloatArray:
    """One image; see :class:`ImageFormation`, which is faster where several differ in focus only."""
    return ImageFormation(kx, ky, optics).image(
        blocks, weights=weights, place=place, pixel_size=pixel_size, cancel=cancel
    )


def blurred(image: FloatArray, rms: float, pixel_size: float) -> FloatArray:
    """An image blurred by a Gaussian of standard deviation ``rms`` (Å), reflected at its edges.

    Parameters
    ----------
    image
        (H, W).
    pixel_size
        Å.

    Notes
    -----
    The even reflection of a cosine transform: a field cut out of something larger must not see its
    opposite edge, as a periodic filter would.
    """
    along_y, along_x = (np.arange(float(side)) / (2.0 * side * pixel_size) for side in image.shape)
    spectrum = fft.dctn(image, type=2, norm="ortho", workers=1)
    spectrum *= vibration_envelope(np.square(along_y), rms)[:, None]
    spectrum *= vibration_envelope(np.square(along_x), rms)[None, :]
    result: FloatArray = fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True, workers=1)
    return result


def _step(axis: FloatArray) -> float:
    """Distance between the points of a periodic cell that has these frequencies, Å."""
    ordered = np.sort(np.asarray(axis, dtype=np.float64))
    return 1.0 / (float(ordered[1] - ordered[0]) * len(ordered)) if len(ordered) > 1 else 1.0


def _shaken_periodic(image: FloatArray, rms: float, column_step: float, row_step: float) -> FloatArray:
    along_y = vibration_envelope(np.square(np.fft.fftfreq(image.shape[0], row_step)), rms)
    along_x = vibration_envelope(np.square(np.fft.rfftfreq(image.shape[1], column_step)), rms)
    spectrum = fft.rfft2(image, workers=1)
    spectrum *= along_y[:, None]
    spectrum *= along_x[None, :]
    result: FloatArray = fft.irfft2(spectrum, s=image.shape, overwrite_x=True, workers=1)
    return result
