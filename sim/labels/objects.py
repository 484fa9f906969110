"""Tables of a scene's objects and of their defect planes.

Tier A.  The objects' names stand in the image's settings: the nodes of the scene, members of groups after
their group, numbered from 1 on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.labels.tables import Table, in_field

#: Codes of what objects are taken for; 0 is a group or a void, which has no atoms.
ROLES = ("", "particle", "support", "adsorbate", "matrix")
#: A plane is seen edge on where its normal leans out of the image by no more than about 2° (its sine).
EDGE_ON = 0.035


def object_table(
    roles: Sequence[str],
    placed: IntArray,
    atoms: IntArray,
    radii: FloatArray,
    heights: FloatArray,
    row: FloatArray,
    column: FloatArray,
    grid: ImageGrid,
) -> Table:
    """Every object: place, number of atoms, outline.

    Parameters
    ----------
    roles
        Of the M objects, words of :data:`ROLES`.
    placed
        (M,) 1 where the object found room.
    atoms
        (M,) atoms that it has in the end.
    radii
        (M,) largest lateral distance of its atoms from its origin, Å.
    heights
        (M,) z of its origin, Å.
    row, column
        (M,) where its origin appears in the image, pixels.
    grid
        Pixels of the image.

    Returns
    -------
    ``number``, ``role`` (its place in :data:`ROLES`), ``placed``, ``atoms``, ``row``, ``column``, ``radius``
    (pixels), ``z``, ``in_field``; M entries each.  Objects without a place have NaN for theirs.
    """
    there = np.not_equal(placed, 0)
    row, column = np.where(there, row, np.nan), np.where(there, column, np.nan)
    return {
        "number": np.arange(1, len(roles) + 1, dtype=np.int32),
        "role": np.array([ROLES.index(role) for role in roles], dtype=np.uint8),
        "placed": there,
        "atoms": np.asarray(atoms, dtype=np.int32),
        "row": row,
        "column": column,
        "radius": np.divide(radii, grid.pixel_size),
        "z": np.where(there, heights, np.nan),
        "in_field": np.logical_and(there, in_field(row, column, grid)),
    }


def plane_table(planes: FloatArray, row: FloatArray, column: FloatArray, grid: ImageGrid) -> Table:
    """Every defect plane: whose it is, its kind, its place and its normal.

    Parameters
    ----------
    planes
        (P, 8) object, kind code, normal (3), point (3), laboratory frame.
    row, column
        (P,) where the points appear in the image, pixels.

    Returns
    -------
    ``object``, ``kind``, ``row``, ``column``, ``normal_x``, ``normal_y``, ``normal_z``, ``edge_on`` (the
    plane contains the beam within 2°), ``in_field``; P entries each.
    """
    return {
        "object": planes[:, 0].astype(np.int32),
        "kind": planes[:, 1].astype(np.uint8),
        "row": np.asarray(row, dtype=np.float64),
        "column": np.asarray(column, dtype=np.float64),
        "normal_x": np.ascontiguousarray(planes[:, 2]),
        "normal_y": np.ascontiguousarray(planes[:, 3]),
        "normal_z": np.ascontiguousarray(planes[:, 4]),
        "edge_on": np.less_equal(np.abs(planes[:, 4]), EDGE_ON),
        "in_field": in_field(row, column, grid),
    }
