"""The share of the beam that is scattered: what each layer of depth adds, blurred by the probe at that depth.

Tier A.  With S(x, y, z) the optical depth of all matter above z, 1 − exp(−S) of the beam is scattered there;
every layer's share is blurred by the probe as it is in the layer's middle, and the shares are added up.
Matter above does not blur what the beam meets below.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.core.types import FloatArray, ImageGrid, ParticleSpecimen
from sim.imaging.thickness import probe
from sim.imaging.thickness.attenuation import Attenuation
from sim.imaging.thickness.chords import Cancel, cumulative_maps
from sim.imaging.thickness.film import Support, support_of
from sim.imaging.thickness.layers import Layers
from sim.numerics import detmath

#: Pixels whose signal is computed between two looks at ``cancel``.
_AT_ONCE = 2**17


def scattered(
    specimen: ParticleSpecimen,
    grid: ImageGrid,
    layers: Layers,
    matter: list[Attenuation],
    cancel: Cancel,
    progress: Callable[[str], None],
) -> tuple[FloatArray, float]:
    """The share of the beam that is scattered, as the probe shows it.

    Parameters
    ----------
    specimen
        As posed.
    grid
        Pixels of the image.
    layers
        Layers of depth.
    matter
        How the material of each species scatters, and then that of the film where there is one.
    cancel
        Called at least every 100 ms; raises to stop.
    progress
        Called with the name of every layer as it begins, where there are several.

    Returns
    -------
    (H, W) float64 share of the beam, and the largest thickness of all particles together, Å.
    """
    species = len(matter) - (specimen.film is not None)
    wide = grid.padded(layers.margin)
    support = None if specimen.film is None else support_of(specimen.film, wide)
    maps = cumulative_maps(
        specimen.centres,
        specimen.radii,
        specimen.species,
        species,
        wide,
        layers.heights,
        cancel=cancel,
    )
    image = np.zeros(grid.shape)
    before, depth = np.zeros(wide.shape), np.zeros(wide.shape)
    for number, (thickness, height, sigma) in enumerate(
        zip(maps, layers.heights.tolist(), layers.sigmas.tolist(), strict=True), start=1
    ):
        if len(layers.sigmas) > 1:
            progress(f"depth layer {number} of {len(layers.sigmas)}")
        share = _share(thickness, height, matter, support, (before, depth), cancel)
        np.add(image, probe.blurred(share, sigma, layers.margin, cancel), out=image)
    rows, columns = (slice(layers.margin, layers.margin + side) for side in grid.shape)
    total = thickness[0, rows, columns]
    for other in thickness[1:]:
        total = np.add(total, other[rows, columns])
    return image, float(np.max(total))


def _share(
    thickness: FloatArray,
    height: float,
    matter: list[Attenuation],
    support: Support | None,
    so_far: tuple[FloatArray, FloatArray],
    cancel: Cancel,
) -> FloatArray:
    """What a layer scatters of the beam.

    Parameters
    ----------
    so_far
        What all layers above have scattered, and their optical depth; this layer's is added to both.
    """
    before, reached = so_far
    share = np.zeros_like(before)
    band = max(1, _AT_ONCE // before.shape[1])
    for top in range(0, len(before), band):
        cancel()
        rows = slice(top, top + band)
        passed = [material[rows] for material in thickness]
        if support is not None:
            passed.append(support.above(height, rows))
        depth = np.zeros(passed[0].shape)
        for material, way in zip(matter, passed, strict=True):
            np.add(depth, material.optical_depth(way), out=depth)
        # Most pixels have nothing new in a layer.
        new = np.not_equal(depth, reached[rows])
        seen = np.subtract(1.0, detmath.exp(np.negative(depth[new])))
        share[rows][new] = np.subtract(seen, before[rows][new])
        before[rows][new] = seen
        reached[rows] = depth
    return share
