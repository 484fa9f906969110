"""The settings of lens and beam as the physics takes them."""

from __future__ import annotations

import math

from sim.core.types import AtomicSpecimen
from sim.imaging.multislice.settings import AberrationSettings, BeamSettings
from sim.physics.optics.aberrations import KRIVANEK, Aberrations, from_haider

#: Full width at half maximum of a Gaussian, in standard deviations.
FULL_WIDTH = 2.3548

_ROUND = ("C30", "C50")
_DIRECTED = ("C12", "C21", "C23", "C32", "C34", "C41", "C43", "C45")


def aberrations_of(settings: AberrationSettings, c10: float = 0.0) -> Aberrations:
    """Coefficients with a C10, Å."""
    given = {name: (getattr(settings, name), 0.0) for name in _ROUND}
    given |= {name: (getattr(settings, name), getattr(settings, f"{name}_azimuth")) for name in _DIRECTED}
    given = {name: value for name, value in given.items() if value[0]}
    if settings.notation == "haider":
        found = from_haider({KRIVANEK[name].haider: value for name, value in given.items()})
        return found.replaced("C10", c10)
    return Aberrations({**given, "C10": (c10, 0.0)})


def beam_direction(beam: BeamSettings) -> tuple[float, float]:
    """Where the tilted beam travels sideways, (x, y) mrad."""
    azimuth = math.radians(beam.tilt_azimuth)
    return beam.tilt * math.cos(azimuth), beam.tilt * math.sin(azimuth)


def reference_plane(specimen: AtomicSpecimen, reference: str) -> float:
    """z of the plane that a defocus is counted from, Å: the highest atom, the lowest, or half-way."""
    z = specimen.positions[:, 2]
    entrance, exit_ = float(z.max()), float(z.min())
    return {"entrance": entrance, "exit": exit_, "centre": 0.5 * (entrance + exit_)}[reference]
