"""Euler angles of a view against the program's own poses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gui.structure.beam import euler_of_view
from app.gui.structure.camera import DIRECTIONS, direction_rotation
from sim.numerics.rotations import quaternion_to_matrix
from sim.specimen.pose import euler_pose

angles = st.floats(-360.0, 360.0)


def again(rotation: np.ndarray) -> np.ndarray:
    found = euler_of_view(rotation)
    assert 0.0 <= found["pose.phi1"] < 360.0 and 0.0 <= found["pose.phi2"] < 360.0
    assert 0.0 <= found["pose.Phi"] <= 180.0
    return quaternion_to_matrix(euler_pose(found["pose.phi1"], found["pose.Phi"], found["pose.phi2"]))


@given(angles, st.one_of(angles, st.sampled_from([0.0, 1e-12, 1e-9, 1e-7, 180.0, 180.0 - 1e-9])), angles)
def test_a_pose_with_the_angles_of_a_view_turns_the_specimen_like_the_view(
    phi1: float, tilt: float, phi2: float
) -> None:
    rotation = quaternion_to_matrix(euler_pose(phi1, tilt, phi2))
    np.testing.assert_allclose(again(rotation), rotation, atol=1e-9)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_views_along_axes(name: str) -> None:
    rotation = direction_rotation(name)
    np.testing.assert_allclose(again(rotation), rotation, atol=1e-9)


def test_known_angles_come_back() -> None:
    found = euler_of_view(quaternion_to_matrix(euler_pose(10.0, 20.0, 30.0)))
    assert found == pytest.approx({"pose.phi1": 10.0, "pose.Phi": 20.0, "pose.phi2": 30.0}, abs=1e-9)
