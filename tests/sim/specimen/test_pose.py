"""Poses: where an asymmetric structure ends up, and the bond length."""

from __future__ import annotations

import time

import numpy as np
import pytest
from ase.cell import Cell
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from sim.core.errors import InputError
from sim.core.types import POSITION_GRID
from sim.specimen.clusters import load_cluster
from sim.specimen.pose import apply_pose, bond_length, centroid, euler_pose, random_pose, zone_axis_pose

#: No two distances alike, centroid away from the origin.
MOLECULE = np.array([[1.0, 0.0, 0.0], [4.0, 0.5, 0.25], [1.5, 5.0, -1.0], [0.5, 1.0, 7.0]])
IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])
TRICLINIC = Cell.fromcellpar([4.1, 5.3, 7.7, 71.0, 83.0, 97.0])
angles = st.floats(-360.0, 360.0)


def scipy_rotation(quaternion):
    """scipy orders quaternions (x, y, z, w)."""
    return Rotation.from_quat(np.roll(quaternion, -1))


def test_centroid_goes_to_the_origin_and_then_to_the_shift():
    posed = apply_pose(MOLECULE, IDENTITY, (2.5, -1.25))
    assert posed == pytest.approx(MOLECULE - MOLECULE.mean(axis=0) + [2.5, -1.25, 0.0], abs=1e-6)
    assert posed.mean(axis=0) == pytest.approx([2.5, -1.25, 0.0], abs=1e-6)


def test_shift_is_in_the_laboratory_frame():
    """Turned upside down about x, the shift still points to +x and +y."""
    posed = apply_pose(MOLECULE, euler_pose(0.0, 180.0, 0.0), (3.0, 2.0))
    assert posed.mean(axis=0) == pytest.approx([3.0, 2.0, 0.0], abs=1e-6)


@given(phi1=angles, Phi=angles, phi2=angles, x=st.floats(-50, 50), y=st.floats(-50, 50))
@settings(max_examples=60, deadline=None)
def test_euler_pose_matches_scipy(phi1, Phi, phi2, x, y):
    """Intrinsic ZXZ in scipy's capitals, active."""
    expected = Rotation.from_euler("ZXZ", [phi1, Phi, phi2], degrees=True).apply(
        MOLECULE - MOLECULE.mean(axis=0)
    )
    posed = apply_pose(MOLECULE, euler_pose(phi1, Phi, phi2), (x, y))
    assert posed == pytest.approx(expected + np.array([x, y, 0.0]), abs=2e-6)
    assert np.array_equal(posed / POSITION_GRID, np.round(posed / POSITION_GRID))


@pytest.mark.parametrize(
    "uvw", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (-1, 2, 3), (0, 0, -1), (0.5, -0.25, 1)]
)
def test_zone_axis_of_a_triclinic_cell_points_to_the_source(uvw):
    """[uvw] = u a + v b + w c, worked out with ase's cell; it ends on +z."""
    direction = TRICLINIC.cartesian_positions(np.array([uvw], float))[0]
    quaternion = zone_axis_pose(uvw, 33.0, np.array(TRICLINIC))
    turned = scipy_rotation(quaternion).apply(direction)
    assert turned / np.linalg.norm(direction) == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


def test_zone_axis_without_cell_is_cartesian():
    turned = scipy_rotation(zone_axis_pose((3.0, 4.0, 0.0), 0.0, None)).apply([0.6, 0.8, 0.0])
    assert turned == pytest.approx([0.0, 0.0, 1.0], abs=1e-12)


def test_in_plane_angle_turns_counter_clockwise():
    """Seen with x to the right and y upwards: +x goes to +y at 90°."""
    turned = scipy_rotation(zone_axis_pose((0, 0, 1), 90.0, np.array(TRICLINIC))).apply([1.0, 0.0, 0.0])
    c = np.array(TRICLINIC)[2]
    upright = scipy_rotation(zone_axis_pose((0, 0, 1), 0.0, np.array(TRICLINIC)))
    before = upright.apply([1.0, 0.0, 0.0])
    assert turned == pytest.approx([-before[1], before[0], before[2]], abs=1e-9)
    assert upright.apply(c / np.linalg.norm(c)) == pytest.approx([0, 0, 1], abs=1e-9)


def test_columns_of_fcc_along_110():
    """Down [110] a cuboctahedron's 55 atoms stand in columns a/√2 apart along the beam."""
    posed = apply_pose(load_cluster("cuboctahedron", "ideal").positions, zone_axis_pose((1, 1, 0), 0.0, None))
    plane = np.unique(np.round(posed[:, :2], 3), axis=0)
    assert len(plane) < 25
    first = posed[np.all(np.abs(posed[:, :2]) < 1e-3, axis=1)]
    assert np.diff(np.sort(first[:, 2])) == pytest.approx(4.078 / np.sqrt(2.0), abs=1e-5)


def test_zone_axis_zero_is_refused():
    with pytest.raises(InputError, match=r"pose\.direction.*needs a direction"):
        zone_axis_pose((0, 0, 0), 0.0, None)


def test_random_pose_is_the_seed_and_nothing_else():
    assert np.array_equal(random_pose(5), random_pose(5))
    assert not np.array_equal(random_pose(5), random_pose(6))
    assert np.sum(random_pose(5) ** 2) == pytest.approx(1.0, abs=1e-15)


def test_random_poses_fill_the_sphere_evenly():
    """Mean of the turned z axis 0 and of its z² 1/3 (4 standard errors, 600 seeds)."""
    axes = np.array([scipy_rotation(random_pose(seed)).apply([0.0, 0.0, 1.0]) for seed in range(600)])
    assert np.abs(axes.mean(axis=0)).max() < 4 / np.sqrt(3 * 600)
    assert axes[:, 2] @ axes[:, 2] / 600 == pytest.approx(1 / 3, abs=4 * np.sqrt(4 / 45 / 600))


def test_orientation_in_the_file_does_not_matter():
    """Turned in the file and turned back by the pose: the same, because the centroid turns along."""
    quaternion = euler_pose(20.0, 40.0, 60.0)
    in_the_file = scipy_rotation(quaternion).inv().apply(MOLECULE) + np.array([100.0, -50.0, 20.0])
    assert apply_pose(in_the_file, quaternion) == pytest.approx(apply_pose(MOLECULE, IDENTITY), abs=2e-6)


def test_centroid_counts_every_atom_alike():
    assert centroid(MOLECULE) == pytest.approx([1.75, 1.625, 1.5625], abs=1e-12)


# --- bond length -------------------------------------------------------------------------------


@pytest.mark.parametrize("geometry", ["icosahedron", "cuboctahedron", "decahedron"])
def test_bond_length_of_ideal_clusters_is_that_of_gold(geometry):
    assert bond_length(load_cluster(geometry, "ideal").positions) == pytest.approx(
        4.078 / np.sqrt(2), abs=1e-5
    )


@given(st.integers(2, 60), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_bond_length_is_the_lower_median_of_nearest_distances(count, seed):
    """scipy's KD-tree for the neighbours, Python's sort for the median."""
    positions = np.random.default_rng(seed).uniform(-4, 4, (count, 3))
    nearest = sorted(
        distance for distance in cKDTree(positions).query(positions, k=2)[0][:, 1] if distance <= 6.0
    )
    expected = nearest[(len(nearest) - 1) // 2] if nearest else 2.5
    assert bond_length(positions) == pytest.approx(expected, rel=1e-12)


def test_one_stray_pair_does_not_set_the_bond_length():
    """A hydrogen-like pair 0.75 Å apart beside a gold cluster: the median is gold's."""
    positions = np.vstack([load_cluster("icosahedron", "ideal").positions, [[30, 0, 0], [30.75, 0, 0]]])
    assert bond_length(positions) == pytest.approx(2.8836, abs=1e-4)


@pytest.mark.parametrize(
    "positions", [[[1.0, 2.0, 3.0]], [[0, 0, 0], [20.0, 0, 0]]], ids=["one", "far apart"]
)
def test_bond_length_without_bonds(positions):
    assert bond_length(np.array(positions)) == 2.5


@pytest.mark.parametrize("stray", [False, True])
def test_bond_length_of_the_largest_structure_is_quick(stray):
    cells = np.stack(np.meshgrid(*[np.arange(30.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)[:25000]
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    positions = (cells[:, None] + basis).reshape(-1, 3) * 4.078
    if stray:
        positions[0] = [9e4, 0.0, 0.0]
    start = time.perf_counter()
    assert bond_length(positions) == pytest.approx(2.8836, abs=1e-4)
    assert time.perf_counter() - start < 10.0
