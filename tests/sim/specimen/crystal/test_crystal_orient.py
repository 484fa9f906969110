"""Directions and planes turned onto axes and onto each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.numerics.motion import Motion, unit_vector
from sim.specimen.crystal.explicit import from_parameters
from sim.specimen.crystal.orient import (
    align,
    align_planes,
    angle_cosine,
    direction_indices,
    plane_indices,
    plane_motion,
    zone_axis_motion,
)
from sim.specimen.crystal.table import BUILTIN

TRICLINIC = from_parameters("triclinic", 4.1, 5.3, 6.7, 71.0, 83.0, 102.0, [6], [[0.0, 0.0, 0.0]])

index = st.integers(-4, 4)
indices = st.tuples(index, index, index).filter(any)
part = st.floats(-1.0, 1.0).map(lambda value: round(value, 6))
vector = st.tuples(part, part, part).filter(lambda v: max(map(abs, v)) > 1e-3)


def turned(motion: Motion, direction) -> np.ndarray:
    return unit_vector(motion.matrix @ np.asarray(direction, dtype=np.float64))


def assert_rotation(motion: Motion) -> None:
    np.testing.assert_allclose(motion.matrix @ motion.matrix.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(motion.matrix) == pytest.approx(1.0)
    np.testing.assert_array_equal(motion.offset, 0.0)


@given(one=vector, two=vector)
def test_align_turns_one_direction_onto_another_by_the_smallest_angle(one, two) -> None:
    motion = align(one, two)
    assert_rotation(motion)
    np.testing.assert_allclose(turned(motion, one), unit_vector(two), atol=1e-13)
    # The trace of a rotation by ω is 1 + 2 cos ω.
    assert np.trace(motion.matrix) == pytest.approx(1.0 + 2.0 * angle_cosine(one, two), abs=1e-12)


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (1.0, -2.0, 0.5)])
@pytest.mark.parametrize("slip", [0.0, 1e-16, 1e-12, 1e-9, 1e-6])
def test_align_copes_with_opposite_and_equal_directions(direction, slip: float) -> None:
    beside = np.add(direction, [slip, -slip, 0.5 * slip])
    for target in (beside, -beside):
        motion = align(direction, target)
        assert_rotation(motion)
        np.testing.assert_allclose(turned(motion, direction), unit_vector(target), atol=1e-14)


@given(one=vector, two=vector, second_one=vector, second_two=vector)
def test_the_second_direction_comes_as_near_as_it_can(one, two, second_one, second_two) -> None:
    assume(np.linalg.norm(np.cross(unit_vector(one), unit_vector(second_one))) > 1e-3)
    assume(np.linalg.norm(np.cross(unit_vector(two), unit_vector(second_two))) > 1e-3)
    motion = align(one, two, second_one, second_two)
    assert_rotation(motion)
    axis = unit_vector(two)
    np.testing.assert_allclose(turned(motion, one), axis, atol=1e-12)
    came, goal = turned(motion, second_one), unit_vector(second_two)
    across = [unit_vector(v - axis * (v @ axis)) for v in (came, goal)]
    np.testing.assert_allclose(across[0], across[1], atol=1e-9)


@settings(deadline=None)
@given(uvw=indices, angle=st.integers(-180, 180))
def test_zone_axes_point_against_the_beam(uvw, angle) -> None:
    """A triclinic cell: directions are u·a + v·b + w·c, computed here from the cell itself."""
    motion = zone_axis_motion(TRICLINIC, uvw, angle)
    assert_rotation(motion)
    np.testing.assert_allclose(turned(motion, np.array(uvw) @ TRICLINIC.cell), [0.0, 0.0, 1.0], atol=1e-13)


def test_the_second_direction_points_right_and_the_in_plane_turn_is_counter_clockwise() -> None:
    gold = BUILTIN["Au"]
    motion = zone_axis_motion(gold, (1, 1, 0), second=(0, 0, 1))
    np.testing.assert_allclose(turned(motion, (0, 0, 1)), [1.0, 0.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(turned(motion, (1, -1, 0)), [0.0, 1.0, 0.0], atol=1e-14)
    further = zone_axis_motion(gold, (1, 1, 0), 90.0, second=(0, 0, 1))
    np.testing.assert_allclose(turned(further, (0, 0, 1)), [0.0, 1.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(turned(further, (1, -1, 0)), [-1.0, 0.0, 0.0], atol=1e-14)
    by_plane = zone_axis_motion(TRICLINIC, (0, 0, 1), second_plane=(1, 0, 0))
    normal = turned(by_plane, np.linalg.inv(TRICLINIC.cell)[:, 0])
    np.testing.assert_allclose(normal, [1.0, 0.0, 0.0], atol=1e-13)


def test_a_crystal_that_stands_right_is_left_alone() -> None:
    np.testing.assert_array_equal(zone_axis_motion(BUILTIN["Au"], (0, 0, 1)).matrix, np.eye(3))
    motion = plane_motion(BUILTIN["CdSe"], (0, 0, 0, 1), direction=(1, 0, 0))
    np.testing.assert_array_equal(motion.matrix, np.eye(3))


@settings(deadline=None)
@given(hkl=indices, uvw=indices)
def test_planes_face_up_or_down_with_their_direction_to_the_right(hkl, uvw) -> None:
    """Normals as columns of the inverted cell; any lattice direction in the plane."""
    uvw = tuple(int(value) for value in np.cross(hkl, uvw))
    assume(any(uvw))
    normal = np.linalg.inv(TRICLINIC.cell) @ np.array(hkl)
    for downwards, z in ((False, 1.0), (True, -1.0)):
        motion = plane_motion(TRICLINIC, hkl, direction=uvw, downwards=downwards)
        assert_rotation(motion)
        np.testing.assert_allclose(turned(motion, normal), [0.0, 0.0, z], atol=1e-12)
        np.testing.assert_allclose(
            turned(motion, np.array(uvw) @ TRICLINIC.cell), [1.0, 0.0, 0.0], atol=1e-12
        )


def test_planes_of_two_crystals_are_laid_on_each_other() -> None:
    """Kurdjumov-Sachs: (110) of bcc iron on (111) of fcc gold, [1 -1 1] along [1 0 -1]."""
    motion = align_planes(BUILTIN["Fe"], (1, 1, 0), (1, -1, 1), BUILTIN["Au"], (1, 1, 1), (1, 0, -1))
    assert_rotation(motion)
    np.testing.assert_allclose(turned(motion, (1, 1, 0)), unit_vector((1, 1, 1)), atol=1e-14)
    np.testing.assert_allclose(turned(motion, (1, -1, 1)), unit_vector((1, 0, -1)), atol=1e-14)
    # Of this relation: the next close-packed direction lies 10.53° from its partner.
    cosine = turned(motion, (1, -1, -1)) @ unit_vector((0, 1, -1))
    assert np.degrees(np.arccos(abs(cosine))) == pytest.approx(10.53, abs=0.01)


def test_hexagonal_epitaxy_puts_basal_planes_together() -> None:
    """(111) of gold on (0001) of MoS2, [1 -1 0] along [2 -1 -1 0] (which is a)."""
    motion = align_planes(
        BUILTIN["Au"], (1, 1, 1), (1, -1, 0), BUILTIN["MoS2_2H"], (0, 0, 0, 1), (2, -1, -1, 0)
    )
    np.testing.assert_allclose(turned(motion, (1, 1, 1)), [0.0, 0.0, 1.0], atol=1e-14)
    np.testing.assert_allclose(turned(motion, (1, -1, 0)), [1.0, 0.0, 0.0], atol=1e-14)


def test_four_indices_mean_what_they_mean_in_hexagonal_crystals() -> None:
    """[u v t w] is u·a1 + v·a2 + t·a3 + w·c with a3 = −a1 − a2; (h k i l) drops i."""
    cell = BUILTIN["CdSe"].cell
    third = -cell[0] - cell[1]
    expected = 2 * cell[0] - cell[1] - third + 3 * cell[2]
    np.testing.assert_allclose(direction_indices((2, -1, -1, 3)) @ cell, expected)
    np.testing.assert_array_equal(plane_indices((1, 0, -1, 2)), [1, 0, 2])


def test_what_cannot_be_is_refused_in_a_sentence() -> None:
    gold = BUILTIN["Au"]
    with pytest.raises(InputError, match=r"does not lie in the plane \(1 1 1\)"):
        plane_motion(gold, (1, 1, 1), direction=(1, 1, 0))
    with pytest.raises(InputError, match=r"uvw_b.*does not lie in the plane"):
        align_planes(gold, (1, 1, 1), (1, -1, 0), gold, (0, 0, 1), (1, 0, 1))
    with pytest.raises(InputError, match="only indices of 0"):
        zone_axis_motion(gold, (0, 0, 0))
    with pytest.raises(InputError, match="third"):
        plane_indices((1, 0, 1, 2))
    with pytest.raises(InputError, match="parallel to the first"):
        zone_axis_motion(gold, (1, 1, 0), second=(2, 2, 0))
    with pytest.raises(InputError, match="given twice"):
        zone_axis_motion(gold, (1, 1, 0), second=(0, 0, 1), second_plane=(0, 0, 1))
    with pytest.raises(InputError, match="second_to: is missing"):
        align((1, 0, 0), (0, 1, 0), (0, 0, 1))
    with pytest.raises(InputError, match="has no direction"):
        align((0, 0, 0), (0, 1, 0))
