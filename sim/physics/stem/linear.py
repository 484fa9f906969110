"""A fast model of annular dark-field images: every atom scatters by itself.

    I(p) = Σ_atoms w_Z (1 + c u) (|probe|² ⊗ thermal motion)(r_atom − p)

then a saturation of the signal, then the source.  u counts the atoms above one, which focus the beam onto it.

w_Z is the cross-section for elastic scattering into the ring.  The probe spreads with depth as in vacuum.
What the model leaves out (channelling, multiple scattering, the size of the scattering region) is what a
fit to our own multislice images takes up as well as it can; the fit says how well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.physics.electrons import wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.scattering.cross_sections import partial_elastic_cross_section
from sim.physics.scattering.factors import Parametrisation
from sim.physics.stem.detectors import Annular, check_detectors
from sim.physics.stem.probe import Beams, ProbeOptics, beams
from sim.physics.stem.products import product
from sim.physics.stem.spectrum import (
    Spectrum,
    evaluate,
    grid_size,
    source_factor,
    spectrum_of,
)
from sim.physics.stem.waves import Cancel, ComplexArray

#: Element whose weight no exponent changes.
_REFERENCE = 79.0
#: Layers of one probe shape each, at most.
_MOST_LAYERS = 8
#: Atoms whose phases are held at once.
_ATOMS_AT_ONCE = 8192
#: Standard deviation of the shadow of an atom above another, Å, and where it ends.
_SHADOW, _SHADOW_END = 0.3, 0.9
#: Bounds of a fit: exponent, focusing, saturation, spread in Å.
_BOUNDS = ((-2.0, -1.0, -20.0, 0.0), (2.0, 10.0, 50.0, 1.0))


@dataclass(frozen=True)
class LinearParameters:
    """What a fit can change.

    Attributes
    ----------
    scale
        Factor on all cross-sections.
    exponent
        Weights are multiplied by (Z/79)^exponent.
    focusing
        Correction for thickness: an atom that has u atoms above it scatters 1 + focusing·u times as much.
        Atoms count exp(−d²/2s²) · Z/79 at a lateral distance d, s = 0.3 Å.
    saturation
        Correction for thickness: a signal I becomes (1 − exp(−saturation·I))/saturation.  Positive where
        electrons that have been scattered are missing deeper down, negative where columns guide them; 0:
        none.
    spread
        Standard deviation of a Gaussian that widens every atom, Å.
    """

    scale: float = 1.0
    exponent: float = 0.0
    focusing: float = 0.0
    saturation: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True)
class LinearFit:
    """A fitted model and how far it is from the images it was fitted to.

    Attributes
    ----------
    parameters
        Of the best fit.
    unexplained
        1 − R², with R the correlation of model and image over all pixels.
    rms_over_sd
        Root mean square difference over the standard deviation of the image.
    """

    parameters: LinearParameters
    unexplained: float
    rms_over_sd: float


class LinearModel:
    """The model of one specimen, probe and ring; its image for any parameters.

    Parameters
    ----------
    positions, numbers
        (N, 3) Å and (N,) atomic numbers.
    rms
        Root mean square displacement along each axis by atomic number, Å; what is missing is at rest.
    cell
        The periodic box; its sampling plays no part but for the band limit.
    optics, detector
        Probe, and ring that collects.
    parametrisation
        Of the scattering factors.
    layers
        Numbers of layers in depth with a probe of their own; by default one every slice, at most eight.
    """

    def __init__(
        self,
        positions: FloatArray,
        numbers: IntArray,
        rms: Mapping[int, float],
        cell: Cell,
        optics: ProbeOptics,
        detector: Annular,
        *,
        parametrisation: Parametrisation = "lobato",
        layers: int | None = None,
        cancel: Cancel = never,
    ) -> None:
        check_detectors([detector], cell, optics.voltage)
        self.cell, self.optics = cell, optics
        self.elements = [int(number) for number in np.unique(numbers)]
        waves = beams(cell, optics)
        self.shape = grid_size(waves.reach)
        depth = cell.entrance - np.asarray(positions, dtype=np.float64)[:, 2]
        count = min(cell.slices, _MOST_LAYERS) if layers is None else layers
        thickness = cell.depth / count
        layer = np.clip(np.floor(depth / thickness), 0, count - 1).astype(np.int64)
        ky, kx = (
            (np.arange(n) - n // 2) / length
            for n, length in zip(self.shape, (cell.height, cell.width), strict=True)
        )
        self._k2 = np.add.outer(ky**2, kx**2)
        above = _atoms_above(np.asarray(positions, dtype=np.float64), np.asarray(numbers))
        # By element: all atoms alike, and each as often as it has atoms above.
        self._spectra = np.zeros((2, len(self.elements), *self.shape), dtype=np.complex128)
        for number in range(count):
            if not np.any(layer == number):
                continue
            probe = np.conj(_probe_spectrum(waves, cell, optics, (number + 0.5) * thickness))
            for place, element in enumerate(self.elements):
                chosen = np.flatnonzero((layer == number) & (np.asarray(numbers) == element))
                sums = _phase_sums(positions[chosen], above[chosen], cell, self.shape, cancel)
                self._spectra[:, place] += probe * sums
        for place, element in enumerate(self.elements):
            area = partial_elastic_cross_section(
                element, optics.voltage, detector.inner, detector.outer, parametrisation
            )
            motion = np.exp(-2.0 * (np.pi * rms.get(element, 0.0)) ** 2 * self._k2)
            self._spectra[:, place] *= motion * (area / (cell.width * cell.height))

    def image(self, parameters: LinearParameters, x: FloatArray, y: FloatArray) -> FloatArray:
        """Fraction of the beam at the points of a scan.

        Parameters
        ----------
        x, y
            Columns' x and rows' y, Å.

        Returns
        -------
        (rows, columns) float64.
        """
        powers = (np.array(self.elements) / _REFERENCE) ** parameters.exponent
        weights = parameters.scale * np.outer([1.0, parameters.focusing], powers)
        spectrum = np.sum(weights[:, :, np.newaxis, np.newaxis] * self._spectra, axis=(0, 1))
        spectrum *= np.exp(-2.0 * (np.pi * parameters.spread) ** 2 * self._k2)
        if parameters.saturation:
            # The correction doubles the frequencies; the source acts after it.
            rows, columns = self.shape
            fine = np.zeros((2 * rows - 1, 2 * columns - 1), dtype=np.complex128)
            fine[rows // 2 : rows // 2 + rows, columns // 2 : columns // 2 + columns] = spectrum
            values = np.fft.ifft2(np.fft.ifftshift(fine), norm="forward").real
            spectrum = spectrum_of(-np.expm1(-parameters.saturation * values) / parameters.saturation)
        factor = source_factor((spectrum.shape[0], spectrum.shape[1]), self.cell, self.optics.source_size)
        return evaluate(spectrum * factor, self.cell, np.asarray(x), np.asarray(y))


def fit_linear(
    model: LinearModel,
    image: FloatArray,
    x: FloatArray,
    y: FloatArray,
    *,
    cancel: Cancel = never,
) -> LinearFit:
    """Fit scale, exponent (of several elements), corrections for thickness and spread to a multislice image.

    Parameters
    ----------
    model
        Of the specimen of the image.
    image
        (rows, columns) fraction of the beam, e.g. from :func:`sim.physics.stem.scan.stem_images`.
    x, y
        Columns' x and rows' y, Å.

    Raises
    ------
    InputError
        An image of another shape, or one without contrast.
    """
    from scipy.optimize import least_squares

    image = np.asarray(image, dtype=np.float64)
    if image.shape != (len(y), len(x)):
        raise InputError("image", f"its shape {image.shape} is not that of the scan, {(len(y), len(x))}")
    deviation = float(np.std(image))
    if not deviation:
        raise InputError("image", "has no contrast to fit to")
    several = len(model.elements) > 1
    # The exponent is free only where there are elements to compare.
    free = [0, 1, 2, 3] if several else [1, 2, 3]
    lower, upper = (np.array(bound)[free] for bound in _BOUNDS)

    def unpacked(values: FloatArray) -> LinearParameters:
        full = np.zeros(4)
        full[free] = values[1:]
        return LinearParameters(float(values[0]), *(float(value) for value in full))

    def differences(values: FloatArray) -> FloatArray:
        cancel()
        return np.ravel(model.image(unpacked(values), x, y) - image) / deviation

    plain = model.image(LinearParameters(), x, y)
    scale = float(np.sum(plain * image) / np.sum(plain * plain))
    start = np.concatenate([[scale], np.array([0.0, 0.1, 0.1, 0.05])[free]])
    found = least_squares(
        differences,
        start,
        bounds=(np.concatenate([[0.0], lower]), np.concatenate([[np.inf], upper])),
        x_scale=np.concatenate([[scale], np.array([0.1, 0.1, 1.0, 0.05])[free]]),
    )
    parameters = unpacked(found.x)
    return assess(model, parameters, image, x, y)


def assess(
    model: LinearModel, parameters: LinearParameters, image: FloatArray, x: FloatArray, y: FloatArray
) -> LinearFit:
    """How far a model with given parameters is from an image, e.g. one it was not fitted to."""
    ours = model.image(parameters, x, y)
    correlation = float(np.corrcoef(ours.ravel(), image.ravel())[0, 1])
    error = float(np.sqrt(np.mean(np.square(ours - image))))
    return LinearFit(replace(parameters), 1.0 - correlation**2, error / float(np.std(image)))


def _probe_spectrum(waves: Beams, cell: Cell, optics: ProbeOptics, depth: float) -> Spectrum:
    """Centred Fourier coefficients of |probe|² at a depth, 1 at zero frequency."""
    shape = grid_size(waves.reach)
    k2 = (waves.row_numbers / cell.height) ** 2 + (waves.column_numbers / cell.width) ** 2
    wave = np.zeros(shape, dtype=np.complex128)
    flight = np.exp(-1j * np.pi * wavelength(optics.voltage) * depth * k2)
    wave[waves.row_numbers, waves.column_numbers] = waves.amplitudes * flight
    field = scipy.fft.ifft2(wave, norm="forward", workers=1)
    return spectrum_of(np.square(field.real) + np.square(field.imag))


def _atoms_above(positions: FloatArray, numbers: IntArray) -> FloatArray:
    """How many atoms of gold shadow each atom, (N,)."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(positions[:, :2]).query_pairs(_SHADOW_END, output_type="ndarray")
    # Sorted, because the order in which a tree finds pairs is not part of its contract.
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first, second = pairs[:, 0], pairs[:, 1]
    distance2 = np.sum(np.square(positions[first, :2] - positions[second, :2]), axis=1)
    lower = np.where(positions[first, 2] < positions[second, 2], first, second)
    upper = first + second - lower
    weights = np.exp(-0.5 * distance2 / _SHADOW**2) * numbers[upper] / _REFERENCE
    # Atoms at one height do not shadow each other.
    weights[positions[first, 2] == positions[second, 2]] = 0.0
    return np.bincount(lower, weights, len(positions)).astype(np.float64)


def _phase_sums(
    positions: FloatArray, above: FloatArray, cell: Cell, shape: tuple[int, int], cancel: Cancel
) -> Spectrum:
    """Σ exp(−2πi D·r) and Σ u exp(−2πi D·r) over atoms at all centred frequencies, (2, rows, columns)."""
    half_rows = shape[0] // 2
    total = np.zeros((2, half_rows + 1, shape[1]), dtype=np.complex128)
    for start in range(0, len(positions), _ATOMS_AT_ONCE):
        cancel()
        part = slice(start, start + _ATOMS_AT_ONCE)
        rows = _phases(cell.rows_of(positions[part, 1]) / cell.rows, np.arange(half_rows + 1))
        columns = _phases(
            cell.columns_of(positions[part, 0]) / cell.columns, np.arange(shape[1]) - shape[1] // 2
        )
        total[0] += product(rows.T, columns)
        total[1] += product((rows * above[part, np.newaxis].astype(np.float32)).T, columns)
    # Of a real density the other half follows.
    return np.concatenate([np.conj(total[:, :0:-1, ::-1]), total], axis=1)


def _phases(turns: FloatArray, orders: IntArray) -> ComplexArray:
    """exp(−2πi turns·order), (atoms, orders), in single precision from reduced angles."""
    angle = np.outer(turns, orders)
    angle -= np.rint(angle)
    narrow = (-2.0 * np.pi * angle).astype(np.float32)
    phases: ComplexArray = np.empty(narrow.shape, dtype=np.complex64)
    np.cos(narrow, out=phases.real)
    np.sin(narrow, out=phases.imag)
    return phases
