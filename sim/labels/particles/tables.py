"""The tables of particles, of their contacts and of their pure clusters.

Tier A.  Particles and clusters are numbered from 1 on, as in the instance map.  ``x``, ``y`` and ``z`` are
true positions in the specimen (Å); ``row`` and ``column`` say where the same point appears in the image, scan
distortion included (pixels, whole numbers are pixel centres).
"""

from __future__ import annotations

import numpy as np

from sim.core.types import BoolArray, FloatArray, ImageGrid, IntArray, ParticleSpecimen
from sim.labels.particles.maps import contact_points
from sim.labels.tables import Table, in_field


def particle_table(
    specimen: ParticleSpecimen,
    rows: FloatArray,
    columns: FloatArray,
    grid: ImageGrid,
    clusters: IntArray,
    topmost: IntArray,
) -> Table:
    """Every particle: its sphere, its neighbours, its cluster, and how much of it is seen.

    Parameters
    ----------
    specimen
        N posed particles.
    rows, columns
        (N,) where the centres appear in the image, pixels.
    grid
        Pixels of the image.
    clusters
        (N,) pure cluster of each particle, from 0 on (``descriptors.pure_clusters``).
    topmost
        (H, W) which particle is seen at every pixel, from 0 on, −1 for none
        (:func:`~sim.labels.particles.maps.sphere_maps`).

    Returns
    -------
    ``number``, ``x``, ``y``, ``z``, ``sphere_radius`` (Å), ``species`` (1 first, 2 second), ``coordination``,
    ``hetero_coordination``, ``cluster``, ``row``, ``column``, ``in_field``, ``visible_pixels``; N entries
    each.
    """
    count = len(specimen)
    coordination = np.bincount(np.ravel(specimen.contacts), minlength=count)
    mixed = specimen.contacts[hetero_contacts(specimen.species, specimen.contacts)]
    visible = np.bincount(np.add(np.ravel(topmost), 1), minlength=count + 1)[1:]
    return {
        "number": np.arange(1, count + 1, dtype=np.int32),
        "x": np.ascontiguousarray(specimen.centres[:, 0]),
        "y": np.ascontiguousarray(specimen.centres[:, 1]),
        "z": np.ascontiguousarray(specimen.centres[:, 2]),
        "sphere_radius": np.asarray(specimen.radii, dtype=np.float64),
        "species": np.add(specimen.species, 1).astype(np.uint8),
        "coordination": coordination.astype(np.int32),
        "hetero_coordination": np.bincount(np.ravel(mixed), minlength=count).astype(np.int32),
        "cluster": np.add(clusters, 1).astype(np.int32),
        "row": np.asarray(rows, dtype=np.float64),
        "column": np.asarray(columns, dtype=np.float64),
        "in_field": in_field(rows, columns, grid),
        "visible_pixels": visible.astype(np.int32),
    }


def contact_table(
    specimen: ParticleSpecimen,
    points: FloatArray,
    rows: FloatArray,
    columns: FloatArray,
    grid: ImageGrid,
) -> Table:
    """Every contact: who touches whom, and where.

    Parameters
    ----------
    specimen
        Posed particles with C contacts.
    points
        (C, 3) Å from :func:`contact_points`.
    rows, columns
        (C,) where they appear in the image, pixels.
    grid
        Pixels of the image.

    Returns
    -------
    ``first``, ``second`` (numbers of the particles, from 1 on), ``x``, ``y``, ``z``, ``row``, ``column``,
    ``hetero`` (of two materials), ``in_field``; C entries each.
    """
    return {
        "first": np.add(specimen.contacts[:, 0], 1).astype(np.int32),
        "second": np.add(specimen.contacts[:, 1], 1).astype(np.int32),
        "x": np.ascontiguousarray(points[:, 0]),
        "y": np.ascontiguousarray(points[:, 1]),
        "z": np.ascontiguousarray(points[:, 2]),
        "row": np.asarray(rows, dtype=np.float64),
        "column": np.asarray(columns, dtype=np.float64),
        "hetero": hetero_contacts(specimen.species, specimen.contacts),
        "in_field": in_field(rows, columns, grid),
    }


def cluster_table(species: IntArray, clusters: IntArray) -> Table:
    """Every pure cluster: connected particles of one material.

    Parameters
    ----------
    species, clusters
        (N,) of each particle; clusters from 0 on, without gaps.

    Returns
    -------
    ``number``, ``species`` (1 first, 2 second), ``size`` (particles), ``first`` (lowest number of its
    particles, from 1 on); one entry a cluster.
    """
    size = np.bincount(clusters)
    _, first = np.unique(clusters, return_index=True)
    return {
        "number": np.arange(1, len(size) + 1, dtype=np.int32),
        "species": np.add(species[first], 1).astype(np.uint8),
        "size": size.astype(np.int32),
        "first": np.add(first, 1).astype(np.int32),
    }


def hetero_contacts(species: IntArray, contacts: IntArray) -> BoolArray:
    """(C,) which contacts are between two materials."""
    return np.not_equal(species[contacts[:, 0]], species[contacts[:, 1]])


__all__ = ["cluster_table", "contact_points", "contact_table", "hetero_contacts", "particle_table"]
