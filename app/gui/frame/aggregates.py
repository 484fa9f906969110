"""Hetero-aggregates to begin with, as start page and menu show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What all of them have in common: a hundred particles of titania and tungsta, half and half.
COMMON: Mapping[str, Any] = {
    "specimen.kind": "aggregate",
    "specimen.number": 100,
    "specimen.mixing": 0.5,
    "specimen.first.material": "TiO2",
    "specimen.second.material": "WO3",
    "specimen.first.median_radius": 40.0,
    "specimen.second.median_radius": 40.0,
    "specimen.first.deviation": 0.25,
    "specimen.second.deviation": 0.25,
    "specimen.overlap": 0.0,
}


@dataclass(frozen=True)
class Aggregate:
    """One kind of aggregates.

    Attributes
    ----------
    name
        Its word in commands.
    title, caption
        Its name, and what tells it apart.
    menu
        Text in the menu, with ``&`` before the mnemonic.
    cluster_size, fractal_dimension, contacts, coordination
        Settings of the model, as the recipe has them; the pure clusters of both materials are as large.
    """

    name: str
    title: str
    caption: str
    menu: str
    cluster_size: float
    fractal_dimension: float
    contacts: str
    coordination: float

    @property
    def command(self) -> str:
        """Key of the command that chooses it."""
        return f"structure.aggregate_{self.name}"

    @property
    def label(self) -> str:
        """Its whole name."""
        return f"TiO2/WO3 {self.title.lower()}"

    @property
    def tip(self) -> str:
        """What choosing it does, in one sentence."""
        return f"Image an aggregate of 100 TiO2 and WO3 particles: {self.caption}."

    def values(self) -> dict[str, Any]:
        """Its settings by their paths in the recipe."""
        return {
            **COMMON,
            "specimen.first.cluster_size": self.cluster_size,
            "specimen.second.cluster_size": self.cluster_size,
            "specimen.fractal_dimension": self.fractal_dimension,
            "specimen.contacts": self.contacts,
            "specimen.coordination": self.coordination,
        }


AGGREGATES = (
    Aggregate(
        "well_mixed", "Well mixed", "single particles meet at random", "&Well mixed", 1.0, 1.8, "rolled", 3.0
    ),
    Aggregate(
        "segregated", "Segregated", "pure clusters of twelve meet", "S&egregated", 12.0, 1.8, "rolled", 3.0
    ),
    Aggregate("sparse", "Sparse", "open branches", "&Sparse", 1.0, 1.6, "first", 3.0),
    Aggregate("compact", "Compact", "dense, four contacts each", "&Compact", 1.0, 2.2, "rolled", 4.0),
)
BY_NAME: Mapping[str, Aggregate] = {aggregate.name: aggregate for aggregate in AGGREGATES}
