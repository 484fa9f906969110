"""Fast electrons: wavelength, speed and how strongly a potential turns their phase.

Tier A.  Constants: CODATA 2018, in which h, c and e are exact (SI of 2019) and only the electron mass is
measured.
"""

from __future__ import annotations

import math

from sim.core.errors import InputError

#: Planck constant, J s (exact).
PLANCK = 6.62607015e-34
#: Speed of light, m/s (exact).
LIGHT_SPEED = 299792458.0
#: Elementary charge, C (exact).
ELEMENTARY_CHARGE = 1.602176634e-19
#: Electron mass, kg (CODATA 2018).
ELECTRON_MASS = 9.1093837015e-31
#: Bohr radius, Å (CODATA 2018).
BOHR_RADIUS = 0.529177210903
#: Rest energy of the electron, keV: 510.998 950.
REST_ENERGY = ELECTRON_MASS * (LIGHT_SPEED * LIGHT_SPEED) / ELEMENTARY_CHARGE * 1e-3
#: h²/(2π m e) in V Å²: the potential of a scattering density of f_e (Å) per Å³, 47.877 646 V Å².
SCATTERING_TO_POTENTIAL = PLANCK * PLANCK / (2 * math.pi * ELECTRON_MASS * ELEMENTARY_CHARGE) * 1e20

#: Voltages a formula can be asked for, kV: from slow electrons to the largest microscope.
LOWEST_VOLTAGE, HIGHEST_VOLTAGE = 0.1, 5000.0


def mass_factor(voltage: float) -> float:
    """Relativistic mass factor γ = 1 + eU/(m c²) of electrons accelerated by ``voltage`` kV.

    Raises
    ------
    InputError
        A voltage outside 0.1 to 5000 kV, as when it was given in volts.
    """
    _check(voltage)
    return 1.0 + voltage / REST_ENERGY


def velocity_ratio(voltage: float) -> float:
    """Speed as a fraction of the speed of light, β = sqrt(1 − 1/γ²), at ``voltage`` kV.

    Raises
    ------
    InputError
        A voltage outside 0.1 to 5000 kV.
    """
    _check(voltage)
    # From eU and m c² directly: 1 − 1/γ² would lose digits at low voltages.
    return math.sqrt(voltage * (voltage + 2 * REST_ENERGY)) / (voltage + REST_ENERGY)


def wavelength(voltage: float) -> float:
    """Relativistic de Broglie wavelength at ``voltage`` kV.

    Returns
    -------
    λ = hc / sqrt(eU (eU + 2 m c²)) in Å.

    Raises
    ------
    InputError
        A voltage outside 0.1 to 5000 kV.

    Notes
    -----
    Kirkland, Advanced Computing in Electron Microscopy (2010), equation 2.5.
    """
    _check(voltage)
    energy = voltage * 1e3 * ELEMENTARY_CHARGE
    rest = ELECTRON_MASS * (LIGHT_SPEED * LIGHT_SPEED)
    return PLANCK * LIGHT_SPEED / math.sqrt(energy * (energy + 2 * rest)) * 1e10


def interaction_constant(voltage: float) -> float:
    """Phase that a projected potential of 1 V Å adds to the wave at ``voltage`` kV.

    Returns
    -------
    σ = 2π γ m e λ / h² in rad/(V Å).

    Raises
    ------
    InputError
        A voltage outside 0.1 to 5000 kV.

    Notes
    -----
    Kirkland, Advanced Computing in Electron Microscopy (2010), equation 5.6.
    """
    # 2π m e/h² is the inverse of the conversion from scattering lengths to potentials.
    return mass_factor(voltage) * wavelength(voltage) / SCATTERING_TO_POTENTIAL


def _check(voltage: float) -> None:
    if not (LOWEST_VOLTAGE <= voltage <= HIGHEST_VOLTAGE):  # also refuses NaN
        in_volts = math.isfinite(voltage) and LOWEST_VOLTAGE <= voltage / 1e3 <= HIGHEST_VOLTAGE
        raise InputError(
            "voltage",
            "no accelerating voltage in kV",
            value=voltage,
            allowed=f"{LOWEST_VOLTAGE:g} to {HIGHEST_VOLTAGE:g} kV",
            remedy=f"that looks like volts; give {voltage / 1e3:g}" if in_volts else "",
        )
