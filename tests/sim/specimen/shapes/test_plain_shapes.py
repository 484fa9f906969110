"""Shapes with a formula: membership, distance, bounds, volume, outlines, motions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.specimen.shapes.blocks import least_stretch
from sim.specimen.shapes.combined import Difference, Intersection, Union
from sim.specimen.shapes.plain import (
    Box,
    Capsule,
    Cone,
    Cylinder,
    Ellipsoid,
    Everything,
    HalfSpace,
    Sphere,
)
from sim.specimen.shapes.polyhedron import Polyhedron
from sim.specimen.shapes.volume import volume

#: Nothing here looks alike from two sides.
PLAIN = {
    "sphere": Sphere(11.0, (3.0, -2.0, 1.0)),
    "ellipsoid": Ellipsoid((4.0, 9.0, 14.0), (1.0, 2.0, -3.0)),
    "box": Box((8.0, 14.0, 22.0), (-2.0, 1.0, 4.0)),
    "cylinder": Cylinder(6.0, 19.0, (1.0, 1.0, -5.0)),
    "cone": Cone(9.0, 3.0, 16.0, (2.0, -1.0, 3.0)),
    "pointed cone": Cone(9.0, 0.0, 16.0),
    "funnel": Cone(2.0, 8.0, 11.0),
    "capsule": Capsule(5.0, 12.0, (0.0, 3.0, 1.0)),
    "polyhedron": Polyhedron.from_points(
        [
            [9.0, 1.0, 0.0],
            [-8.0, 2.0, 1.0],
            [0.0, 11.0, -2.0],
            [1.0, -7.0, 3.0],
            [0.5, 0.2, 10.0],
            [2.0, 1.0, -6.0],
        ]
    ),
}
OTHERS = {
    "half-space": HalfSpace((1.0, 2.0, -2.0), 2.5),
    "union": Union([PLAIN["cone"], PLAIN["box"]]),
    "intersection": Intersection([PLAIN["ellipsoid"], HalfSpace((0.0, 1.0, 0.0), 5.0)]),
    "difference": Difference(PLAIN["sphere"], PLAIN["capsule"]),
}
TURN = Motion.translation((4.0, -3.0, 6.0)).after(Motion.about_axis((1.0, 2.0, 3.0), 73.0))
MIRROR = Motion.reflection((2.0, -1.0, 0.5), 3.0)
STRAIN = Motion(np.array([[1.3, 0.2, 0.0], [0.0, 0.8, -0.1], [0.3, 0.0, 1.1]]), np.array([1.0, 2.0, 3.0]))
PLAIN_CASES = [pytest.param(shape, id=name) for name, shape in PLAIN.items()]
ALL_CASES = [pytest.param(shape, id=name) for name, shape in {**PLAIN, **OTHERS}.items()]
RIGID = [pytest.param(motion, id=name) for name, motion in
         {"as it stands": Motion.identity(), "turned": TURN, "mirrored": MIRROR}.items()]  # fmt: skip
MOTIONS = [*RIGID, pytest.param(STRAIN, id="strained")]


def scattered(count: int, reach: float = 22.0, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach, reach, (count, 3))


def directions(count: int) -> np.ndarray:
    """Unit vectors spread evenly (Fibonacci lattice)."""
    height = 1.0 - 2.0 * (np.arange(count) + 0.5) / count
    angle = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(count)
    across = np.sqrt(1.0 - height**2)
    return np.column_stack([across * np.cos(angle), across * np.sin(angle), height])


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("sphere", lambda x, y, z: np.hypot(np.hypot(x - 3, y + 2), z - 1) <= 11),
        ("ellipsoid", lambda x, y, z: ((x - 1) / 4) ** 2 + ((y - 2) / 9) ** 2 + ((z + 3) / 14) ** 2 <= 1),
        ("box", lambda x, y, z: (abs(x + 2) <= 4) & (abs(y - 1) <= 7) & (abs(z - 4) <= 11)),
        ("cylinder", lambda x, y, z: (np.hypot(x - 1, y - 1) <= 6) & (abs(z + 5) <= 9.5)),
        ("cone", lambda x, y, z: (abs(z - 3) <= 8) & (np.hypot(x - 2, y + 1) <= 6 - 6 * (z - 3) / 16)),
        ("pointed cone", lambda x, y, z: (abs(z) <= 8) & (np.hypot(x, y) <= 9 * (8 - z) / 16)),
        ("funnel", lambda x, y, z: (abs(z) <= 5.5) & (np.hypot(x, y) <= 2 + 6 * (z + 5.5) / 11)),
        ("capsule", lambda x, y, z: np.sqrt(x**2 + (y - 3) ** 2 + np.maximum(abs(z - 1) - 6, 0) ** 2) <= 5),
        ("half-space", lambda x, y, z: (x + 2 * y - 2 * z) / 3 <= 2.5),
    ],
)
def test_membership_follows_the_formula(name, rule):
    """Written down once more with numpy's own functions, in space: centres and the wide end are right."""
    points = scattered(40_000)
    inside = {**PLAIN, **OTHERS}[name].contains(points)
    assert 100 < np.count_nonzero(inside) < 39_900
    np.testing.assert_array_equal(inside, rule(*points.T))


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("shape", ALL_CASES)
def test_moved_points_lie_in_the_moved_shape(shape, motion):
    points = scattered(20_000)
    away = np.abs(shape.distance(points)) > 1e-7
    np.testing.assert_array_equal(
        shape.moved(motion).contains(motion.apply(points))[away], shape.contains(points)[away]
    )


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("shape", ALL_CASES)
def test_distance_has_the_sign_of_membership(shape, motion):
    moved, points = shape.moved(motion), motion.apply(scattered(20_000))
    far = moved.distance(points)
    away = np.abs(far) > 1e-7
    assert np.count_nonzero(away) > 19_000
    np.testing.assert_array_equal(moved.contains(points)[away], far[away] < 0.0)


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("shape", ALL_CASES)
def test_no_boundary_is_nearer_than_the_distance(shape, motion):
    """The ball of this radius about a point lies on one side: asked of membership alone."""
    moved, points = shape.moved(motion), motion.apply(scattered(60))
    far, inside = np.abs(moved.distance(points)), moved.contains(points)
    for point, radius, within in zip(points, far, inside, strict=True):
        sides = moved.contains(point + 0.9999 * radius * directions(800))
        assert np.all(sides == within)


@pytest.mark.parametrize("motion", RIGID)
@pytest.mark.parametrize("shape", [*PLAIN_CASES, pytest.param(OTHERS["half-space"], id="half-space")])
def test_the_boundary_is_met_at_the_distance(shape, motion):
    """Going against the gradient by the distance ends at a place with both sides about it."""
    moved, points = shape.moved(motion), motion.apply(scattered(400))
    far = moved.distance(points)
    step = 1e-5
    gradient = np.column_stack(
        [(moved.distance(points + step * axis) - moved.distance(points - step * axis)) / (2 * step)
         for axis in np.eye(3)]
    )  # fmt: skip
    size = np.linalg.norm(gradient, axis=1)
    smooth = np.abs(size - 1.0) < 1e-6
    assert np.count_nonzero(smooth) > 380  # the rest stand where two places are equally near
    feet = (points - far[:, np.newaxis] * gradient)[smooth]
    around = moved.contains((feet[:, np.newaxis] + 1e-3 * directions(400)).reshape(-1, 3)).reshape(-1, 400)
    assert np.all(around.any(axis=1))
    assert not np.any(around.all(axis=1))


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("shape", PLAIN_CASES)
def test_bounds_are_the_smallest_box(shape, motion):
    """Nothing inside sticks out, and a thin layer at each of the six sides is touched."""
    moved = shape.moved(motion)
    low, high = moved.bounds()
    points = np.random.default_rng(8).uniform(low - 2.0, high + 2.0, (60_000, 3))
    inside = points[moved.contains(points)]
    assert len(inside) > 5_000
    assert np.all(inside >= low - 1e-9)
    assert np.all(inside <= high + 1e-9)
    outline = np.concatenate([*moved.wireframe(), inside])
    assert np.all(outline.min(axis=0) <= low + 0.08 * (high - low))
    assert np.all(outline.max(axis=0) >= high - 0.08 * (high - low))


@pytest.mark.parametrize("shape", PLAIN_CASES)
def test_bounds_touch_the_shape(shape):
    """The plane of each side of the box is as far from a point far out as the shape is, within its width."""
    moved = shape.moved(TURN)
    low, high = moved.bounds()
    far = 1e6
    for axis in range(3):
        for side, sign in ((low, -1.0), (high, 1.0)):
            point = 0.5 * (low + high)
            point[axis] = side[axis] + sign * far
            # Sideways extent adds at most size²/(2 far) to the way.
            assert moved.distance(point[np.newaxis])[0] == pytest.approx(far, abs=1e-3)


@pytest.mark.parametrize("motion", RIGID)
@pytest.mark.parametrize("shape", PLAIN_CASES)
def test_outlines_lie_on_the_boundary(shape, motion):
    moved = shape.moved(motion)
    lines = moved.wireframe()
    assert lines
    for line in lines:
        assert line.ndim == 2 and line.shape[1] == 3 and len(line) >= 2
        np.testing.assert_allclose(moved.distance(line), 0.0, atol=1e-9)


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("shape", PLAIN_CASES)
def test_volume_is_that_of_the_members(shape, motion):
    """Half a million points on a grid in the box around it."""
    moved = shape.moved(motion)
    low, high = moved.bounds()
    steps = (np.stack(np.meshgrid(*[np.arange(80)] * 3), axis=-1).reshape(-1, 3) + 0.5) / 80
    part = np.count_nonzero(moved.contains(low + steps * (high - low))) / len(steps)
    assert volume(moved) == pytest.approx(part * np.prod(high - low), rel=4e-3)


@pytest.mark.parametrize("shape", ALL_CASES)
def test_answers_do_not_depend_on_the_other_points(shape):
    points = scattered(40_000)
    some = np.random.default_rng(1).permutation(len(points))[:777]
    np.testing.assert_array_equal(shape.contains(points)[some], shape.contains(points[some]))
    np.testing.assert_array_equal(shape.distance(points)[some], shape.distance(points[some]))


@pytest.mark.parametrize("shape", [*ALL_CASES, pytest.param(Everything(), id="everything")])
def test_no_points_are_no_trouble(shape):
    assert shape.contains(np.empty((0, 3))).shape == (0,)
    assert shape.distance(np.empty((0, 3))).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(
    matrix=arrays(np.float64, (3, 3), elements=st.floats(-1.5, 1.5)),
    offset=arrays(np.float64, 3, elements=st.floats(-50.0, 50.0)),
    name=st.sampled_from(sorted(PLAIN)),
)
def test_any_motion_takes_the_members_along(matrix, offset, name):
    if abs(np.linalg.det(matrix)) < 0.05:
        return
    motion, shape = Motion(matrix, offset), PLAIN[name]
    points = scattered(500)
    away = np.abs(shape.distance(points)) > 1e-6
    moved = shape.moved(motion)
    there = motion.apply(points)
    np.testing.assert_array_equal(moved.contains(there)[away], shape.contains(points)[away])
    np.testing.assert_array_equal(moved.distance(there)[away] < 0.0, shape.contains(points)[away])


@settings(max_examples=60, deadline=None)
@given(matrix=arrays(np.float64, (3, 3), elements=st.floats(-2.0, 2.0)))
def test_least_stretch_is_just_below_the_smallest_singular_value(matrix):
    smallest = np.linalg.svd(matrix, compute_uv=False)[-1]
    if smallest < 1e-3:
        return
    found = least_stretch(Motion.linear(matrix))
    assert 0.99 * smallest <= found <= smallest * (1.0 + 1e-9)


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_a_uniform_scale_keeps_distances_exact(scale):
    grown = Box((2.0, 4.0, 6.0)).moved(Motion.linear(scale * np.eye(3)))
    point = np.array([[10.0, 1.0, 0.0]])
    assert grown.distance(point)[0] == pytest.approx(10.0 - scale, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(
    axes=st.tuples(*[st.floats(0.5, 60.0)] * 3),
    point=st.tuples(*[st.floats(-80.0, 80.0) | st.just(0.0)] * 3),
)
def test_ellipsoid_distance_is_where_the_sphere_of_that_radius_touches(axes, point):
    """Nearest point of a fine net on the surface (parametrised by angles), centre planes included."""
    net = directions(60_000) * np.array(axes)
    nearest = np.sqrt(np.min(np.sum((net - np.array(point)) ** 2, axis=1)))
    found = abs(Ellipsoid(axes).distance(np.array([point]))[0])
    mesh = 0.02 * max(axes)  # farthest that a point of the surface lies from the net
    assert found <= nearest + 1e-9
    assert nearest - found <= mesh


def test_a_plane_through_atoms_keeps_them():
    """Boundaries at sums of thirds: rounding puts half of the points a few 1e-15 outside."""
    heights = np.arange(1, 200) * (1.0 / 3.0) * 0.1
    for height in heights:
        corner = np.array([[height * 0.3, 0.0, np.sqrt(1.0 - 0.09) * height]]) * (1.0 + 1e-15)
        assert Sphere(height).contains(corner)[0]
        assert HalfSpace((0.3, 0.0, np.sqrt(1.0 - 0.09)), height).contains(corner)[0]
        assert Box((2.0 * height,) * 3).contains(np.full((1, 3), height * (1.0 + 1e-15)))[0]
    assert not Sphere(5.0).contains(np.array([[5.0 + 1e-8, 0.0, 0.0]]))[0]


def test_a_turned_sphere_stays_a_plain_one():
    """Its placement drops the turn, and its distance is exact."""
    turned = Sphere(4.0, (1.0, 2.0, 3.0)).moved(TURN)
    np.testing.assert_array_equal(turned.placement.matrix, np.eye(3))
    np.testing.assert_allclose(turned.placement.offset, TURN.apply(np.array([[1.0, 2.0, 3.0]]))[0])


def test_open_shapes_have_open_bounds():
    np.testing.assert_array_equal(Everything().bounds(), [[-np.inf] * 3, [np.inf] * 3])
    assert Everything().contains(scattered(5)).all()
    assert HalfSpace((0.0, 0.0, -2.0), 7.0).bounds()[0].tolist() == [-np.inf, -np.inf, -7.0]
    with pytest.raises(InputError, match="has no end"):
        volume(HalfSpace((0.0, 0.0, 1.0)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sphere(0.0), "radius = 0.0"),
        (lambda: Sphere(float("nan")), "radius = nan"),
        (lambda: Ellipsoid((1.0, -2.0, 3.0)), "semi_axes = -2.0"),
        (lambda: Ellipsoid((1.0, 2.0)), "three lengths"),
        (lambda: Box((1.0, 2.0, 0.0)), "size = 0.0"),
        (lambda: Cylinder(-1.0, 2.0), "radius = -1.0"),
        (lambda: Cylinder(1.0, 0.0), "height = 0.0"),
        (lambda: Cone(0.0, 0.0, 1.0), "radius = 0.0"),
        (lambda: Capsule(1.0, -1.0), "height = -1.0"),
        (lambda: HalfSpace((0.0, 0.0, 0.0)), "normal = .*a direction needs a length"),
        (lambda: HalfSpace((0.0, 0.0, 1.0), float("inf")), "height = inf"),
        (lambda: Box((1.0, 1.0, 1.0)).moved(Motion.linear(np.diag([1.0, 1.0, 0.0]))), "flattens"),
        (lambda: Union([]), "at least one part"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
