"""Traces of planes, thickness and the tables of objects."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.types import ImageGrid
from sim.imaging.projection import project
from sim.labels.objects import ROLES, object_table, plane_table
from sim.labels.thickness import close_packed_volume, thickness
from sim.labels.traces import beside_planes

TILTED = np.array([0.48, -0.6, 0.64])


def layers(heights, normal):
    """One atom at each height along a normal, away from the axis."""
    across = np.cross(normal, [0.0, 0.0, 1.0])
    return np.array(heights)[:, None] * normal + 3.3 * across


def test_atoms_of_the_nearest_layers_have_the_kind_of_their_plane():
    positions = layers([-3.5, -1.2, 1.2, 3.5, 5.9, 8.3], TILTED)
    objects = np.full(6, 2)
    planes = np.array([[2, 0, *TILTED, *(0.0 * TILTED)], [2, 1, *TILTED, *(4.7 * TILTED)]])
    found = beside_planes(positions, objects, np.array([0, 0, 1, 1, 2, 2]), planes, np.array([9.0, 2.88]))
    assert found.tolist() == [0, 1, 1, 2, 2, 0]


def test_planes_belong_to_their_object_and_need_two_sides():
    positions = layers([-1.2, 1.2], TILTED)
    plane = np.array([[1, 11, *TILTED, 0.0, 0.0, 0.0]])
    bonds = np.array([2.88, 2.88])
    sides = np.array([0, 1])
    assert beside_planes(positions, np.array([1, 1]), sides, plane, bonds).tolist() == [12, 12]
    assert beside_planes(positions, np.array([2, 2]), sides, plane, bonds).tolist() == [0, 0]
    assert beside_planes(positions, np.array([1, 1]), np.zeros(2, int), plane, bonds).tolist() == [0, 0]
    assert beside_planes(positions, np.array([1, 1]), sides, np.empty((0, 8)), bonds).tolist() == [0, 0]


def test_an_atom_beside_two_planes_takes_the_nearer():
    positions = np.array([[0.0, 0.0, -0.5], [0.0, 0.0, 0.4], [0.0, 0.0, 1.4]])
    planes = np.array([[1, 3, 0, 0, 1, 0, 0, 0.0], [1, 4, 0, 0, 1, 0, 0, 0.9]])
    found = beside_planes(positions, np.ones(3, int), np.array([0, 1, 2]), planes, np.array([2.0]))
    assert found.tolist() == [4, 4, 5]


@pytest.mark.parametrize(("pixel_size", "sigma"), [(0.25, 1.5), (1.0, 0.5)])
def test_the_thickness_map_holds_the_volume_of_the_atoms(pixel_size, sigma):
    """Also where the Gaussian is narrower than a pixel; atoms that do not count add nothing."""
    grid = ImageGrid(80, 96, pixel_size)
    generator = np.random.default_rng(5)
    positions = generator.uniform(-0.9, 0.9, (50, 3))
    volumes = generator.uniform(5.0, 20.0, 50)
    which = np.arange(50) % 3 > 0

    def spread(places, amounts):
        integrate = sigma < 0.7 * pixel_size
        return project(places, amounts, grid, sigma, integrate=integrate, normalisation="area")

    found = thickness(positions, volumes, which, spread)
    assert found.sum() * pixel_size**2 == pytest.approx(volumes[which].sum(), rel=1e-6)


def test_close_packing_is_that_of_gold():
    """Four atoms in a cell of 4.0782 Å, bonds of a/√2."""
    assert close_packed_volume(4.0782 / np.sqrt(2.0)) == pytest.approx(4.0782**3 / 4.0)


def test_objects_without_a_place_have_none():
    grid = ImageGrid(20, 30, 0.5)
    table = object_table(
        ("particle", "", "support"),
        np.array([1, 0, 1]),
        np.array([13, 0, 700]),
        np.array([4.0, 0.0, 9.0]),
        np.array([3.0, 0.0, -1.0]),
        np.array([4.5, 9.5, 99.0]),
        np.array([7.0, 14.5, 3.0]),
        grid,
    )
    assert table["number"].tolist() == [1, 2, 3] and [ROLES[role] for role in table["role"]][2] == "support"
    assert table["placed"].tolist() == [True, False, True]
    assert table["radius"].tolist() == [8.0, 0.0, 18.0]
    assert np.isnan(table["row"][1]) and np.isnan(table["column"][1]) and np.isnan(table["z"][1])
    assert table["row"][0] == 4.5 and table["z"][2] == -1.0
    assert table["in_field"].tolist() == [True, False, False]


def test_planes_are_edge_on_when_they_hold_the_beam():
    lean = np.sin(np.radians([0.0, 1.9, 2.1, 90.0]))
    planes = np.array(
        [[1, 0, np.sqrt(1 - z * z), 0.0, z, 0, 0, 0] for z in [lean[0], -lean[1], lean[2], lean[3]]]
    )
    table = plane_table(planes, np.zeros(4), np.zeros(4), ImageGrid(4, 4, 1.0))
    assert table["edge_on"].tolist() == [True, True, False, False]
    assert table["normal_z"].tolist() == planes[:, 4].tolist()
