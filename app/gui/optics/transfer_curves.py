"""Contrast transfer along one direction and as a map; Scherzer's focus.  No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.gui.optics.microscope import Microscope
from sim.core.errors import never
from sim.core.types import FloatArray, IntArray
from sim.physics.optics.transfer import (
    SCHERZER,
    ScherzerConvention,
    ctf,
    information_limit,
    radial_transfer,
    scherzer,
    vibration_envelope,
    zeros,
)

#: The curve is computed at so many frequencies, and of each block its smallest and largest are drawn.
FINE, BLOCK = 4096, 16
#: Side of a map, pixels.
SIDE = 192
#: So much more than the information limit is shown.
MARGIN = 1.2
#: Zeros are counted up to this phase, rad: those beyond cannot be told apart in the plot.
MOST_PHASE = 24.0 * math.pi
#: Zeros that are named.
NAMED_ZEROS = 3

#: Conventions of Scherzer's focus in the order of the menu, with their formulas.
CONVENTIONS: dict[ScherzerConvention, str] = {
    "extended": "Extended Scherzer, √(3/2·Cs·λ)",
    "scherzer": "Scherzer, √(4/3·Cs·λ)",
    "classic": "Classic, √(Cs·λ)",
}
assert set(CONVENTIONS) == set(SCHERZER)


@dataclass(frozen=True, eq=False)
class TransferCurve:
    """Contrast transfer along one direction.

    Attributes
    ----------
    azimuth
        Degrees from +x towards +y.
    k
        (n,) Å⁻¹, ascending.
    sine
        (n,) sin χ.
    transfer
        (n,) sin χ with aperture and all envelopes.
    focal_spread, convergence, vibration, envelope
        (n,) single envelopes and the product of all, without the aperture.
    zeros
        Frequencies at which sin χ changes sign or touches 0, Å⁻¹, ascending.
    limit
        Information limit (envelopes at exp(−2)), Å⁻¹; None without one.
    aperture, nyquist
        Å⁻¹; 0 for no aperture.
    """

    azimuth: float
    k: FloatArray
    sine: FloatArray
    transfer: FloatArray
    focal_spread: FloatArray
    convergence: FloatArray
    vibration: FloatArray
    envelope: FloatArray
    zeros: FloatArray
    limit: float | None
    aperture: float
    nyquist: float


@dataclass(frozen=True, eq=False)
class TransferMap:
    """Contrast transfer in all directions.

    Attributes
    ----------
    k
        (n,) Å⁻¹, ascending: of columns, and of rows from below.
    values
        (n, n) sin χ with the envelopes, without the aperture; row 0 at the highest k_y.
    aperture, nyquist
        Å⁻¹; 0 for no aperture.
    """

    k: FloatArray
    values: FloatArray
    aperture: float
    nyquist: float


def limit_of(microscope: Microscope, azimuth: float) -> float | None:
    """Information limit along one direction, Å⁻¹."""
    return information_limit(
        microscope.wavelength,
        microscope.aberrations,
        focal_spread=microscope.focal_spread,
        convergence=microscope.convergence,
        vibration=microscope.vibration,
        azimuth=azimuth,
    )


def reach_of(microscope: Microscope, limit: float | None) -> float:
    """How far plots go: to Nyquist, but not far beyond information limit and aperture, Å⁻¹."""
    interesting = max(MARGIN * (limit or 0.0), MARGIN * microscope.aperture, 0.25)
    if limit is None and not microscope.aperture:
        interesting = math.inf
    return min(1.05 * microscope.nyquist, interesting)


def transfer_curve(
    microscope: Microscope, azimuth: float, cancel: Callable[[], None] = never
) -> TransferCurve:
    """The curve along one direction.

    Parameters
    ----------
    azimuth
        Degrees from +x towards +y.
    """
    limit = limit_of(microscope, azimuth)
    cancel()
    k = np.linspace(0.0, reach_of(microscope, limit), FINE)
    found = radial_transfer(
        k,
        microscope.wavelength,
        microscope.aberrations,
        azimuth=azimuth,
        aperture_semiangle=microscope.semiangle or math.inf,
        focal_spread=microscope.focal_spread,
        convergence=microscope.convergence,
        vibration=microscope.vibration,
    )
    cancel()
    sine = np.sin(found.phase)
    beyond = np.flatnonzero(np.abs(found.phase) > MOST_PHASE)
    last = float(k[beyond[0]]) if beyond.size else float(k[-1])
    crossings = zeros(microscope.wavelength, microscope.aberrations, last, azimuth=azimuth)
    kept = _extremes(sine)
    envelope = found.focal_spread * found.convergence * found.vibration
    return TransferCurve(
        azimuth,
        k[kept],
        sine[kept],
        found.transfer[kept],
        found.focal_spread[kept],
        found.convergence[kept],
        found.vibration[kept],
        envelope[kept],
        crossings,
        limit,
        microscope.aperture,
        microscope.nyquist,
    )


def transfer_map(microscope: Microscope, cancel: Callable[[], None] = never) -> TransferMap:
    """The map, as far as the curve along x goes."""
    reach = reach_of(microscope, limit_of(microscope, 0.0))
    cancel()
    k = np.linspace(-reach, reach, SIDE + 1)
    kx, ky = k[np.newaxis, :], k[::-1, np.newaxis]
    values = -ctf(
        kx,
        ky,
        microscope.wavelength,
        microscope.aberrations,
        focal_spread=microscope.focal_spread,
        convergence=microscope.convergence,
    ).imag
    if microscope.vibration:
        values = values * vibration_envelope(np.square(kx) + np.square(ky), microscope.vibration)
    return TransferMap(k, values, microscope.aperture, microscope.nyquist)


def _extremes(values: FloatArray) -> IntArray:
    """Indices of the smallest and the largest value of each block, ascending; first and last included."""
    blocks = values.reshape(-1, BLOCK)
    starts = np.arange(len(blocks)) * BLOCK
    kept = np.concatenate(
        [[0, values.size - 1], starts + blocks.argmin(axis=1), starts + blocks.argmax(axis=1)]
    )
    return np.asarray(np.unique(kept), dtype=np.int64)


def both(frequency: float) -> str:
    """A frequency and its spacing in words."""
    return f"{frequency:.3f} Å⁻¹ ({1.0 / frequency:.2f} Å)" if frequency > 0.0 else "0 Å⁻¹"


def facts(curve: TransferCurve) -> str:
    """First zeros, limits and aperture in words."""
    said = []
    if curve.zeros.size:
        named = ", ".join(both(value) for value in curve.zeros[:NAMED_ZEROS].tolist())
        said.append(f"Zeros at {named}" if curve.zeros.size > 1 else f"First zero at {named}")
    else:
        said.append("No zero")
    said.append(f"information limit {both(curve.limit)}" if curve.limit else "no information limit")
    if curve.aperture:
        said.append(f"aperture {both(curve.aperture)}")
    said.append(f"image Nyquist {both(curve.nyquist)}")
    return " · ".join(said) + "."


def read_curve(curve: TransferCurve, k: float, wavelength: float) -> tuple[int, str]:
    """Index of the point nearest to a frequency, and what there is in words."""
    index = int(np.argmin(np.abs(curve.k - k)))
    at = float(curve.k[index])
    words = f"{place(at, wavelength)} · transfer {curve.transfer[index]:+.3f}"
    return index, words.replace("-", "−")


def place(k: float, wavelength: float) -> str:
    """A frequency in words: k, spacing and angle."""
    if k < 1e-9:
        return "k = 0"
    return f"k = {k:.3f} Å⁻¹ · d = {1.0 / k:.2f} Å · {1e3 * k * wavelength:.1f} mrad"


def curve_csv(curve: TransferCurve) -> str:
    """The curve as comma-separated values."""
    lines = ["k_per_angstrom,sin_chi,transfer,envelope_focal_spread,envelope_illumination,envelope_vibration"]
    columns = (
        curve.k, curve.sine, curve.transfer, curve.focal_spread, curve.convergence, curve.vibration,
    )  # fmt: skip
    lines += [",".join(f"{value:.8g}" for value in row) for row in np.stack(columns, axis=1).tolist()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class ScherzerOffer:
    """Scherzer's focus, or why there is none.

    Attributes
    ----------
    defocus
        Å; None where there is none.
    words
        Defocus and point resolution, or the reason.
    """

    defocus: float | None
    words: str


def scherzer_offer(microscope: Microscope, convention: ScherzerConvention) -> ScherzerOffer:
    """What the Scherzer button would set."""
    spherical = microscope.spherical
    if not spherical > 0.0:
        lacking = "is 0" if spherical == 0.0 else f"is {spherical / 1e4:g} µm".replace("-", "−")
        return ScherzerOffer(
            None, f"Scherzer’s focus needs a positive spherical aberration; here Cs {lacking}."
        )
    focus = scherzer(spherical, microscope.wavelength, convention)
    return ScherzerOffer(
        focus.defocus,
        f"{CONVENTIONS[convention]}: defocus {focus.defocus:.1f} Å, first zero at "
        f"{focus.point_resolution:.2f} Å.",
    )
