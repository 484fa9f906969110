"""Materials of particles and films: what they consist of and how dense they are.

Tier A.  A name of ``resources/materials.csv``, or any chemical formula with its density.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

from sim.core.errors import InputError, nearest
from sim.core.types import Material
from sim.physics.elements import SYMBOLS
from sim.physics.masses import ATOMIC_WEIGHTS, GRAMS_PER_UNIT
from sim.physics.scattering.tables import LARGEST_TABULATED

#: The densest element, osmium, has 22.6 g/cm³.
HIGHEST_DENSITY = 25.0
#: Atoms of one element in a formula at most.
_MOST_ATOMS = 1e4
#: Brackets inside brackets at most.
_DEEPEST = 8
_EXAMPLE = "write it like TiO2, La0.8Sr0.2MnO3 or Ca(OH)2"
_NUMBERS = {symbol: number for number, symbol in enumerate(SYMBOLS, start=1)}

Composition = tuple[tuple[int, float], ...]


class Entry(NamedTuple):
    """A line of the table: a material, the formula that it was written with and where its density is from."""

    material: Material
    formula: str
    source: str


@cache
def table() -> Mapping[str, Entry]:
    """The materials that come with the program, by name."""
    file = resources.files("resources") / "materials.csv"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = {}
    for name, formula, density, source in csv.reader(lines[1:]):
        found[name] = Entry(Material(name, parse_formula(formula), float(density)), formula, source)
    return MappingProxyType(found)


def material_names() -> tuple[str, ...]:
    """Names of the table, in its order."""
    return tuple(table())


def material(name: str, density: float = 0.0, parameter: str = "material") -> Material:
    """A material of the table, or any other that a formula and a density describe.

    Parameters
    ----------
    name
        A name of the table (``TiO2``, ``TiO2_rutile``, ``Au``) or a formula (``La0.8Sr0.2MnO3``).
    density
        g/cm³; 0 for the table's.
    parameter
        Dotted path of the setting, for messages; the density's ends in ``density`` instead.

    Raises
    ------
    InputError
        A name that is neither, a formula without a density, an impossible density.
    """
    beside = ".".join([*parameter.split(".")[:-1], "density"])
    if not (math.isfinite(density) and 0.0 <= density <= HIGHEST_DENSITY):
        raise InputError(
            beside, "no density of a solid", value=density,
            allowed=f"up to {HIGHEST_DENSITY:g} g/cm³, 0 for that of the table",
        )  # fmt: skip
    known = table().get(name)
    if known is not None:
        return Material(name, known.material.composition, density) if density > 0.0 else known.material
    try:
        composition = parse_formula(name, parameter)
    except InputError as problem:
        near = nearest(name, material_names())
        raise InputError(parameter, problem.problem, value=name, remedy=near or problem.remedy) from None
    if density == 0.0:
        raise InputError(
            parameter, "the table of materials has no density for it", value=name,
            allowed=", ".join(material_names()),
            remedy=f"give its density in {beside}",
        )  # fmt: skip
    return Material(name, composition, density)


def molar_mass(composition: Composition) -> float:
    """Mass of a formula unit, u."""
    mass = 0.0
    for number, count in composition:
        mass += count * ATOMIC_WEIGHTS[number - 1]
    return mass


def number_density(material: Material) -> float:
    """Formula units per Å³."""
    return material.density / (molar_mass(material.composition) * GRAMS_PER_UNIT)


def parse_formula(formula: str, parameter: str = "material") -> Composition:
    """What a chemical formula consists of.

    Parameters
    ----------
    formula
        Symbols with their usual capitals, each followed by how many there are (1 where nothing stands;
        decimals allowed); groups in round brackets.
    parameter
        Dotted path of the setting, for messages.

    Returns
    -------
    (atomic number, atoms) pairs, numbers ascending.

    Raises
    ------
    InputError
        What is no formula, unknown elements, elements without scattering factors.
    """
    counts: dict[int, float] = {}
    end = _group(formula, 0, counts, parameter, 0)
    if end < len(formula):
        raise _no_formula(formula, "a bracket closes that was not opened", parameter)
    if not counts:
        raise _no_formula(formula, "it names no element", parameter)
    for number, count in counts.items():
        if number > LARGEST_TABULATED:
            raise InputError(
                parameter, f"no scattering factors are tabulated for {SYMBOLS[number - 1]}", value=formula,
                allowed=f"elements H to {SYMBOLS[LARGEST_TABULATED - 1]}",
            )  # fmt: skip
        if not 0.0 < count <= _MOST_ATOMS:
            raise _no_formula(formula, f"there are {count:g} atoms of {SYMBOLS[number - 1]}", parameter)
    return tuple((number, counts[number]) for number in sorted(counts))


def _group(formula: str, start: int, counts: dict[int, float], parameter: str, depth: int) -> int:
    """Add what stands from ``start`` to the end of the group to ``counts``; where the group ends."""
    place = start
    while place < len(formula) and formula[place] != ")":
        if formula[place] == "(":
            if depth == _DEEPEST:
                raise _no_formula(formula, "too many brackets", parameter)
            inner: dict[int, float] = {}
            close = _group(formula, place + 1, inner, parameter, depth + 1)
            if close >= len(formula):
                raise _no_formula(formula, "a bracket is not closed", parameter)
            if not inner:
                raise _no_formula(formula, "brackets hold nothing", parameter)
            place = close + 1
        else:
            number, place = _element(formula, place, parameter)
            inner = {number: 1.0}
        many, place = _count(formula, place, parameter)
        for number, count in inner.items():
            counts[number] = counts.get(number, 0.0) + many * count
    return place


def _element(formula: str, place: int, parameter: str) -> tuple[int, int]:
    """Atomic number of the symbol at a place, and where it ends."""
    for length in (2, 1):
        symbol = formula[place : place + length]
        if len(symbol) == length and symbol in _NUMBERS:
            return _NUMBERS[symbol], place + length
    found = formula[place]
    word = f"{formula[place : place + 2]!r} is no chemical element"
    raise _no_formula(formula, word if found.isalpha() else f"{found!r} has no place there", parameter)


def _count(formula: str, place: int, parameter: str) -> tuple[float, int]:
    """The number at a place, 1 where there is none, and where it ends."""
    end = place
    while end < len(formula) and formula[end] in "0123456789.":
        end += 1
    digits = formula[place:end]
    if not digits:
        return 1.0, end
    if digits.count(".") > 1 or digits == ".":
        raise _no_formula(formula, f"{digits!r} is no number", parameter)
    return float(digits), end


def _no_formula(formula: str, why: str, parameter: str) -> InputError:
    return InputError(
        parameter, f"no material of the table and no chemical formula: {why}", value=formula, remedy=_EXAMPLE
    )
