"""What plans must know of each yield: the memory and the table rows of one of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.labels.settings import LabelSettings
from sim.recipe.imaging_entry import Yield


@dataclass(frozen=True)
class PartCost:
    """What one atom or one particle costs.

    Attributes
    ----------
    working_bytes
        Memory of its labels and tables while an image is rendered.
    row_bytes
        (labels) → bytes of its rows in the stored tables.
    """

    working_bytes: int
    row_bytes: Callable[[LabelSettings], int]


#: Bytes of a row in the tables of atoms and columns, of particles, contacts (two to three a particle) and
#: clusters; there are at most as many columns as atoms and clusters as particles.
ATOM_ROW, COLUMN_ROW = 46, 38
PARTICLE_ROW, CONTACT_ROW, CLUSTER_ROW = 70, 50, 13

COSTS: Mapping[Yield, PartCost] = {
    # Finding columns holds the pairs of near atoms.
    "atoms": PartCost(3000, lambda labels: ATOM_ROW * labels.atoms + COLUMN_ROW * labels.columns),
    "particles": PartCost(
        2000, lambda labels: (PARTICLE_ROW + 3 * CONTACT_ROW + CLUSTER_ROW) * labels.particles
    ),
}
