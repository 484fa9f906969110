"""What is known of an aggregate of particles: its descriptors, and what its settings asked for.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.core.types import FloatArray, Particles
from sim.recipe.kinds import SPECIMENS

Cancel = Callable[[], None]
#: Where an image tells these of its specimen, it tells all descriptors.
DESCRIBED = ("coordination_histogram", "hetero_fraction", "pair_correlation")


@dataclass(frozen=True)
class Law:
    """The log-normal law of the radii of one material: median, Å, and deviation of ln r."""

    median: float
    deviation: float

    def density(self, radii: FloatArray) -> FloatArray:
        """Probability density (n,) at radii (n,), 1/Å; of equal particles nothing can be drawn."""
        if self.deviation <= 0.0:
            return np.zeros(len(radii))
        spread = np.log(radii / self.median) / self.deviation
        found: FloatArray = np.exp(-0.5 * spread**2) / (radii * self.deviation * np.sqrt(2.0 * np.pi))
        return found


@dataclass(frozen=True, eq=False)
class Numbers:
    """All that the pane shows.

    Attributes
    ----------
    materials
        Names, by species.
    radii
        Of the particles of each material, Å.
    laws
        Of the radii, where the settings have one.
    known
        Descriptors and facts by name, as samples store them.
    wanted
        What the settings asked for, by the names of the descriptors.
    """

    materials: tuple[str, ...]
    radii: tuple[FloatArray, ...]
    laws: tuple[Law | None, ...]
    known: Mapping[str, Any] = field(default_factory=dict)
    wanted: Mapping[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float | None:
        """One number; None where it is not known."""
        value = self.known.get(name)
        return None if value is None or isinstance(value, (tuple, list)) else float(value)

    def several(self, name: str) -> tuple[float, ...]:
        """A list of numbers; none where it is not known."""
        value = self.known.get(name, ())
        return tuple(float(part) for part in value) if isinstance(value, (tuple, list)) else ()

    @property
    def gyration_off(self) -> float | None:
        """How far the radius of gyration is from the wanted one, as a share of it; None where none is."""
        reached, wanted = self.of("gyration_radius"), self.wanted.get("gyration_radius", 0.0)
        return None if reached is None or wanted <= 0.0 else reached / wanted - 1.0


def numbers_of(particles: Particles, settings: Any, truth: Mapping[str, Any], cancel: Cancel) -> Numbers:
    """Descriptors of particles, with what is known of their image.

    Parameters
    ----------
    particles
        As built.
    settings
        The specimen's, as a job holds them.
    truth
        Scalars of one image of them.
    cancel
        Raises when nobody wants to know any more.
    """
    facts = particles.facts
    prefactor = float(getattr(settings, "prefactor", facts.get("prefactor", 1.0)))
    found: Mapping[str, Any] = {}
    if not all(name in truth for name in DESCRIBED):
        from sim.render.described import described

        found = described(particles, prefactor=prefactor, cancel=cancel)
    names = tuple(material.name for material in SPECIMENS[settings.kind].materials(settings))
    count = int(particles.species.max(initial=0)) + 1
    groups = [getattr(settings, name, None) for name in ("first", "second")]
    laws = tuple(
        None if group is None else Law(float(group.median_radius), float(group.deviation)) for group in groups
    )
    return Numbers(
        names[: max(count, 2)],
        tuple(particles.radii[particles.species == own] for own in range(max(count, 2))),
        laws,
        {**truth, **facts, **found},
        _wanted(settings, facts),
    )


def _wanted(settings: Any, facts: Mapping[str, float]) -> dict[str, float]:
    found = {}
    if "gyration_target" in facts:
        found["gyration_radius"] = facts["gyration_target"]
    if hasattr(settings, "fractal_dimension"):
        found["fractal_dimension_achieved"] = float(settings.fractal_dimension)
    if getattr(settings, "contacts", "") == "rolled":
        found["coordination_mean"] = float(settings.coordination)
    return found
