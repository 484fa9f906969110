"""Strain fields against their analytic strains, on asymmetric sets of points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.specimen.atoms import Atoms
from sim.specimen.particles.strain import bending, deformed, gradient, homogeneous, surface_relaxation
from sim.specimen.shapes.plain import Box, Sphere

POINTS = np.random.default_rng(7).uniform([-20.0, -10.0, -5.0], [30.0, 12.0, 9.0], (400, 3))


def local_strain(field, point, step=1e-4):
    """Deformation gradient at a point by central differences, columns for x, y, z."""
    ends = np.concatenate([point + step * np.eye(3), point - step * np.eye(3)])
    moved = field(ends)
    return (moved[:3] - moved[3:]).T / (2.0 * step)


def test_homogeneous_strain_is_its_tensor():
    motion = homogeneous(xx=0.02, yy=-0.01, zz=0.005, xy=0.003, xz=-0.004, yz=0.006)
    tensor = np.array([[0.02, 0.003, -0.004], [0.003, -0.01, 0.006], [-0.004, 0.006, 0.005]])
    np.testing.assert_allclose(motion.apply(POINTS), POINTS @ (np.eye(3) + tensor), atol=1e-12)


def test_homogeneous_strain_moves_shape_and_atoms_alike():
    motion = homogeneous(xx=0.1, yz=0.04)
    shape = Box((30.0, 18.0, 9.0))
    inside = shape.contains(POINTS)
    assert 0 < inside.sum() < len(POINTS)
    np.testing.assert_array_equal(shape.moved(motion).contains(motion.apply(POINTS)), inside)


@pytest.mark.parametrize("parts", [{"xx": -1.0}, {"xy": 1.5}, {"xx": -2.0, "yy": -2.0}, {"zz": float("nan")}])
def test_strains_that_leave_no_volume_are_refused(parts):
    with pytest.raises(InputError, match="leaves no volume"):
        homogeneous(**parts)


@given(start=st.floats(-0.1, 0.1), growth=st.floats(-0.003, 0.003), x=st.floats(-20, 20))
@settings(max_examples=40, deadline=None)
def test_gradient_along_its_own_axis_has_the_strain_it_states(start, growth, x):
    field = gradient("y", "y", start, growth)
    found = local_strain(field, np.array([3.0, x, -2.0]))
    expected = np.eye(3)
    expected[1, 1] += start + growth * x
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_gradient_across_an_axis_shears_as_it_must():
    found = local_strain(gradient("x", "z", 0.01, 0.002), np.array([5.0, 1.0, 4.0]))
    assert found[0, 0] == pytest.approx(1.0 + 0.01 + 0.002 * 4.0, abs=1e-9)
    assert found[0, 2] == pytest.approx(0.002 * 5.0, abs=1e-9)
    assert found[2, 0] == pytest.approx(0.0, abs=1e-9)


def test_a_gradient_that_would_fold_the_object_is_refused():
    with pytest.raises(InputError, match="fold"):
        gradient("x", "x", 0.0, -0.05)(POINTS)


def test_surface_relaxation_of_a_flat_face_decays_with_depth():
    """Normal strain strain · exp(−d/decay) and none in the plane, under the middle of a face."""
    field = surface_relaxation(Box((80.0, 90.0, 100.0)), -0.03, 4.0)
    for depth in (1.0, 3.0, 8.0):
        found = local_strain(field, np.array([2.0, 3.0, 50.0 - depth]))
        assert found[2, 2] - 1.0 == pytest.approx(-0.03 * np.exp(-depth / 4.0), abs=1e-6)
        assert found[0, 0] == pytest.approx(1.0, abs=1e-6)


def test_surface_relaxation_of_a_sphere_is_radial_and_signed():
    shape = Sphere(20.0)
    points = POINTS[np.linalg.norm(POINTS, axis=1) < 20.0]
    shift = surface_relaxation(shape, 0.02, 3.0)(points) - points
    radius = np.linalg.norm(points, axis=1)
    direction = points / radius[:, None]
    outward = np.sum(shift * direction, axis=1)
    expected = 0.02 * 3.0 * np.exp(-(20.0 - radius) / 3.0)
    far = radius > 9.0
    # The slope of the distance over ± 3 Å falls short of 1 by about (3 / r)² / 2.
    np.testing.assert_allclose(outward[far], expected[far], rtol=0.1)
    assert np.all(np.linalg.norm(shift - outward[:, None] * direction, axis=1) < 0.05 * expected + 1e-12)
    assert np.linalg.norm(surface_relaxation(shape, 0.02, 3.0)(np.zeros((1, 3)))) < 1e-12


def test_surface_relaxation_has_no_jump_at_an_edge():
    """Where two faces are equally near, the displacement passes from one normal to the other smoothly."""
    field = surface_relaxation(Box((60.0, 60.0, 60.0)), -0.05, 5.0)
    across = np.stack([np.linspace(24.0, 30.0, 601), np.full(601, 27.0), np.zeros(601)], axis=1)
    shift = field(across) - across
    assert np.max(np.abs(np.diff(shift, axis=0))) < 0.01 * 0.05 * 5.0


def test_bending_keeps_the_neutral_plane_and_the_radius():
    """Points of height z lie on a circle of radius R + z about (x = 0, z = −R) at the arc x/R."""
    for along, axis in (("x", 0), ("y", 1)):
        for radius in (60.0, -75.0):
            moved = bending(radius, along)(POINTS)
            from_axis = np.hypot(moved[:, axis], moved[:, 2] + radius)
            np.testing.assert_allclose(from_axis, np.abs(radius + POINTS[:, 2]), rtol=1e-12)
            arc = np.arctan2(moved[:, axis], (moved[:, 2] + radius) * np.sign(radius))
            np.testing.assert_allclose(arc, POINTS[:, axis] / np.abs(radius), atol=1e-12)
            np.testing.assert_array_equal(moved[:, 1 - axis], POINTS[:, 1 - axis])


def test_positive_radius_bends_the_ends_down():
    ends = np.array([[-30.0, 0.0, 0.0], [30.0, 0.0, 0.0]])
    assert np.all(bending(100.0)(ends)[:, 2] < -4.0)
    assert np.all(bending(-100.0)(ends)[:, 2] > 4.0)
    up = np.array([0.0, 0.0, 5.0])
    lifted = bending(100.0, neutral=5.0)(ends + up)
    np.testing.assert_allclose(lifted, bending(100.0)(ends) + up, atol=1e-12)


def test_an_almost_flat_bend_changes_almost_nothing():
    """No difference of large numbers: at a radius of a kilometre nothing is lost."""
    np.testing.assert_allclose(bending(1e13)(POINTS), POINTS, atol=1e-10)


@pytest.mark.parametrize("radius", [5.0, -9.0, 0.0, float("nan")])
def test_bends_that_fold_are_refused(radius):
    with pytest.raises(InputError, match="radius"):
        bending(radius)(POINTS)


def test_deformed_atoms_keep_what_they_are():
    atoms = Atoms.of(np.full(len(POINTS), 14), POINTS, grain=3)
    moved = deformed(atoms, bending(200.0))
    assert np.all(moved.grain == 3)
    assert np.all(moved.numbers == 14)
    assert not np.array_equal(moved.positions, POINTS)


def test_fields_follow_a_moved_shape():
    shift = Motion.translation([100.0, 0.0, 0.0])
    field = surface_relaxation(Sphere(20.0).moved(shift), -0.02, 4.0)
    here = surface_relaxation(Sphere(20.0), -0.02, 4.0)
    inside = POINTS[np.linalg.norm(POINTS, axis=1) < 20.0]
    np.testing.assert_allclose(field(shift.apply(inside)), shift.apply(here(inside)), atol=1e-9)
