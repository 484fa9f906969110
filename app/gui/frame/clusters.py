"""The gold clusters that come with the program, as start page and menu show them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """One class of Au55 clusters.

    Attributes
    ----------
    geometry
        Its word in a recipe.
    title, caption
        Its name, and what tells it apart.
    menu
        Text in the menu, with ``&`` before the mnemonic.
    """

    geometry: str
    title: str
    caption: str
    menu: str

    @property
    def command(self) -> str:
        """Key of the command that chooses it."""
        return f"structure.{self.geometry}"

    @property
    def tip(self) -> str:
        """What choosing it does, as the beginning of a sentence."""
        return f"Image the Au55 {self.title.lower()} cluster ({self.caption})"


CLUSTERS = (
    Cluster("icosahedron", "Icosahedron", "six fivefold axes", "Au55 &icosahedron"),
    Cluster("cuboctahedron", "Cuboctahedron", "a piece of fcc crystal", "Au55 &cuboctahedron"),
    Cluster("decahedron", "Decahedron", "one fivefold axis", "Au55 &decahedron"),
    Cluster("garzon", "Disordered", "Garzón-like, no symmetry", "Au55 disordered (&Garzón)"),
)
