"""The aberration function χ of an objective or probe-forming lens, and the names of its coefficients.

χ = (2π/λ) Σ α^(n+1)/(n+1) C_nm cos(m(φ − φ_nm)), with the scattering angle α = λk, its azimuth
φ = atan2(k_y, k_x) and the transfer function exp(−iχ); C10 is minus the defocus (positive defocus =
underfocus).  Kirkland, Advanced Computing in Electron Microscopy, 3rd edition (2020), section 2.4;
Krivanek, Dellby and Lupini, Ultramicroscopy 78, 1 (1999).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray

ComplexArray = NDArray[np.complex128]


class Name(NamedTuple):
    """One coefficient: its order and symmetry, and what two schools call it.

    Attributes
    ----------
    symbol
        Krivanek's C_nm, the name used everywhere in this program.
    order, symmetry
        n and m: the term grows as α^(n+1) and repeats every 360°/m.
    haider
        Name after Uhlemann and Haider.
    factor
        C_nm = ``factor`` × Haider's coefficient.
    words
        What it is called in words.
    """

    symbol: str
    order: int
    symmetry: int
    haider: str
    factor: int
    words: str


#: Every coefficient up to the fifth order.  Factors: Uhlemann and Haider, Ultramicroscopy 72, 109
#: (1998), eq. 1, whose terms without 1/(n+1) (B2, S3, B4, D4, S5, R5) differ by n + 1.
NAMES: tuple[Name, ...] = (
    Name("C10", 1, 0, "C1", 1, "minus the defocus"),
    Name("C12", 1, 2, "A1", 1, "two-fold astigmatism"),
    Name("C21", 2, 1, "B2", 3, "axial coma"),
    Name("C23", 2, 3, "A2", 1, "three-fold astigmatism"),
    Name("C30", 3, 0, "C3", 1, "spherical aberration"),
    Name("C32", 3, 2, "S3", 4, "axial star aberration"),
    Name("C34", 3, 4, "A3", 1, "four-fold astigmatism"),
    Name("C41", 4, 1, "B4", 5, "fourth-order axial coma"),
    Name("C43", 4, 3, "D4", 5, "three-lobe aberration"),
    Name("C45", 4, 5, "A4", 1, "five-fold astigmatism"),
    Name("C50", 5, 0, "C5", 1, "fifth-order spherical aberration"),
    Name("C52", 5, 2, "S5", 6, "fifth-order axial star aberration"),
    Name("C54", 5, 4, "R5", 6, "fifth-order rosette aberration"),
    Name("C56", 5, 6, "A5", 1, "six-fold astigmatism"),
)

KRIVANEK: Mapping[str, Name] = {name.symbol: name for name in NAMES}
HAIDER: Mapping[str, Name] = {name.haider: name for name in NAMES}

#: Magnitude in Å and azimuth in degrees.
Coefficient = tuple[float, float]


@dataclass(frozen=True)
class Aberrations:
    """A set of aberration coefficients.

    Attributes
    ----------
    coefficients
        Krivanek symbol → (magnitude in Å, azimuth in degrees); what is missing is zero.  Azimuths
        are counted modulo 360°/m and mean nothing for round aberrations (m = 0).

    Raises
    ------
    InputError
        For names that are none and numbers that are not finite.
    """

    coefficients: Mapping[str, Coefficient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tidy: dict[str, Coefficient] = {}
        for symbol, given in self.coefficients.items():
            name = _known(symbol, KRIVANEK)
            magnitude, azimuth = (float(value) for value in given)
            if not (math.isfinite(magnitude) and math.isfinite(azimuth)):
                raise InputError(
                    f"aberrations.{symbol}",
                    "needs a magnitude and an azimuth that are finite numbers",
                    value=(magnitude, azimuth),
                    remedy="give Å and degrees",
                )
            tidy[symbol] = (magnitude, azimuth % (360.0 / name.symmetry) if name.symmetry else 0.0)
        object.__setattr__(self, "coefficients", tidy)

    @property
    def c10(self) -> float:
        """C10 = −defocus, Å."""
        return self.coefficients.get("C10", (0.0, 0.0))[0]

    @property
    def defocus(self) -> float:
        """Defocus, Å; positive is underfocus."""
        return -self.c10

    def replaced(self, symbol: str, magnitude: float, azimuth: float = 0.0) -> Aberrations:
        """The same with another value of one coefficient (Å, degrees)."""
        return Aberrations({**self.coefficients, symbol: (magnitude, azimuth)})

    def phase(self, kx: FloatArray, ky: FloatArray, wavelength: float) -> FloatArray:
        """χ, rad.

        Parameters
        ----------
        kx, ky
            Spatial frequencies, Å⁻¹, of any shapes that broadcast (k_y grows with y, against rows).
        wavelength
            Å.

        Returns
        -------
        float64 of the broadcast shape.
        """
        kx, ky = np.asarray(kx, dtype=np.float64), np.asarray(ky, dtype=np.float64)
        alpha2 = wavelength * wavelength * (kx * kx + ky * ky)
        result = np.zeros(alpha2.shape)
        asymmetric = any(term.symmetry for term in self._terms())
        omega: ComplexArray = np.asarray(wavelength * (kx + 1j * ky if asymmetric else 0j * kx))
        for term in self._terms():
            # α^(n+1) cos(m(φ − φ_nm)) = |ω|^(n+1−m) Re(ω^m exp(−imφ_nm)) with ω = α exp(iφ).
            part = term.weight * alpha2 ** ((term.order + 1 - term.symmetry) // 2)
            if term.symmetry:
                part = part * (omega**term.symmetry * term.turn).real
            result += part
        return np.multiply(result, 2.0 * math.pi / wavelength, out=result)

    def gradient(self, kx: FloatArray, ky: FloatArray, wavelength: float) -> tuple[FloatArray, FloatArray]:
        """∂χ/∂α⃗ along x and y: phase per scattering angle, rad/rad, shapes as in :meth:`phase`.

        λ/(2π) times this is the displacement of the ray in the image, Å.
        """
        kx, ky = np.asarray(kx, dtype=np.float64), np.asarray(ky, dtype=np.float64)
        omega = wavelength * (kx + 1j * ky)
        conjugate = omega.conjugate()
        along_x, along_y = np.zeros(omega.shape), np.zeros(omega.shape)
        for term in self._terms():
            # Re(c ω^a ω*^b): its derivatives along x and y are Re(c(u + v)) and Re(ic(u − v)).
            a = (term.order + 1 + term.symmetry) // 2
            b = (term.order + 1 - term.symmetry) // 2
            u = a * omega ** (a - 1) * conjugate**b
            v = b * omega**a * conjugate ** (b - 1) if b else np.zeros_like(omega)
            factor = term.weight * term.turn
            along_x += (factor * (u + v)).real
            along_y += (1j * factor * (u - v)).real
        scale = 2.0 * math.pi / wavelength
        return along_x * scale, along_y * scale

    def polynomial(self, wavelength: float, azimuth: float = 0.0) -> FloatArray:
        """χ along one direction as a polynomial in k: (7,) coefficients of k⁰ to k⁶.

        Parameters
        ----------
        azimuth
            Direction, degrees.
        """
        powers = np.zeros(7)
        for term in self._terms():
            angle = cmath.exp(1j * term.symmetry * math.radians(azimuth))
            powers[term.order + 1] += term.weight * (angle * term.turn).real
        return powers * (2.0 * math.pi / wavelength) * wavelength ** np.arange(7.0)

    def _terms(self) -> Iterator[_Term]:
        for symbol, (magnitude, azimuth) in self.coefficients.items():
            if magnitude:
                name = KRIVANEK[symbol]
                turn = cmath.exp(-1j * name.symmetry * math.radians(azimuth))
                yield _Term(name.order, name.symmetry, magnitude / (name.order + 1), turn)


class _Term(NamedTuple):
    """One coefficient ready to be summed: C_nm/(n + 1) and exp(−imφ_nm)."""

    order: int
    symmetry: int
    weight: float
    turn: complex


def from_haider(coefficients: Mapping[str, Coefficient]) -> Aberrations:
    """Aberrations given by the names C1, A1, B2, A2, C3, S3, A3, B4, D4, A4, C5, S5, R5, A5.

    Parameters
    ----------
    coefficients
        Name → (magnitude in Å, azimuth in degrees).  The azimuth is the direction φ_nm in which the
        term is largest, as for Krivanek's names; only the magnitudes are converted.

    Raises
    ------
    InputError
        For names that are none.
    """
    converted: dict[str, Coefficient] = {}
    for key, (magnitude, azimuth) in coefficients.items():
        name = _known(key, HAIDER)
        converted[name.symbol] = (name.factor * magnitude, azimuth)
    return Aberrations(converted)


def to_haider(aberrations: Aberrations) -> dict[str, Coefficient]:
    """The same coefficients by Haider's names: name → (magnitude in Å, azimuth in degrees)."""
    return {
        KRIVANEK[symbol].haider: (magnitude / KRIVANEK[symbol].factor, azimuth)
        for symbol, (magnitude, azimuth) in aberrations.coefficients.items()
    }


def _known(key: str, table: Mapping[str, Name]) -> Name:
    found = table.get(key)
    if found is None:
        raise InputError(
            f"aberrations.{key}",
            "no aberration has this name",
            allowed=", ".join(table),
            remedy=nearest(key, table),
        )
    return found
