"""The volume that each atom of a node stands for: what projected thickness is made of."""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray
from sim.numerics.motion import determinant
from sim.specimen.amorphous.materials import amorphous_material
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.particles.core_shell import SHELL
from sim.specimen.pose import bond_length
from sim.specimen.scene.nodes import Amorphous, Cluster, CoreShell, Molecules
from sim.specimen.scene.piece import Piece
from sim.specimen.scene.scenery import Scenery, node_crystal

#: Å³ an atom in molecular solids: ice Ih 10.9 (a 4.518, c 7.356 Å), benzene 9.7 and C60 11.8 from their
#: densities of 1.11 and 1.68 g/cm³.
_MOLECULAR = 11.0
#: A close packing of bond length b has b³/√2 an atom.
_HALF_ROOT = 0.7071067811865476


def atomic_volumes(piece: Piece, scenery: Scenery) -> FloatArray:
    """Volume of each atom of a piece, (N,) Å³.

    The cell's volume over its atoms for crystals, the reciprocal of the number density for amorphous
    solids, 11 Å³ in molecules, and where only positions are known (clusters, files) that of a close packing
    with the same bond length.  Homogeneous strain changes it.
    """
    node, count = piece.node, len(piece.atoms)
    known = piece.known
    if known is None or not count:
        return np.zeros(count)
    stretched = abs(determinant(piece.motion.matrix))
    changed = stretched * abs(determinant(known.moves.of_crystal.matrix))
    if isinstance(node, CoreShell):
        assert known.crystal is not None
        shell = node_crystal(node, scenery, "shell")
        assert shell is not None
        volumes = np.full(count, stretched * _of_crystal(known.crystal))
        volumes[np.equal(piece.atoms.grain, SHELL)] = changed * _of_crystal(shell)
        return volumes
    if known.crystal is not None:
        return np.full(count, stretched * _of_crystal(known.crystal))
    if isinstance(node, Amorphous):
        own = sum(density for _, density in amorphous_material(node.material).species)
        return np.full(count, changed / (node.density or own))
    if isinstance(node, Molecules):
        return np.full(count, _MOLECULAR)
    if isinstance(node, Cluster):
        bond = node.bond
        return np.full(count, changed * (bond * bond * bond) * _HALF_ROOT)
    bond = bond_length(piece.atoms.positions)
    return np.full(count, stretched * (bond * bond * bond) * _HALF_ROOT)


def _of_crystal(crystal: Crystal) -> float:
    return crystal.volume / len(crystal.numbers)
