"""Rotations against scipy.spatial.transform, with asymmetric objects."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sim.core.errors import InputError
from sim.numerics.rotations import (
    euler_to_quaternion,
    matrix_to_quaternion,
    quaternion_multiply,
    quaternion_to_matrix,
    random_quaternion,
    rotate,
    zone_axis_to_quaternion,
)
from sim.numerics.streams import Stream

ANGLE = st.floats(-720.0, 720.0)
#: No symmetry and no mirror plane.
OBJECT = np.array([[1.0, 0.2, -0.3], [0.0, 2.0, 0.5], [-0.7, 0.1, 3.0], [0.4, -1.1, 0.9]])


def scipy_order(quaternion):
    """scipy stores (x, y, z, w)."""
    return np.roll(quaternion, -1)


@given(ANGLE, ANGLE, ANGLE)
def test_euler_angles_are_intrinsic_zxz(phi1, Phi, phi2):
    """scipy: upper case = intrinsic; active matrices acting on columns."""
    expected = Rotation.from_euler("ZXZ", [phi1, Phi, phi2], degrees=True).as_matrix()
    np.testing.assert_allclose(
        quaternion_to_matrix(euler_to_quaternion(phi1, Phi, phi2)), expected, atol=5e-15
    )


def test_euler_angles_by_hand():
    """φ1 = 90°, Φ = 90°: Rz(90)·Rx(90) takes x to y, y to z, z to x."""
    matrix = quaternion_to_matrix(euler_to_quaternion(90.0, 90.0, 0.0))
    np.testing.assert_allclose(rotate(matrix, np.eye(3)), [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-15)


@given(st.integers(0, 10**6))
def test_matrix_and_back(seed):
    quaternion = random_quaternion(Stream(seed, "round trip"))
    matrix = quaternion_to_matrix(quaternion)
    np.testing.assert_allclose(matrix, Rotation.from_quat(scipy_order(quaternion)).as_matrix(), atol=1e-15)
    np.testing.assert_allclose(matrix_to_quaternion(matrix), quaternion, atol=1e-14)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-15)
    assert abs(np.linalg.det(matrix) - 1.0) < 1e-14


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 2, -3), (-1, 0.1, 0)])
def test_half_turns_come_back_with_a_positive_first_component(axis):
    """w = 0 up to rounding: the branch that divides by the largest component."""
    matrix = Rotation.from_rotvec(np.pi * np.array(axis) / np.linalg.norm(axis)).as_matrix()
    quaternion = matrix_to_quaternion(matrix)
    np.testing.assert_allclose(quaternion_to_matrix(quaternion), matrix, atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(quaternion), 1.0, atol=1e-15)
    assert quaternion[quaternion != 0.0][0] > 0.0


def test_product_is_the_second_rotation_first():
    one, two = random_quaternion(Stream(1, "product")), random_quaternion(Stream(2, "product"))
    both = quaternion_to_matrix(quaternion_multiply(one, two))
    expected = rotate(quaternion_to_matrix(one), rotate(quaternion_to_matrix(two), OBJECT))
    np.testing.assert_allclose(rotate(both, OBJECT), expected, atol=1e-14)
    reference = Rotation.from_quat(scipy_order(one)) * Rotation.from_quat(scipy_order(two))
    np.testing.assert_allclose(both, reference.as_matrix(), atol=1e-15)


def test_rotate_is_the_matrix_on_column_vectors():
    matrix = quaternion_to_matrix(random_quaternion(Stream(3, "rotate")))
    np.testing.assert_allclose(rotate(matrix, OBJECT), OBJECT @ matrix.T, atol=1e-14)


def test_random_rotations_are_uniform():
    """Haar measure: every turned axis is uniform on the sphere (z uniform in −1 to 1), and the angle of
    rotation has the density (1 − cos θ)/π."""
    quaternions = np.array([random_quaternion(Stream(4, "haar", number)) for number in range(4000)])
    assert np.all(quaternions[:, 0] >= 0.0)
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=1), 1.0, atol=1e-15)
    rotations = Rotation.from_quat(np.roll(quaternions, -1, axis=1))
    for axis in np.eye(3):
        turned = rotations.apply(axis)
        for component in range(3):
            assert scipy.stats.kstest(turned[:, component], scipy.stats.uniform(-1.0, 2.0).cdf).pvalue > 1e-4
    angles = rotations.magnitude()
    assert scipy.stats.kstest(angles, lambda theta: (theta - np.sin(theta)) / np.pi).pvalue > 1e-4


COMPONENT = st.floats(-10.0, 10.0).filter(lambda value: value == 0.0 or abs(value) > 1e-6)


@given(COMPONENT, COMPONENT, COMPONENT, ANGLE)
def test_zone_axis_is_turned_onto_z(x, y, z, angle):
    direction = np.array([x, y, z])
    if not direction.any():
        return
    matrix = quaternion_to_matrix(zone_axis_to_quaternion(direction, angle))
    unit = direction / np.linalg.norm(direction)
    np.testing.assert_allclose(matrix @ unit, [0.0, 0.0, 1.0], atol=1e-14)


@pytest.mark.parametrize(
    "direction", [(0, 0, 5), (0, 0, -5), (1, 1, 0), (3, -1, 2), (1e-12, 0, -1), (1e-200, 0, 0)]
)
def test_zone_axis_rotation_is_the_smallest(direction):
    """Its angle is the angle between the direction and z."""
    quaternion = zone_axis_to_quaternion(direction)
    unit = np.array(direction) / max(abs(part) for part in direction)
    unit = unit / np.linalg.norm(unit)
    matrix = quaternion_to_matrix(quaternion)
    np.testing.assert_allclose(matrix @ unit, [0, 0, 1], atol=1e-15)
    angle = Rotation.from_matrix(matrix).magnitude()
    np.testing.assert_allclose(angle, np.arctan2(np.hypot(unit[0], unit[1]), unit[2]), atol=1e-12)


def test_in_plane_angle_turns_counter_clockwise_afterwards():
    first = quaternion_to_matrix(zone_axis_to_quaternion((1, 2, 3)))
    both = quaternion_to_matrix(zone_axis_to_quaternion((1, 2, 3), 30.0))
    expected = Rotation.from_euler("z", 30.0, degrees=True).as_matrix() @ first
    np.testing.assert_allclose(both, expected, atol=1e-15)


def test_directions_without_length_are_refused():
    for bad in ((0.0, 0.0, 0.0), (np.nan, 0.0, 1.0), (np.inf, 0.0, 0.0)):
        with pytest.raises(InputError, match="zone axis"):
            zone_axis_to_quaternion(bad)
    with pytest.raises(InputError, match="quaternion"):
        quaternion_to_matrix([0.0, 0.0, 0.0, 0.0])
