"""Frozen phonons: independent displacements of the atoms (Einstein's model), addressed by value."""

from __future__ import annotations

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.numerics.streams import Stream, derive_seed


def displaced(
    positions: FloatArray, rms: FloatArray, seed: int, configuration: int, ids: IntArray | None = None
) -> FloatArray:
    """Positions of one configuration of frozen phonons.

    Parameters
    ----------
    positions
        (N, 3) Å.
    rms
        (N,) root mean square displacement along each axis, Å.
    seed
        Of the specimen's phonons.
    configuration
        Its number, from 0: every configuration has random numbers of its own.
    ids
        (N,) whole numbers from 0 that call the atoms by the same name where some are left out; by default
        their index.

    Returns
    -------
    (N, 3) float64 Å.

    Notes
    -----
    The displacement of an atom depends on the seed, the configuration and the atom's number only.  So
    configurations can be computed in any order, more of them change nothing, and atoms taken away leave
    the others where they are (the vacuum particle of a label keeps its phonons).
    """
    if np.shape(rms) != (len(positions),):
        raise InputError(
            "phonons.rms", f"{np.size(rms)} displacements for {len(positions)} atoms", allowed="one an atom"
        )
    if not np.all(np.isfinite(rms)) or np.any(np.less(rms, 0.0)):
        raise InputError("phonons.rms", "a displacement is negative or no number", allowed="0 Å and more")
    if not np.any(rms):
        return np.array(positions, dtype=np.float64)
    stream = Stream(derive_seed(int(seed), "phonons", int(configuration)), "displacements")
    count = len(positions) if ids is None else int(np.max(ids)) + 1
    shifts = stream.normals(3 * count).reshape(-1, 3)
    if ids is not None:
        shifts = shifts[ids]
    return np.add(positions, np.multiply(shifts, np.asarray(rms, dtype=np.float64)[:, None]))
