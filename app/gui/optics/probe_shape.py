"""The probe on the specimen: profile and widths; and the phase over its aperture.  No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.gui.optics.microscope import Microscope
from sim.core.errors import InputError, never
from sim.core.types import FloatArray
from sim.physics.optics.transfer import aperture

#: Points along one side of the computed field, at first and at most.
SIDE, MOST = 512, 1024
#: Side of the field in units of λ/α at least, and pixels in λ/α at least.
FIELD, FINENESS = 32.0, 4.0
#: Side of the phase map, pixels, and how far beyond the aperture it goes.
MAP_SIDE, BEYOND = 192, 1.15
#: Share of the current in the quoted diameter.
CURRENT = 0.59
#: The phase that counts as flat, rad.
FLAT = math.pi / 4.0


@dataclass(frozen=True, eq=False)
class ProbeShape:
    """Intensity of the probe against the distance from its middle.

    Attributes
    ----------
    r
        (n,) Å, ascending from 0.
    blurred, coherent
        (n,) mean over all directions with the source's size and without, of the highest of ``coherent``.
    fwhm, d59
        Full width at half maximum, and diameter that holds 59 % of the current, both with the source's
        size, Å.
    """

    r: FloatArray
    blurred: FloatArray
    coherent: FloatArray
    fwhm: float
    d59: float


@dataclass(frozen=True, eq=False)
class PhaseMap:
    """χ over the aperture.

    Attributes
    ----------
    k
        (n,) Å⁻¹, ascending: of columns, and of rows from below.
    values
        (n, n) χ, rad; row 0 at the highest k_y.
    aperture
        Å⁻¹.
    flat
        Largest frequency up to which |χ| ≤ π/4 in all directions, at most the aperture's edge, Å⁻¹.
    """

    k: FloatArray
    values: FloatArray
    aperture: float
    flat: float


def probe_shape(microscope: Microscope, cancel: Callable[[], None] = never) -> ProbeShape:
    """The probe's intensity.

    Raises
    ------
    InputError
        Aberrations that make the probe much wider than the diffraction limit.
    """
    cutoff = microscope.aperture
    radius = _ray_radius(microscope)
    length = max(FIELD / cutoff, 5.0 * radius + 6.0 * microscope.source_size)
    side = SIDE if length * cutoff * FINENESS <= SIDE else MOST
    if length * cutoff * FINENESS > MOST:
        raise InputError(
            "imaging.aberrations",
            f"make a probe about {2.0 * radius:.3g} Å wide, which is not drawn",
            remedy="check focus and aberrations, or take a smaller convergence semiangle",
        )
    step = length / side
    # Only the frequencies around the aperture: all others are 0.
    half = min(math.ceil(cutoff * length) + 2, side // 2 - 1)
    k = np.arange(-half, half + 1) / length
    kx, ky = k[np.newaxis, :], -k[:, np.newaxis]
    opening = aperture(np.hypot(kx, ky), microscope.semiangle, microscope.wavelength, edge=1.0 / length)
    chi = microscope.aberrations.phase(kx, ky, microscope.wavelength)
    spectrum = np.zeros((side, side), dtype=np.complex128)
    index = np.arange(-half, half + 1)
    spectrum[np.ix_(index, index)] = opening * np.exp(-1j * chi)
    cancel()
    wave = np.fft.ifft2(spectrum)
    intensity = np.square(wave.real) + np.square(wave.imag)
    cancel()
    blurred = intensity
    if microscope.source_size > 0.0:
        frequencies = np.fft.rfftfreq(side, step), np.fft.fftfreq(side, step)
        sigma = microscope.source_size / math.sqrt(8.0 * math.log(2.0))
        k2 = np.square(frequencies[0])[np.newaxis, :] + np.square(frequencies[1])[:, np.newaxis]
        damped = np.fft.rfft2(intensity) * np.exp(-2.0 * (math.pi * sigma) ** 2 * k2)
        blurred = np.fft.irfft2(damped, s=(side, side))
        cancel()
    return _radial(intensity, blurred, step)


def phase_map(microscope: Microscope, cancel: Callable[[], None] = never) -> PhaseMap:
    """χ over the aperture and a little beyond."""
    cutoff = microscope.aperture
    k = np.linspace(-BEYOND * cutoff, BEYOND * cutoff, MAP_SIDE + 1)
    values = microscope.aberrations.phase(k[np.newaxis, :], k[::-1, np.newaxis], microscope.wavelength)
    cancel()
    radii = np.linspace(0.0, cutoff, 513)
    azimuths = np.linspace(0.0, 2.0 * math.pi, 120, endpoint=False)[:, np.newaxis]
    polar = microscope.aberrations.phase(
        radii * np.cos(azimuths), radii * np.sin(azimuths), microscope.wavelength
    )
    bent = np.flatnonzero((np.abs(polar) > FLAT).any(axis=0))
    return PhaseMap(k, values, cutoff, float(radii[bent[0] - 1]) if bent.size else cutoff)


def _ray_radius(microscope: Microscope) -> float:
    """How far the rays at the aperture's edge and inside it land from the middle, Å."""
    radii = np.linspace(0.0, microscope.aperture, 33)
    azimuths = np.linspace(0.0, 2.0 * math.pi, 60, endpoint=False)[:, np.newaxis]
    along_x, along_y = microscope.aberrations.gradient(
        radii * np.cos(azimuths), radii * np.sin(azimuths), microscope.wavelength
    )
    # λ/(2π) times the gradient is where a ray lands.
    return float(np.hypot(along_x, along_y).max()) * microscope.wavelength / (2.0 * math.pi)


def _radial(intensity: FloatArray, blurred: FloatArray, step: float) -> ProbeShape:
    """Means over circles, and the widths that follow."""
    side = len(intensity)
    offset = np.fft.fftfreq(side, 1.0 / side)
    distance = np.hypot(offset[np.newaxis, :], offset[:, np.newaxis])
    circle = np.rint(distance).astype(np.int64).ravel()
    kept = side // 2
    count = np.bincount(circle)[:kept]
    r = np.bincount(circle, distance.ravel())[:kept] / count * step
    coherent = np.bincount(circle, intensity.ravel())[:kept] / count
    wide = np.bincount(circle, blurred.ravel())[:kept] / count
    # Current inside a circle: of rings between neighbouring radii, each with the mean of its edges.
    rings = np.pi * np.diff(np.square(r)) * 0.5 * (wide[1:] + wide[:-1])
    inside = np.concatenate([[0.0], np.cumsum(rings)])
    total = float(blurred.sum()) * step * step
    d59 = 2.0 * float(np.interp(CURRENT * total, inside, r))
    highest = int(np.argmax(wide))
    below = np.flatnonzero(wide[highest:] < 0.5 * wide[highest])
    half = math.nan
    if below.size:
        after = highest + int(below[0])
        pair = wide[after - 1 : after + 1]
        share = float((pair[0] - 0.5 * wide[highest]) / (pair[0] - pair[1]))
        half = float(r[after - 1] + share * (r[after] - r[after - 1]))
    scale = 1.0 / float(coherent.max())
    shown = int(np.searchsorted(r, min(float(r[-1]), max(2.5 * d59, 3.0 * half if below.size else 0.0))))
    keep = slice(0, max(shown + 1, 2))
    return ProbeShape(r[keep], wide[keep] * scale, coherent[keep] * scale, 2.0 * half, d59)


def probe_facts(shape: ProbeShape) -> str:
    """The widths in words."""
    return f"Full width at half maximum {shape.fwhm:.2f} Å · d59 {shape.d59:.2f} Å (59 % of the current)."


def read_probe(shape: ProbeShape, r: float) -> tuple[int, str]:
    """Index of the point nearest to a distance, and what there is in words."""
    index = int(np.argmin(np.abs(shape.r - r)))
    return index, f"r = {shape.r[index]:.2f} Å · {shape.blurred[index]:.3f} of the coherent maximum"


def probe_csv(shape: ProbeShape) -> str:
    """The profile as comma-separated values."""
    rows = np.stack((shape.r, shape.blurred, shape.coherent), axis=1).tolist()
    lines = ["r_angstrom,intensity_with_source,intensity_without_source"]
    return "\n".join(lines + [",".join(f"{value:.8g}" for value in row) for row in rows]) + "\n"
