"""The tables of particles, contacts and clusters, on a small aggregate worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.types import ImageGrid, Material, ParticleSpecimen
from sim.labels.particles import maps, tables

GRID = ImageGrid(40, 60, 1.0)
MATERIALS = (Material("TiO2", ((8, 2.0), (22, 1.0)), 3.9), Material("WO3", ((8, 3.0), (74, 1.0)), 7.16))


@pytest.fixture
def specimen():
    """A chain 0–1–2 of the first, second and second material, 3 of the first on 1, and 4 apart.

    4 lies outside the field, to the right.  Centres are 10 Å apart: they touch.
    """
    centres = np.array(
        [[-10.0, 4.0, 1.0], [0.0, 4.0, 1.0], [10.0, 4.0, 1.0], [0.0, 4.0, -9.0], [40.0, -2.0, 5.0]]
    )
    return ParticleSpecimen(
        centres,
        np.full(5, 5.0),
        np.array([0, 1, 1, 0, 0]),
        np.array([[0, 1], [1, 2], [1, 3]]),
        MATERIALS,
    )


#: Pure clusters by hand: 0 alone, 1 and 2 together, 3 alone, 4 alone.
CLUSTERS = np.array([0, 1, 1, 2, 3])


def places(points):
    return GRID.rows_of(points[:, 1]), GRID.columns_of(points[:, 0])


def test_particle_table(specimen):
    topmost = maps.sphere_maps(specimen.centres, specimen.radii, specimen.species, GRID).topmost
    rows, columns = places(specimen.centres)
    table = tables.particle_table(specimen, rows, columns, GRID, CLUSTERS, topmost)
    expected = {
        "number": [1, 2, 3, 4, 5],
        "x": [-10.0, 0.0, 10.0, 0.0, 40.0],
        "y": [4.0, 4.0, 4.0, 4.0, -2.0],
        "z": [1.0, 1.0, 1.0, -9.0, 5.0],
        "sphere_radius": [5.0] * 5,
        "species": [1, 2, 2, 1, 1],
        "coordination": [1, 3, 1, 1, 0],
        "hetero_coordination": [1, 2, 0, 1, 0],
        "cluster": [1, 2, 2, 3, 4],
        "row": [15.5, 15.5, 15.5, 15.5, 21.5],
        "column": [19.5, 29.5, 39.5, 29.5, 69.5],
        "in_field": [True, True, True, True, False],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(table[name], values, err_msg=name)
    assert set(table) == {*expected, "visible_pixels"}
    # The fourth is wholly behind the second, the fifth outside; a disc of 5 pixels has an area of 79.
    visible = table["visible_pixels"]
    assert visible[3] == visible[4] == 0
    np.testing.assert_allclose(visible[:3], 25.0 * np.pi, atol=4)
    assert visible.sum() == np.count_nonzero(topmost >= 0)


def test_the_exact_identity_of_hetero_coordination(specimen):
    """N_A · mean HCN_A = N_B · mean HCN_B."""
    empty = np.full(GRID.shape, -1)
    table = tables.particle_table(specimen, np.zeros(5), np.zeros(5), GRID, CLUSTERS, empty)
    first = table["species"] == 1
    assert table["hetero_coordination"][first].sum() == table["hetero_coordination"][~first].sum() == 2


def test_contact_table(specimen):
    points = maps.contact_points(specimen.centres, specimen.radii, specimen.contacts)
    rows, columns = places(points)
    columns[1] = 59.5
    table = tables.contact_table(specimen, points, rows, columns, GRID)
    expected = {
        "first": [1, 2, 2],
        "second": [2, 3, 4],
        "x": [-5.0, 5.0, 0.0],
        "y": [4.0, 4.0, 4.0],
        "z": [1.0, 1.0, -4.0],
        "row": [15.5, 15.5, 15.5],
        "column": [24.5, 59.5, 29.5],
        "hetero": [True, False, True],
        "in_field": [True, False, True],
    }
    assert set(table) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(table[name], values, err_msg=name)


def test_cluster_table(specimen):
    table = tables.cluster_table(specimen.species, CLUSTERS)
    expected = {"number": [1, 2, 3, 4], "species": [1, 2, 1, 1], "size": [1, 2, 1, 1], "first": [1, 2, 4, 5]}
    assert set(table) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(table[name], values, err_msg=name)


def test_tables_of_particles_without_contacts():
    lone = ParticleSpecimen(
        np.zeros((2, 3)), np.ones(2), np.array([0, 1]), np.empty((0, 2), dtype=np.int64), MATERIALS
    )
    empty = np.full(GRID.shape, -1)
    table = tables.particle_table(lone, np.zeros(2), np.zeros(2), GRID, np.array([0, 1]), empty)
    assert table["coordination"].tolist() == table["hetero_coordination"].tolist() == [0, 0]
    points = maps.contact_points(lone.centres, lone.radii, lone.contacts)
    assert points.shape == (0, 3)
    contacts = tables.contact_table(lone, points, points[:, 0], points[:, 1], GRID)
    assert {len(column) for column in contacts.values()} == {0}
    assert contacts["hetero"].dtype == np.bool_ and contacts["first"].dtype == np.int32


def test_every_column_has_a_type_that_can_be_stored(specimen):
    empty = np.full(GRID.shape, -1)
    rows, columns = places(specimen.centres)
    made = tables.particle_table(specimen, rows, columns, GRID, CLUSTERS, empty)
    for name, column in {**made, **tables.cluster_table(specimen.species, CLUSTERS)}.items():
        assert column.dtype in (np.float64, np.int32, np.uint8, np.bool_), name
        assert column.ndim == 1 and column.flags.c_contiguous, name
