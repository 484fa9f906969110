"""The Gupta potential: second-moment tight binding for noble and transition metals.

F. Cleri and V. Rosato, Phys. Rev. B 48, 22 (1993).  Energies are those of the potential: they order
structures within it and are not measured values.  Tier B (numpy's exponential, iterative relaxation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray


@dataclass(frozen=True)
class GuptaParameters:
    """E = A Σ exp(−p(r/r0−1)) − ξ Σ sqrt(Σ exp(−2q(r/r0−1))), sums over ordered pairs and atoms.

    Attributes
    ----------
    name
        Potential and source, as shown beside energies.
    repulsion, hopping
        A and ξ, eV.
    repulsion_decay, hopping_decay
        p and q, pure numbers.
    distance
        r0, Å.
    """

    name: str
    repulsion: float
    hopping: float
    repulsion_decay: float
    hopping_decay: float
    distance: float


#: Gold, as Cleri and Rosato (1993) give it.
GOLD = GuptaParameters("Gupta (Cleri and Rosato 1993)", 0.2061, 1.790, 10.229, 4.036, 2.884)


def energy_and_gradient(
    positions: FloatArray, parameters: GuptaParameters = GOLD
) -> tuple[float, FloatArray]:
    """Energy of a cluster of one element and its gradient (the forces with the opposite sign).

    Parameters
    ----------
    positions
        (N, 3) in Å, not periodic, no two alike; all pairs interact (memory grows as N²).
    parameters
        The potential.

    Returns
    -------
    Energy in eV, and (N, 3) in eV/Å.
    """
    count = len(positions)
    if count < 2:
        return 0.0, np.zeros((count, 3))
    difference = positions[:, np.newaxis] - positions[np.newaxis]
    distance = np.sqrt(np.sum(difference * difference, axis=-1))
    np.fill_diagonal(distance, parameters.distance)
    stretch = distance / parameters.distance - 1.0
    repulsion = np.exp(-parameters.repulsion_decay * stretch)
    overlap = np.exp(-2.0 * parameters.hopping_decay * stretch)
    np.fill_diagonal(repulsion, 0.0)
    np.fill_diagonal(overlap, 0.0)
    band = np.sqrt(np.sum(overlap, axis=1))
    energy = parameters.repulsion * np.sum(repulsion) - parameters.hopping * np.sum(band)
    # dE/dr of an unordered pair; both atoms' square roots hold it.
    inverse_band = 1.0 / band
    slope = (
        -2.0 * parameters.repulsion * parameters.repulsion_decay * repulsion
        + parameters.hopping
        * parameters.hopping_decay
        * overlap
        * (inverse_band[:, np.newaxis] + inverse_band)
    ) / parameters.distance
    gradient = np.sum((slope / distance)[:, :, np.newaxis] * difference, axis=1)
    return float(energy), gradient


def relax(
    positions: FloatArray, parameters: GuptaParameters = GOLD, largest_force: float = 1e-5
) -> tuple[FloatArray, float]:
    """The nearest minimum of the energy (L-BFGS).

    Parameters
    ----------
    positions
        (N, 3) start, Å.
    parameters
        The potential.
    largest_force
        Largest remaining component of a force, eV/Å.

    Returns
    -------
    (N, 3) relaxed positions, Å, and the energy, eV.

    Raises
    ------
    RuntimeError
        If forces stay larger than that.
    """
    from scipy.optimize import minimize

    def flat(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        energy, gradient = energy_and_gradient(x.reshape(-1, 3), parameters)
        return energy, gradient.ravel()

    result = minimize(
        flat,
        np.asarray(positions, np.float64).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-16, "gtol": 0.1 * largest_force, "maxcor": 20},
    )
    relaxed: FloatArray = np.asarray(result.x, np.float64).reshape(-1, 3)
    energy, gradient = energy_and_gradient(relaxed, parameters)
    if np.abs(gradient).max() > largest_force:
        raise RuntimeError(f"the relaxation stopped with a force of {np.abs(gradient).max():.2g} eV/Å")
    return relaxed, energy
