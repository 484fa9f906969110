"""What the particles of an aggregate are filled with when they consist of atoms.

Tier A.  A crystal of the built-in table, or an amorphous solid of random sequential addition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, nearest, never
from sim.numerics.streams import Stream
from sim.physics.materials import material
from sim.specimen.amorphous.materials import AMORPHOUS, AmorphousMaterial
from sim.specimen.amorphous.rsa import random_addition
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import BUILTIN

#: Instead of a crystal's name.
AMORPHOUS_WORD = "amorphous"
#: The phase that nanoparticles of a material usually have, where that is not the crystal of its own name.
USUAL = {
    "TiO2": "TiO2_anatase",
    "SiO2": AMORPHOUS_WORD,
    "Si3N4": AMORPHOUS_WORD,
    "C": AMORPHOUS_WORD,
    "C_graphite": "graphite",
    "Ag": "Ag_4.086",
}
#: Density of an amorphous particle in units of the table's: random addition jams soon above.
LIGHTEST, DENSEST = 0.2, 1.1
#: Edge of the block of amorphous solid that particles are cut from, Å, at most: larger particles repeat it.
_LARGEST_BLOCK = 100.0
_SMALLEST_BLOCK = 20.0
#: Shares of elements that differ by less are the same composition; amorphous densities have five digits.
_SAME_SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class Filling:
    """What one species consists of.

    Attributes
    ----------
    name
        Of the crystal or the amorphous solid.
    densities
        (atomic number, atoms/Å³) of every element.
    crystal
        None where it is amorphous.
    amorphous
        None where it is a crystal.
    """

    name: str
    densities: tuple[tuple[int, float], ...]
    crystal: Crystal | None = None
    amorphous: AmorphousMaterial | None = None

    @property
    def density(self) -> float:
        """Atoms/Å³."""
        total = 0.0
        for _, density in self.densities:
            total += density
        return total

    def lattice(self, radius: float, stream: Stream, cancel: Callable[[], None] = never) -> Crystal:
        """What particles of up to a radius (Å) are cut from.

        An amorphous solid is a periodic block of random atoms, taken for the cell of a crystal: every
        particle cuts it elsewhere and turned otherwise.  It repeats within particles of more than 100 Å in
        diameter.

        Raises
        ------
        InputError
            Where random addition does not reach the density.
        """
        if self.crystal is not None:
            return self.crystal
        assert self.amorphous is not None
        # One block for a range of sizes.
        edge = min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, float(np.ceil(2.0 * radius))))
        atoms = random_addition(
            (edge, edge, edge),
            self.densities,
            np.array(self.amorphous.minimum_distance),
            stream,
            periodic=(True, True, True),
            cancel=cancel,
        )
        cell = np.diag([edge, edge, edge])
        return Crystal(self.name, cell, atoms.numbers, np.divide(atoms.positions, edge))


def filling_of(name: str, density: float, crystal: str, species: str) -> Filling:
    """What the particles of a material are filled with.

    Parameters
    ----------
    name
        The material: a name of the table of materials, or a formula.
    density
        g/cm³ of an amorphous solid; 0 for its own.  Crystals have their own.
    crystal
        Name of a built-in crystal, ``amorphous``, or empty for the material's usual phase.
    species
        Path of the species' settings, for messages: ``specimen.first``.

    Raises
    ------
    InputError
        Unknown material or crystal, a crystal of something else, a density that cannot be.
    """
    # The density plays no part in what a material consists of.
    shares = _shares(material(name, density or 1.0, f"{species}.material").composition)
    fitting = [key for key, known in BUILTIN.items() if _same(shares, _of_crystal(known))]
    solid = next((known for known in AMORPHOUS.values() if _same(shares, _shares(known.species))), None)
    choices = fitting + ([AMORPHOUS_WORD] if solid is not None else [])
    chosen = crystal or USUAL.get(name, name if name in fitting else "")
    if not crystal and not chosen:
        raise InputError(
            f"{species}.crystal",
            f"no crystal is usual for {name}",
            value=crystal,
            allowed=", ".join(choices) or "none of the built-in crystals has this composition",
            remedy="name one" if choices else "choose another material",
        )
    if chosen == AMORPHOUS_WORD:
        if solid is None:
            raise InputError(
                f"{species}.crystal",
                f"amorphous {name} is not known",
                value=crystal,
                allowed=", ".join(choices) or f"amorphous: {', '.join(AMORPHOUS)}",
                remedy="name a crystal" if choices else "choose another material",
            )
        return _amorphous(solid, density, species)
    if chosen not in BUILTIN:
        raise InputError(
            f"{species}.crystal",
            "is no built-in crystal",
            value=crystal,
            allowed=", ".join(choices),
            remedy=nearest(crystal, [*BUILTIN, AMORPHOUS_WORD]) or "name one of these, or leave it empty",
        )
    if chosen not in fitting:
        raise InputError(
            f"{species}.crystal",
            f"does not consist of {name}",
            value=crystal,
            allowed=", ".join(choices) or "none of the built-in crystals has this composition",
            remedy="name one of these, or change the material",
        )
    if density > 0.0:
        raise InputError(
            f"{species}.density",
            "a crystal has its own density",
            value=density,
            allowed="0",
            remedy=f"set it to 0, or set {species}.crystal to 'amorphous'" if solid else "set it to 0",
        )
    known = BUILTIN[chosen]
    own = tuple((number, share * known.density) for number, share in _of_crystal(known))
    return Filling(chosen, own, crystal=known)


def _amorphous(solid: AmorphousMaterial, density: float, species: str) -> Filling:
    scale = density / solid.density if density > 0.0 else 1.0
    if not LIGHTEST <= scale <= DENSEST:
        raise InputError(
            f"{species}.density",
            "amorphous atoms cannot be packed like this",
            value=density,
            allowed=f"{LIGHTEST * solid.density:.3g} to {DENSEST * solid.density:.3g} g/cm³, "
            f"0 for {solid.density:g}",
        )
    own = tuple((number, amount * scale) for number, amount in solid.species)
    return Filling(solid.name, own, amorphous=solid)


def _of_crystal(crystal: Crystal) -> tuple[tuple[int, float], ...]:
    numbers, counts = np.unique(crystal.numbers, return_counts=True)
    return _shares(tuple(zip(numbers.tolist(), counts.tolist(), strict=True)))


def _shares(composition: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """Shares of the elements among the atoms, by ascending atomic number."""
    total = 0.0
    for _, count in composition:
        total += count
    return tuple((number, count / total) for number, count in sorted(composition))


def _same(one: tuple[tuple[int, float], ...], two: tuple[tuple[int, float], ...]) -> bool:
    return len(one) == len(two) and all(
        first == second and abs(share - other) < _SAME_SHARE
        for (first, share), (second, other) in zip(one, two, strict=True)
    )
