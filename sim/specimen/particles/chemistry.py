"""Changes of an object's composition: substitution, vacancies, and frozen displacements.

Tier A.  Every atom has its own random word, addressed by its index: the choice for one atom does not
depend on the order or the number of calls, and a larger share contains the smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.neighbours import CandidateSearch
from sim.numerics.streams import Stream
from sim.specimen.atoms import Atoms
from sim.specimen.particles.surface import surface

Where = Literal["everywhere", "surface", "inside"]
#: B factor of elements without a value of their own, Å²: 0.10 Å root mean square per axis.
DEFAULT_B_FACTOR = 0.79


def substitute(
    atoms: Atoms,
    number: int,
    by: int,
    stream: Stream,
    *,
    fraction: float | None = None,
    count: int | None = None,
    where: Where | BoolArray = "everywhere",
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Atoms of one element replaced by another at random sites.

    Parameters
    ----------
    atoms
        The object.
    number
        Atomic number of what is replaced.
    by
        Atomic number of what takes its place.
    stream
        Random words of this purpose.
    fraction
        Share of the eligible atoms, 0 to 1; the number is exact (rounded, half upwards).
    count
        Their number instead of the share.
    where
        Which atoms are eligible: everywhere, those a rolling ball touches ("surface"), the others
        ("inside"), or a mask (N,).
    candidates, cancel
        Search for neighbours and the way to stop, for the surface.

    Raises
    ------
    InputError
        When the share is not between 0 and 1, more atoms are asked for than are eligible, both or
        neither of share and number are given, or the elements are unknown.
    """
    _check_element("number", number)
    _check_element("by", by)
    eligible = _eligible(atoms, number, where, candidates, cancel)
    picked = _picked(eligible, stream.child("substitute"), fraction, count)
    numbers = atoms.numbers.copy()
    numbers[picked] = by
    return replace(atoms, numbers=numbers)


def vacancies(
    atoms: Atoms,
    stream: Stream,
    *,
    fraction: float | None = None,
    count: int | None = None,
    number: int | None = None,
    where: Where | BoolArray = "everywhere",
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Atoms left out at random sites.

    Parameters
    ----------
    atoms
        The object.
    stream
        Random words of this purpose.
    fraction, count, where, candidates, cancel
        As for :func:`substitute`.
    number
        Atomic number of the atoms that may go; of any element when None.

    Raises
    ------
    InputError
        As for :func:`substitute`.
    """
    if number is not None:
        _check_element("number", number)
    eligible = _eligible(atoms, number, where, candidates, cancel)
    picked = _picked(eligible, stream.child("vacancies"), fraction, count)
    stays = np.ones(len(atoms), dtype=np.bool_)
    stays[picked] = False
    return atoms.kept(stays)


def displace(
    atoms: Atoms,
    stream: Stream,
    factors: float | Mapping[int, float],
    *,
    default: float = DEFAULT_B_FACTOR,
) -> Atoms:
    """Every atom displaced by normal numbers along x, y and z: one frozen state of thermal motion.

    Parameters
    ----------
    atoms
        The object.
    stream
        Random words of this purpose.
    factors
        Debye–Waller factor B, Å², of all atoms or by atomic number.
    default
        B of the elements the mapping does not name, Å².

    Raises
    ------
    InputError
        For a negative or infinite factor.

    Notes
    -----
    Standard deviation per axis √(B / 8π²) (L.-M. Peng et al., Acta Cryst. A 52, 456 (1996), eq. 7).
    The atoms move independently of each other (the Einstein model).
    """
    table = factors if isinstance(factors, Mapping) else {}
    standard = default if isinstance(factors, Mapping) else factors
    width = np.empty(len(atoms))
    for number in np.unique(atoms.numbers).tolist():
        factor = float(table.get(number, standard))
        if not 0.0 <= factor < math.inf:
            raise InputError("b_factor", "is no B factor", value=factor, allowed="0 or more, in Å²")
        width[np.equal(atoms.numbers, number)] = math.sqrt(factor / (8.0 * math.pi * math.pi))
    shifts = stream.child("displace").normals(3 * len(atoms)).reshape(len(atoms), 3)
    np.multiply(shifts, width[:, np.newaxis], out=shifts)
    moved: FloatArray = np.add(atoms.positions, shifts)
    return replace(atoms, positions=moved)


def _check_element(parameter: str, number: int) -> None:
    if not 1 <= number <= 118:
        raise InputError(parameter, "is no element", value=number, allowed="1 to 118")


def _eligible(
    atoms: Atoms,
    number: int | None,
    where: Where | BoolArray,
    candidates: CandidateSearch | None,
    cancel: Callable[[], None],
) -> BoolArray:
    eligible = np.ones(len(atoms), dtype=np.bool_) if number is None else np.equal(atoms.numbers, number)
    if isinstance(where, np.ndarray):
        if where.shape != (len(atoms),) or where.dtype != np.bool_:
            raise InputError("where", f"is no mask of {len(atoms)} atoms", value=where.shape)
        return np.logical_and(eligible, where)
    if where == "everywhere":
        return eligible
    if where not in ("surface", "inside"):
        raise InputError("where", "is unknown", value=where, allowed="everywhere, surface, inside")
    outer = np.zeros(len(atoms), dtype=np.bool_)
    outer[surface(atoms.positions, candidates=candidates, cancel=cancel).atoms] = True
    return np.logical_and(eligible, outer if where == "surface" else np.logical_not(outer))


def _picked(eligible: BoolArray, stream: Stream, fraction: float | None, count: int | None) -> IntArray:
    """Indices of the chosen atoms: of those eligible, the ones with the smallest random words."""
    if (fraction is None) == (count is None):
        raise InputError("fraction", "give either a share or a number of atoms")
    sites = np.flatnonzero(eligible).astype(np.int64)
    if fraction is not None:
        if not 0.0 <= fraction <= 1.0:
            raise InputError("fraction", "is no share", value=fraction, allowed="0 to 1")
        number = math.floor(fraction * len(sites) + 0.5)
    else:
        number = count or 0
        if not 0 <= number <= len(sites):
            raise InputError(
                "count",
                "more atoms are asked for than there are",
                value=number,
                allowed=f"0 to {len(sites)}",
                remedy="lower the number or choose other atoms",
            )
    words = stream.words(len(eligible))[sites]
    return sites[np.argsort(words, kind="stable")[:number]]
