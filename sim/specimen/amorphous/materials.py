"""Amorphous materials by name: composition, density and how near their atoms may come.

Tier A.  Random sequential addition cannot reach real bond lengths at real densities in every compound
(it jams, and knows no bonds), so minimum distances lie somewhat below the first peak of the measured
pair distribution, which stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sim.core.errors import InputError, nearest


@dataclass(frozen=True)
class AmorphousMaterial:
    """An amorphous solid.

    Attributes
    ----------
    name
        Key of the table.
    density
        Mass density, g/cm³.
    species
        (atomic number, atoms/Å³) of each element.
    minimum_distance
        (S, S) Å, in the order of the species.
    source
        Where the density comes from, and the measured neighbour distances.
    """

    name: str
    density: float
    species: tuple[tuple[int, float], ...]
    minimum_distance: tuple[tuple[float, ...], ...]
    source: str


def _two(own: float, mixed: float, other: float) -> tuple[tuple[float, ...], ...]:
    return ((own, mixed), (mixed, other))


#: Atoms/Å³ = density · 0.602214 / molar mass · atoms of the formula.
AMORPHOUS: Mapping[str, AmorphousMaterial] = MappingProxyType(
    {
        material.name: material
        for material in (
            AmorphousMaterial(
                "carbon", 2.20, ((6, 0.1103075),), ((1.4,),),
                "density and minimum distance of the published HRTEM series (Rangel DaCosta et al. 2024)",
            ),
            AmorphousMaterial(
                "silicon", 2.285, ((14, 0.0490),), ((2.2,),),
                "J. S. Custer et al., Appl. Phys. Lett. 64, 437 (1994): 4.90e22 atoms/cm³; Si-Si 2.35 Å",
            ),
            AmorphousMaterial(
                "germanium", 5.16, ((32, 0.0428),), ((2.3,),),
                "97 % of the crystal's density, the usual value of evaporated films; Ge-Ge 2.46 Å",
            ),
            AmorphousMaterial(
                "silica", 2.20, ((14, 0.022051), (8, 0.044101)), _two(2.5, 1.5, 2.1),
                "R. L. Mozzi, B. E. Warren, J. Appl. Cryst. 2, 164 (1969): 2.20 g/cm³; Si-O 1.62, O-O 2.65 Å",
            ),
            AmorphousMaterial(
                "silicon_nitride", 3.10, ((14, 0.039924), (7, 0.053232)), _two(2.1, 1.5, 1.9),
                "usual density of stoichiometric LPCVD Si3N4 membranes; Si-N 1.73 Å",
            ),
            AmorphousMaterial(
                "alumina", 3.00, ((13, 0.035438), (8, 0.053157)), _two(2.2, 1.55, 1.9),
                "M. D. Groner et al., Chem. Mater. 16, 639 (2004): 3.0 g/cm³ (177 °C); Al-O 1.8 Å",
            ),
            AmorphousMaterial(
                "ice", 0.94, ((8, 0.031423), (1, 0.062845)), _two(2.4, 0.95, 1.2),
                "low-density amorphous ice: O. Mishima, L. D. Calvert, E. Whalley, Nature 314, 76 (1985); "
                "O-O 2.75 Å; hydrogen is placed by itself, not in molecules",
            ),
        )
    }
)  # fmt: skip


def amorphous_material(name: str) -> AmorphousMaterial:
    """A material of the table.

    Raises
    ------
    InputError
        For a name that is not in the table; the nearest is offered.
    """
    found = AMORPHOUS.get(name)
    if found is None:
        raise InputError(
            "material", "unknown", value=name, allowed=", ".join(AMORPHOUS), remedy=nearest(name, AMORPHOUS)
        )
    return found
