"""Twenty and five grains, found by folding, against all products of faces."""

from __future__ import annotations

import numpy as np
import pytest

from sim.numerics.motion import Motion
from sim.specimen.shapes.grains import (
    FIVE_FOLD_UP,
    decahedron_planes,
    five_fold_grain,
    icosahedral_grain,
    icosahedron_planes,
)
from sim.specimen.shapes.polyhedron import Polyhedron

POINTS = np.random.default_rng(4).uniform(-30.0, 30.0, (120_000, 3))


def test_twenty_grains_are_the_cones_of_their_faces():
    normals, _ = icosahedron_planes(19.0)
    over = POINTS @ normals.T
    expected = np.where(over.max(axis=1) <= 19.0, over.argmax(axis=1), -1)
    np.testing.assert_array_equal(icosahedral_grain(POINTS, 19.0), expected)
    np.testing.assert_array_equal(np.unique(expected), np.arange(-1, 20))
    np.testing.assert_array_equal(icosahedral_grain(POINTS), over.argmax(axis=1))


def test_the_planes_are_an_icosahedron():
    """Equal edges; volume 5 (3 + √5)/12 a³ and inradius (3 √3 + √15)/12 a."""
    body = Polyhedron(*icosahedron_planes(19.0))
    assert (len(body.faces), len(body.edges), len(body.vertices)) == (20, 30, 12)
    lengths = np.linalg.norm(np.diff(body.vertices[body.edges], axis=1)[:, 0], axis=1)
    edge = 19.0 * 12.0 / (3.0 * np.sqrt(3.0) + np.sqrt(15.0))
    np.testing.assert_allclose(lengths, edge, rtol=1e-12)
    assert body.volume == pytest.approx(5.0 * (3.0 + np.sqrt(5.0)) / 12.0 * edge**3, rel=1e-12)


def test_grains_move_with_the_body():
    motion = Motion.translation((3.0, 1.0, -2.0)).after(Motion.about_axis((1.0, 5.0, 2.0), 50.0))
    here = icosahedral_grain(POINTS, 19.0)
    assert np.mean(icosahedral_grain(motion.apply(POINTS), 19.0, motion=motion) == here) > 0.9999
    five = five_fold_grain(POINTS, 12.0)
    assert np.mean(five_fold_grain(motion.apply(POINTS), 12.0, motion=motion) == five) > 0.9999


def test_five_fold_up_puts_a_corner_on_top():
    corners = Polyhedron(*icosahedron_planes(10.0)).moved(FIVE_FOLD_UP).vertices
    top = corners[np.argmax(corners[:, 2])]
    np.testing.assert_allclose(top[:2], 0.0, atol=1e-12)
    assert top[2] == pytest.approx(np.linalg.norm(corners[0]))


def test_five_grains_are_sectors_of_72_degrees():
    azimuth = np.degrees(np.arctan2(POINTS[:, 1], POINTS[:, 0])) % 360.0
    np.testing.assert_array_equal(five_fold_grain(POINTS), np.floor(azimuth / 72.0))


def test_five_grains_end_at_ten_faces():
    normals, heights = decahedron_planes(12.0)
    body = Polyhedron(normals, heights)
    assert (len(body.faces), len(body.edges), len(body.vertices)) == (10, 15, 7)
    lengths = np.linalg.norm(np.diff(body.vertices[body.edges], axis=1)[:, 0], axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-12)
    np.testing.assert_array_equal(five_fold_grain(POINTS, 12.0) >= 0, body.contains(POINTS))


def test_the_middle_and_shared_planes_get_one_grain():
    shared = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 5.0], [4.0, 0.0, 0.0], [0.0, 3.0, 3.0]])
    for grain in (icosahedral_grain(shared), five_fold_grain(shared)):
        assert np.all(grain >= 0)
