"""Camera: directions, scale, zoom, fit, rays and OpenGL matrices, with objects that have no symmetry."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gui.structure.camera import DIRECTIONS, Camera, direction_name
from app.gui.structure.scene import MANY, Scene
from sim.core.types import Structure

W, H = 800, 500

#: Which axes of the specimen point right and up in each view.
SEEN = {
    "+x": ("+y", "+z"),
    "-x": ("-y", "+z"),
    "+y": ("-x", "+z"),
    "-y": ("+x", "+z"),
    "+z": ("+x", "+y"),
    "-z": ("-x", "+y"),
}
UNIT = {
    sign + axis: (1 if sign == "+" else -1) * np.eye(3)[number]
    for sign in "+-"
    for number, axis in enumerate("xyz")
}


def scene(seed: int = 1, count: int = 30, cell: bool = False) -> Scene:
    generator = np.random.default_rng(seed)
    positions = generator.normal(size=(count, 3)) * [9.0, 4.0, 2.0] + [3.0, -7.0, 11.0]
    numbers = generator.choice([6, 8, 79], size=count)
    box = np.array([[20.0, 0.0, 0.0], [3.0, 15.0, 0.0], [1.0, 2.0, 25.0]]) if cell else None
    return Scene.of(Structure(numbers, positions, box))


def turned(across: float = 0.4, down: float = -0.7, roll: float = 0.2) -> Camera:
    return Camera.along("+x", np.array([1.0, -2.0, 3.0]), 25.0).orbit(across, down, roll)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_views_along_axes_show_the_stated_axes_right_up_and_to_the_eye(name: str) -> None:
    camera = Camera.along(name)
    right, up = (UNIT[axis] for axis in SEEN[name])
    np.testing.assert_array_equal(camera.rotation @ right, [1, 0, 0])
    np.testing.assert_array_equal(camera.rotation @ up, [0, 1, 0])
    np.testing.assert_array_equal(camera.rotation @ UNIT[name], [0, 0, 1])
    assert np.linalg.det(camera.rotation) == pytest.approx(1.0)
    assert direction_name(camera.rotation) == name
    assert direction_name(camera.orbit(0.01, 0.0).rotation) is None


@pytest.mark.parametrize("perspective", [False, True])
def test_right_and_up_of_the_view_are_right_and_up_in_the_window(perspective: bool) -> None:
    """Row 0 is the top: what lies higher has the smaller window y."""
    camera = Camera.along("+z").with_perspective(perspective)
    x, y, depth = camera.project(np.array([[0.0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 5]]), W, H)
    assert (x[0], y[0]) == (W / 2, H / 2)
    assert x[1] > x[0] and y[1] == y[0]
    assert y[2] < y[0] and x[2] == x[0]
    assert depth[3] == 5.0
    assert x[1] - x[0] == pytest.approx(3.0 * camera.pixels_per_angstrom(H))


def test_perspective_enlarges_what_is_near() -> None:
    camera = Camera.along("+z").with_perspective(True)
    x, _, _ = camera.project(np.array([[3.0, 0, -5], [3, 0, 0], [3, 0, 5]]), W, H)
    assert x[0] < x[1] < x[2]
    behind, _, _ = camera.project(np.array([[0.0, 0.0, 2.0 * camera.distance]]), W, H)
    assert np.isnan(behind[0])


def test_dragging_right_and_down_moves_the_near_side_right_and_down() -> None:
    point = np.array([[0.0, 0.0, 5.0]])
    x, y, _ = Camera.along("+z").orbit(0.1, 0.0).project(point, W, H)
    assert x[0] > W / 2 and y[0] == pytest.approx(H / 2)
    x, y, _ = Camera.along("+z").orbit(0.0, 0.1).project(point, W, H)
    assert y[0] > H / 2 and x[0] == pytest.approx(W / 2)
    x, y, _ = Camera.along("+z").orbit(0.0, 0.0, 0.1).project(np.array([[5.0, 0.0, 0.0]]), W, H)
    assert y[0] < H / 2


def test_many_turns_leave_a_rotation() -> None:
    camera = Camera.along("+z")
    for step in range(2000):
        camera = camera.orbit(0.03 * math.sin(step), 0.02)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-13)


@pytest.mark.parametrize("perspective", [False, True])
def test_pan_moves_the_plane_of_the_centre_by_the_pixels_asked_for(perspective: bool) -> None:
    camera = turned().with_perspective(perspective)
    mark = (camera.centre + np.array([2.0, 1.0, 0.0]) @ camera.rotation)[np.newaxis]
    before = camera.project(mark, W, H)
    after = camera.pan(30.0, -12.0, H).project(mark, W, H)
    assert after[0][0] - before[0][0] == pytest.approx(30.0)
    assert after[1][0] - before[1][0] == pytest.approx(-12.0)


@given(st.floats(0, W), st.floats(0, H), st.floats(0.2, 5.0), st.booleans())
def test_zoom_keeps_the_point_under_the_pointer(x: float, y: float, factor: float, perspective: bool) -> None:
    camera = turned().with_perspective(perspective)
    scale = camera.pixels_per_angstrom(H)
    mark = camera.centre + np.array([(x - W / 2) / scale, (H / 2 - y) / scale, 0.0]) @ camera.rotation
    nearer = camera.zoom(factor, x, y, W, H)
    at_x, at_y, _ = nearer.project(mark[np.newaxis], W, H)
    assert (at_x[0], at_y[0]) == (pytest.approx(x, abs=1e-6), pytest.approx(y, abs=1e-6))
    assert nearer.pixels_per_angstrom(H) == pytest.approx(factor * scale)


def test_zoom_has_ends() -> None:
    camera = turned()
    for _ in range(300):
        camera = camera.zoom(2.0, 10, 10, W, H)
    assert camera.height == 0.05
    for _ in range(300):
        camera = camera.zoom(0.5, 10, 10, W, H)
    assert camera.height == 1e8 and np.all(np.isfinite(camera.centre))


@pytest.mark.parametrize("aspect", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("perspective", [False, True])
@pytest.mark.parametrize("cell", [False, True])
def test_fit_shows_every_sphere_and_the_cell_and_wastes_no_room(
    aspect: float, perspective: bool, cell: bool
) -> None:
    """Points on the surfaces, by themselves, must lie in the window and reach near one of its edges."""
    shown = scene(cell=cell)
    camera = turned().with_perspective(perspective).fit(shown, aspect)
    height, width = 600.0, 600.0 * aspect
    directions = np.random.default_rng(3).normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    surface = (shown.positions[:, np.newaxis] + shown.radii[:, np.newaxis, np.newaxis] * directions).reshape(
        -1, 3
    )
    points = np.concatenate([surface, shown.cell_edges().reshape(-1, 3)])
    x, y, _ = camera.project(points, width, height)
    reach = max(np.max(np.abs(x / width - 0.5)), np.max(np.abs(y / height - 0.5)))
    assert 0.40 < reach < 0.5


@given(st.floats(0, W), st.floats(0, H), st.floats(-8, 8), st.booleans())
def test_ray_goes_through_what_is_projected_on_the_pixel(
    x: float, y: float, along: float, persp: bool
) -> None:
    camera = turned().with_perspective(persp)
    origin, direction = camera.ray(x, y, W, H)
    point = origin + (along + (camera.distance if persp else 0.0)) * direction
    at_x, at_y, _ = camera.project(point[np.newaxis], W, H)
    assert (at_x[0], at_y[0]) == (pytest.approx(x, abs=1e-6), pytest.approx(y, abs=1e-6))
    assert np.linalg.norm(direction) == pytest.approx(1.0)


@pytest.mark.parametrize("perspective", [False, True])
def test_opengl_matrices_agree_with_the_projection(perspective: bool) -> None:
    shown = scene(cell=True)
    camera = turned().with_perspective(perspective).fit(shown, W / H)
    homogeneous = np.concatenate([shown.positions, np.ones((len(shown), 1))], axis=1)
    eye = camera.view_matrix() @ homogeneous.T
    clip = camera.projection_matrix(W, H, shown) @ eye
    device = clip[:3] / clip[3]
    x, y, depth = camera.project(shown.positions, W, H)
    np.testing.assert_allclose(device[0], 2.0 * x / W - 1.0, atol=1e-9)
    np.testing.assert_allclose(device[1], 1.0 - 2.0 * y / H, atol=1e-9)
    assert np.all(np.abs(device[2]) < 1.0), "nothing of the scene is cut off"
    order = np.argsort(depth)
    assert np.all(np.diff(device[2][order]) < 0.0), "what is nearer to the eye has the smaller depth"


def test_camera_survives_a_settings_file() -> None:
    camera = turned().with_perspective(True)
    back = Camera.from_dict(json.loads(json.dumps(camera.to_dict())))
    np.testing.assert_array_equal(back.rotation, camera.rotation)
    np.testing.assert_array_equal(back.centre, camera.centre)
    assert (back.height, back.perspective) == (camera.height, True)


@pytest.mark.parametrize(
    "change",
    [
        {"rotation": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]},
        {"rotation": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]},
        {"rotation": "x"},
        {"centre": [0, 0]},
        {"centre": [0, 0, float("nan")]},
        {"height": 0.0},
        {"height": float("nan")},
        {"height": None},
    ],
)
def test_a_damaged_camera_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no camera"):
        Camera.from_dict({**turned().to_dict(), **change})


@pytest.mark.parametrize("perspective", [False, True])
def test_the_outermost_atoms_alone_say_how_far_away_all_are_seen(perspective: bool) -> None:
    """Of a slab of atoms of three sizes: the same camera as all atoms give, from any direction."""
    generator = np.random.default_rng(3)
    positions = generator.uniform(-1.0, 1.0, (MANY, 3)) * [70.0, 50.0, 20.0]
    scene = Scene.of(Structure(generator.choice([6, 34, 48], MANY), positions))
    outlined = scene.outlined()
    assert outlined.outer is not None and len(outlined.outer) < MANY // 10
    camera = Camera(np.eye(3), np.zeros(3)).with_perspective(perspective)
    for _ in range(6):
        camera = camera.orbit(*generator.uniform(-2.0, 2.0, 3))
        assert camera.fit(outlined, 1.3).height == pytest.approx(camera.fit(scene, 1.3).height, rel=1e-12)
    flat = Scene.of(Structure(scene.numbers, positions * [1.0, 1.0, 0.0])).outlined()
    assert flat.outer is None
