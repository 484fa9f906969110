"""The reference picture, picking and hidden cell edges against sums done another way."""

from __future__ import annotations

import numpy as np
import pytest

from app.gui.structure import elements
from app.gui.structure.camera import Camera
from app.gui.structure.edges import visible_edges
from app.gui.structure.picking import pick
from app.gui.structure.reference import BACKGROUND, CELL, render
from app.gui.structure.scene import Scene
from sim.core.types import Structure
from sim.specimen.clusters import load_cluster

W, H = 300, 220


def au55(cell: bool = False) -> Scene:
    structure = load_cluster("icosahedron")
    box = np.array([[9.0, 0, 0], [2.0, 8.0, 0], [0, 1.0, 7.0]]) if cell else None
    return Scene.of(Structure(structure.numbers, structure.positions, box))


def camera(perspective: bool, scene: Scene) -> Camera:
    return Camera.along("+y").orbit(0.5, 0.3, 0.1).with_perspective(perspective).fit(scene, W / H)


def test_radii_and_colours_are_those_of_ase() -> None:
    from ase.data import covalent_radii
    from ase.data.colors import jmol_colors

    numbers = np.arange(1, 97)
    np.testing.assert_allclose(elements.drawn_radii(numbers), 0.75 * covalent_radii[1:97], atol=1e-12)
    numbers = np.arange(1, 110)
    np.testing.assert_allclose(elements.drawn_colours(numbers), np.rint(255 * jmol_colors[1:110]), atol=0)
    assert np.all(elements.drawn_radii(np.arange(1, 119)) > 0.1)


def test_scene_holds_all_its_spheres_and_its_cell() -> None:
    scene = au55(cell=True)
    distances = np.linalg.norm(scene.positions - scene.centre, axis=1) + scene.radii
    corners = np.linalg.norm(scene.cell_edges().reshape(-1, 3) - scene.centre, axis=1)
    assert max(distances.max(), corners.max()) <= scene.radius + 1e-9
    assert len(scene.cell_edges()) == 12
    lengths = np.linalg.norm(scene.cell_edges()[:, 1] - scene.cell_edges()[:, 0], axis=1)
    assert scene.cell is not None
    np.testing.assert_allclose(np.sort(lengths), np.sort(np.repeat(np.linalg.norm(scene.cell, axis=1), 4)))


@pytest.mark.parametrize("perspective", [False, True])
def test_reference_shows_the_nearest_sphere_on_each_line_of_sight(perspective: bool) -> None:
    """Every sphere against a few hundred rays, one by one, by the quadratic equation."""
    scene = au55()
    eye = camera(perspective, scene)
    picture = render(scene, eye, W, H)
    generator = np.random.default_rng(5)
    rows, columns = generator.integers(0, H, 500), generator.integers(0, W, 500)
    seen = 0
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        origin, direction = eye.ray(column + 0.5, row + 0.5, W, H)
        best, nearest = BACKGROUND, np.inf
        for atom in range(len(scene)):
            offset = origin - scene.positions[atom]
            half = float(offset @ direction)
            inside = half * half - float(offset @ offset) + scene.radii[atom] ** 2
            if inside >= 0.0 and -half - inside**0.5 < nearest:
                best, nearest = atom, -half - inside**0.5
        assert picture.ids[row, column] == best
        assert pick(scene, eye, column + 0.5, row + 0.5, W, H) == best
        seen += best >= 0
        if best >= 0:
            surface = eye.to_view((origin + nearest * direction)[np.newaxis])[0, 2]
            assert picture.depth[row, column] == pytest.approx(surface, abs=1e-9)
    assert seen > 100


def test_reference_has_row_0_at_the_top_and_columns_to_the_right() -> None:
    """Carbon at the origin, oxygen at +x, gold at +y: seen from +z."""
    positions = np.array([[0.0, 0, 0], [4.0, 0, 0], [0, 4.0, 0]])
    scene = Scene.of(Structure(np.array([6, 8, 79]), positions))
    picture = render(scene, Camera.along("+z", height=14.0), W, H)
    middles = [np.argwhere(picture.ids == atom).mean(axis=0) for atom in range(3)]
    scale = H / 14.0
    np.testing.assert_allclose(middles[1] - middles[0], [0.0, 4.0 * scale], atol=0.1)
    np.testing.assert_allclose(middles[2] - middles[0], [-4.0 * scale, 0.0], atol=0.1)
    area = np.count_nonzero(picture.ids == 2)
    assert area == pytest.approx(np.pi * (scene.radii[2] * scale) ** 2, rel=0.02)
    assert np.all(picture.rgb[picture.ids == BACKGROUND] == (30, 31, 34))


def test_selected_atom_has_the_colour_of_the_selection() -> None:
    scene = Scene.of(Structure(np.array([79]), np.zeros((1, 3))))
    picture = render(scene, Camera.along("+z", height=4.0), 101, 101, selected=0)
    red, green, blue = picture.rgb[50, 50].tolist()
    assert red > 2 * green and blue > 2 * green


def test_no_atoms_no_picture_no_pick() -> None:
    scene = Scene.empty()
    eye = Camera.along("+z").fit(scene, 1.0)
    assert np.all(render(scene, eye, 20, 20).ids == BACKGROUND)
    assert pick(scene, eye, 10, 10, 20, 20) == -1


def test_atoms_at_the_eye_are_neither_drawn_nor_picked() -> None:
    eye = Camera.along("+z", height=10.0).with_perspective(True)
    positions = np.array([[0.0, 0.0, eye.distance], [0.0, 0.0, eye.distance + 9.0], [0.0, 0.0, 0.0]])
    scene = Scene.of(Structure(np.array([79, 79, 6]), positions))
    assert pick(scene, eye, 50, 50, 100, 100) == 2
    assert set(np.unique(render(scene, eye, 100, 100).ids)) == {-1, 2}


@pytest.mark.parametrize("perspective", [False, True])
def test_cell_edges_end_where_atoms_hide_them(perspective: bool) -> None:
    """The parts that are drawn against the depth of the reference, pixel by pixel along every edge."""
    scene = au55(cell=True)
    eye = camera(perspective, scene)
    picture = render(scene.without_cell(), eye, W, H)
    lines = visible_edges(scene, eye, W, H)
    drawn = np.zeros((H, W), dtype=bool)
    for start, end in lines:
        for part in np.linspace(0.0, 1.0, 600):
            x, y = start + part * (end - start)
            drawn[int(y), int(x)] = True
    wrong = hidden = total = 0
    for edge in scene.cell_edges():
        for part in np.linspace(0.01, 0.99, 150):
            point = edge[0] + part * (edge[1] - edge[0])
            x, y, z = (float(value[0]) for value in eye.project(point[np.newaxis], W, H))
            behind = picture.depth[int(y), int(x)] > z
            near = drawn[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
            hidden, total = hidden + behind, total + 1
            # At the outline of an atom a pixel may go either way.
            wrong += bool(near.any()) == behind
    assert 200 < hidden < total - 200
    assert wrong < 0.03 * total


@pytest.mark.parametrize("perspective", [False, True])
def test_reference_draws_the_cell_before_and_behind_atoms(perspective: bool) -> None:
    scene = au55(cell=True)
    eye = camera(perspective, scene)
    bare, boxed = render(scene.without_cell(), eye, W, H), render(scene, eye, W, H)
    changed = boxed.ids != bare.ids
    assert np.all(boxed.ids[changed] == CELL) and np.count_nonzero(changed) > 300
    assert np.count_nonzero(changed & (bare.ids >= 0)) > 20, "part of the box lies before atoms"


def test_an_edge_through_the_eye_is_cut_there() -> None:
    eye = Camera.along("+z", height=10.0).with_perspective(True)
    far = 2.0 * eye.distance
    scene = Scene.of(Structure(np.array([6]), np.array([[2.0, 1.0, 0.0]]), np.diag([5.0, 5.0, far])))
    lines = visible_edges(scene, eye, W, H)
    assert len(lines) > 3 and np.all(np.isfinite(lines))
