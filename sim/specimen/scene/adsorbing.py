"""Molecules on the surface of a node of the scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.core.types import FloatArray
from sim.numerics.motion import Motion
from sim.specimen.atoms import Atoms
from sim.specimen.particles.adsorb import adsorbed
from sim.specimen.particles.molecules import molecule
from sim.specimen.particles.surface import Surface, surface
from sim.specimen.scene.crossing import box_corners, corners, within_box
from sim.specimen.scene.naming import named
from sim.specimen.scene.nodes import Molecules
from sim.specimen.scene.orienting import node_stream
from sim.specimen.scene.scenery import Arrays, Scenery

#: Other atoms this far from a node can be in the way of molecules on it, Å.
_AROUND = 25.0
#: Room for rounding, Å.
_HAIR = 1e-6


def covered(
    node: Molecules,
    host: Atoms,
    host_key: str,
    motion: Motion,
    member: int,
    others: Sequence[FloatArray],
    period: tuple[float, float] | None,
    scenery: Scenery,
) -> Atoms:
    """Molecules on a host, in the host's own frame.

    Parameters
    ----------
    node
        The molecules.
    host, host_key
        Atoms of the host in its own frame, and the key of what they depend on.
    motion
        From the host's frame to the scene's.
    member
        Number of the host among its like: each has its own random words.
    others
        Atoms of all other nodes in the scene's frame, (N, 3) each, Å: molecules keep clear of them.
    period
        Of a film that goes on beyond the scene, Å.
    """

    def compute() -> Arrays:
        found = surface(host.positions, periodic=period, candidates=scenery.search, cancel=scenery.cancel)
        return {"atoms": found.atoms, "positions": found.positions, "normals": found.normals}

    with named(f"specimen.nodes.{node.name}"):
        kept = scenery.remember(["surface", host_key, list(period or ())], compute)
        sites = Surface(kept["atoms"], kept["positions"], kept["normals"])
        low, high = corners(host.positions)
        obstacles = [host.positions]
        edges = corners(motion.apply(box_corners(np.subtract(low, _AROUND), np.add(high, _AROUND))))
        for points in others:
            # First what is near in the scene: to turn a whole film for every particle on it takes long.
            back = motion.inverse.apply(points[within_box(points, *edges, _HAIR)])
            obstacles.append(back[within_box(back, low, high, _AROUND)])
        return adsorbed(
            sites,
            molecule(node.molecule),
            node_stream(scenery.seed, node, "molecules").child(member),
            number=node.number,
            height=node.height,
            gap=node.gap,
            obstacles=np.concatenate(obstacles),
            periodic=period,
            candidates=scenery.search,
            cancel=scenery.cancel,
        )
