"""Mass-thickness images of particles as an imaging model: from settings to plain values and back.

The arithmetic is in ``signal``.
"""

from __future__ import annotations

import numpy as np

from sim.core.types import ImageGrid, ParticleSpecimen
from sim.imaging.model import Projected, Surroundings
from sim.imaging.thickness.attenuation import Attenuation, attenuation
from sim.imaging.thickness.layers import Probe, depth_of, layers_between
from sim.imaging.thickness.settings import MassThicknessImaging
from sim.imaging.thickness.signal import scattered

_ANGSTROM_PER_NM = 10.0
#: What the truth calls the materials of the particles; that of the film comes after them.
_SPECIES = ("first", "second")


def project(
    specimen: ParticleSpecimen, grid: ImageGrid, settings: MassThicknessImaging, around: Surroundings
) -> Projected:
    """The fraction of the beam on the detector.

    Parameters
    ----------
    specimen
        As posed; ``materials`` are those of the two species and then the film's.
    grid
        Pixels of the image, margin included.

    Returns
    -------
    The image; ``truth`` has the largest thickness of all particles together (``thickness_max``, Å), the
    defocus (Å), and what a nanometre of each material scatters where it is thin (``attenuation_first``,
    ``attenuation_second``, ``attenuation_film``, 1/nm; 0 where there is no film).
    """
    around.progress("thickness")
    matter = [_attenuation(specimen, settings, place) for place in range(len(_SPECIES))]
    film = None if specimen.film is None else _attenuation(specimen, settings, -1)
    truth = {f"attenuation_{name}": one.constant for name, one in zip(_SPECIES, matter, strict=True)}
    truth["attenuation_film"] = 0.0 if film is None else film.constant
    truth = {name: constant * _ANGSTROM_PER_NM for name, constant in truth.items()}
    beam = Probe(settings.probe, settings.convergence, settings.defocus)
    layers = layers_between(*depth_of(specimen, grid), beam, float(grid.pixel_size))
    seen, thickest = scattered(
        specimen, grid, layers, matter if film is None else [*matter, film], around.cancel, around.progress
    )
    fraction = np.subtract(1.0, seen) if settings.signal == "bf" else np.add(seen, settings.vacuum_level)
    return Projected(
        np.minimum(np.maximum(fraction, 0.0), 1.0),
        truth={**truth, "thickness_max": thickest, "defocus": settings.defocus},
    )


def _attenuation(specimen: ParticleSpecimen, settings: MassThicknessImaging, place: int) -> Attenuation:
    """Of the material at a place of the specimen's list; the film's is the last."""
    given = (settings.given_first, settings.given_second)
    return attenuation(
        specimen.materials[place],
        signal=settings.signal,
        constants=settings.constants,
        phase=settings.phase,
        voltage=settings.voltage,
        inner=settings.inner,
        outer=settings.outer,
        collection=settings.collection,
        given=settings.given_film if place < 0 else given[place],
    )
