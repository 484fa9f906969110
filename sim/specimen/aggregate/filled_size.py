"""How many atoms an aggregate of atoms can come to, before it is built."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.core.types import Outline
from sim.specimen.aggregate.specimen import reach_of

if TYPE_CHECKING:
    from sim.specimen.aggregate.atomic_settings import AtomicAggregateSpecimen

#: Standard deviations that the sum of the volumes may lie above its mean.
_DEVIATIONS = 6.0
#: Atoms of a sphere beyond its share of the volume: those of a layer this thick, Å.
_SHELL = 0.5


def outline(settings: AtomicAggregateSpecimen) -> Outline:
    """How far the atoms reach, and how many there are at most."""
    reach = reach_of(settings)
    counts = tuple(
        (number, math.ceil(amount)) for number, amount in sorted(elements_at_most(settings).items())
    )
    return Outline(reach, reach, reach, sum(amount for _, amount in counts), counts)


def atoms_at_most(settings: AtomicAggregateSpecimen) -> int:
    """Atoms of an aggregate, as a rule at most."""
    return sum(math.ceil(amount) for amount in elements_at_most(settings).values())


def elements_at_most(settings: AtomicAggregateSpecimen) -> dict[int, float]:
    """Atoms of each element, as a rule at most.

    Moments of the log-normal law with median m and deviation s: ⟨rᵏ⟩ = mᵏ·exp(k²s²/2).
    """
    found: dict[int, float] = {}
    shares = (settings.mixing, 1.0 - settings.mixing)
    for species, share, filling in zip(
        (settings.first, settings.second), shares, settings.fillings(), strict=True
    ):
        # The whole number of particles of a species is that below or above its share.
        count = min(settings.number, math.ceil(share * settings.number)) if share > 0.0 else 0

        def moment(power: int, m: float = species.median_radius, s: float = species.deviation) -> float:
            return m**power * math.exp(0.5 * (power * s) ** 2)

        spread = math.sqrt(max(0.0, moment(6) - moment(3) ** 2))
        cubes = count * moment(3) + _DEVIATIONS * math.sqrt(count) * spread
        volume = 4.0 / 3.0 * math.pi * cubes + 4.0 * math.pi * _SHELL * count * moment(2)
        for number, density in filling.densities:
            found[number] = found.get(number, 0.0) + density * volume
    return found
