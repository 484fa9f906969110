"""Settings of the labels: which are stored, and the definitions behind them."""

from __future__ import annotations

from typing import Annotated

from sim.core.settings import About, Quantity, Settings


class LabelSettings(Settings):
    """Which truth is stored beside every image, and how it is defined."""

    particle_mask: Annotated[
        bool,
        About(
            "Store the geometric mask of the particle: the union of discs around the projected atoms, "
            "half the bond length in radius."
        ),
    ] = True
    visible_mask: Annotated[
        bool,
        About(
            "Store the mask of visible intensity: where the noise-free image exceeds a fraction of its "
            "maximum."
        ),
    ] = False
    visible_fraction: Annotated[
        float,
        Quantity(
            low=0.0,
            high=1.0,
            step=0.01,
            about="Pixels brighter than this fraction of the noise-free image's maximum are visible.",
        ),
    ] = 0.1
    atoms: Annotated[
        bool,
        About("Store every atom's projected position, height, element and column.", label="Atom table"),
    ] = True
    columns: Annotated[
        bool,
        About(
            "Store the atomic columns: position, number of atoms, and whether the image resolves them.",
            label="Column table",
        ),
    ] = True
    column_tolerance: Annotated[
        float,
        Quantity(
            "Å",
            low=0.01,
            high=2.0,
            step=0.05,
            about="Atoms form one column when each lies within this distance of their projected mean.",
            advanced=True,
        ),
    ] = 0.5
    resolution_factor: Annotated[
        float,
        Quantity(
            low=0.1,
            high=10.0,
            step=0.05,
            about=(
                "A column counts as resolved when the nearest other column is farther away than this many σ; "
                "2.35 σ is the full width at half maximum of a spot."
            ),
            advanced=True,
        ),
    ] = 2.35

    def image_names(self) -> tuple[str, ...]:
        """Names of the label images that are stored."""
        return tuple(name for name in ("particle_mask", "visible_mask") if getattr(self, name))
