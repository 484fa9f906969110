"""Objects of a scene in the 3D view: volumes, the picked node, colours by what atoms belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.structure.camera import Camera
from app.gui.structure.colouring import CYCLE, GROUND, colours_by
from app.gui.structure.details import Details, details_of
from app.gui.structure.edges import visible_edges
from app.gui.structure.elements import STRONG_COLOURS
from app.gui.structure.scene import PIECE, Scene
from app.gui.structure.sphere_painter import scene_image
from app.gui.structure.view import StructureView
from sim.core.settings import validate
from sim.core.types import Built, Structure
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.settings import SceneSpecimen

pytestmark = pytest.mark.gui

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
BACKGROUND, LINES = QColor(30, 31, 34), QColor(200, 200, 200)


def settings() -> SceneSpecimen:
    """A film, two members of one node, a twinned particle in a group, a hole: nothing symmetric."""

    def ball(name: str, x: float, y: float, radius: float, **more: Any) -> dict[str, Any]:
        volume = {"kind": "sphere", "radius": radius}
        placement = {"kind": "fixed", "x": x, "y": y, "z": 14.0}
        crystal = {"kind": "builtin", "name": "Au"}
        node = {
            "kind": "particle",
            "name": name,
            "crystal": crystal,
            "volume": volume,
            "placement": placement,
        }
        return node | more

    twin = {"planes": [{"name": "first", "defect": "twin", "height": 0.0}]}
    tree = {
        "kind": "scene",
        "width": 70.0,
        "height": 50.0,
        "nodes": [
            {"kind": "amorphous", "name": "film", "material": "carbon", "thickness": 6.0},
            ball("gold", -20.0, -10.0, 8.0),
            ball("gold#2", 20.0, 12.0, 6.0, instance=2),
            {"kind": "group", "name": "pair", "nodes": [ball("twin", 0.0, -14.0, 7.0, defects=twin)]},
            {
                "kind": "void",
                "name": "hole",
                "volume": {"kind": "box", "size_x": 8.0, "size_y": 8.0, "size_z": 30.0},
                "placement": {"kind": "fixed", "x": -20.0, "y": 15.0},
            },
        ],
    }
    return validate(SceneSpecimen, tree)


@pytest.fixture(scope="module")
def built() -> Built:
    return build_scene(settings(), {}, 5)


@pytest.fixture(scope="module")
def details(built: Built) -> Details:
    return details_of(settings(), built)


@pytest.fixture
def view(qtbot: QtBot, built: Built, details: Details) -> Iterator[StructureView]:
    widget = StructureView()
    qtbot.addWidget(widget)
    widget.resize(600, 450)
    widget.set_colours(BACKGROUND, QColor(230, 230, 230))
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_structure(built.structure, np.array([1.0, 0.0, 0.0, 0.0]), details=details)
    yield widget
    widget.close()


def pixels(image: QImage) -> NDArray[np.int64]:
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4)[..., :3].astype(np.int64)


def strong_pixels(image: QImage) -> int:
    """How many pixels have the colour of emphasised lines, smooth edges included."""
    colour = np.array(STRONG_COLOURS[0])
    return int(np.count_nonzero(np.abs(pixels(image) - colour).sum(axis=2) < 60))


def topmost(view: StructureView, number: int) -> QPoint:
    """Where the atom of an object is seen that lies nearest to the eye of +z."""
    atoms = np.flatnonzero(view.details.object_of == number)
    atom = atoms[int(np.argmax(view.scene.positions[atoms, 2]))]
    x, y, _ = view.camera.project(view.scene.positions[[atom]], view.width(), view.height())
    return QPoint(int(x[0]), int(y[0]))


# --- what is known of the parts ------------------------------------------------------------------


def test_names_stand_for_members_and_groups(details: Details) -> None:
    assert [own.name for own in details.objects] == ["film", "gold", "gold#2", "pair", "twin", "hole"]
    assert details.numbers_of("gold") == (2, 3)
    assert details.numbers_of("gold", only_one=True) == (2,)
    assert details.numbers_of("gold#2") == (3,)
    assert details.numbers_of("pair") == (4, 5)
    assert details.numbers_of("nothing") == ()


def test_volumes_lie_about_the_atoms_of_their_objects(details: Details, built: Built) -> None:
    for number, radius in ((2, 8.0), (3, 6.0), (5, 7.0)):
        ends = details.lines[details.line_object == number].reshape(-1, 3)
        centre = built.parts["origins"][number - 1]
        assert np.allclose(np.linalg.norm(ends - centre, axis=1), radius)
        atoms = built.structure.positions[details.object_of == number]
        assert np.linalg.norm(atoms - centre, axis=1).max() <= radius + 1e-6
    assert (details.line_object == 6).sum() >= 12  # voids have lines and no atoms
    assert not (details.object_of == 6).any()
    assert set(details.line_object.tolist()) == {1, 2, 3, 5, 6}


def test_the_box_of_a_scene_is_as_wide_as_the_scene_and_as_high_as_its_atoms(
    details: Details, built: Built
) -> None:
    corners = details.scene.corners()
    heights = built.structure.positions[:, 2]
    assert np.allclose(corners.min(axis=0), [-35.0, -25.0, heights.min()])
    assert np.allclose(corners.max(axis=0), [35.0, 25.0, heights.max()])


def test_an_atom_is_told_with_role_grain_and_side(details: Details) -> None:
    film, twin = (int(np.flatnonzero(details.object_of == number)[0]) for number in (1, 5))
    assert details.said_of(film) == "film · support"
    assert details.said_of(twin) in ("twin · particle · side 1 of 2", "twin · particle · side 2 of 2")
    sides = {details.said_of(int(atom))[-6] for atom in np.flatnonzero(details.object_of == 5)}
    assert sides == {"1", "2"}
    assert details.name_of(-1) == "" and details.name_of(twin) == "twin"


def test_colours_tell_objects_and_sides(details: Details) -> None:
    by_object, by_side = colours_by("object", details), colours_by("side", details)
    own = {number: by_object[details.object_of == number] for number in (1, 2, 3, 5)}
    assert all((colours == colours[0]).all() for colours in own.values())
    assert tuple(own[1][0]) == GROUND[0]
    assert [tuple(own[number][0]) for number in (2, 3, 5)] == list(CYCLE[:3])
    for number in (1, 2):
        assert {tuple(colour) for colour in by_side[details.object_of == number]} == {GROUND[0]}
    twin = details.object_of == 5
    for side in (0, 1):
        these = twin & (details.side_of == side)
        assert {tuple(colour) for colour in by_side[these]} == {CYCLE[side]}
    assert colours_by("element", details) is details.scene.colours


def test_without_objects_there_is_nothing_but_atoms() -> None:
    structure = Structure(np.array([79, 6]), np.array([[0.0, 0, 0], [3.0, 0, 0]]))
    plain = Details(Scene.of(structure))
    assert plain.said_of(0) == "" and plain.numbers_of("gold") == ()
    assert colours_by("object", plain) is plain.scene.colours


# --- lines ---------------------------------------------------------------------------------------


def lined(z: float, strong: bool = True) -> Scene:
    """A large gold atom at the origin, and a line across it at a height."""
    scene = Scene.of(Structure(np.array([79]), np.zeros((1, 3))))
    scene = replace(scene, radii=np.array([6.0]), radius=6.0)
    line = np.array([[[-12.0, 1.0, z], [9.0, 1.0, z]]])
    return scene.with_lines(line, np.array([strong]))


@pytest.mark.parametrize("perspective", [False, True])
def test_atoms_hide_the_lines_behind_them(perspective: bool, qtbot: QtBot) -> None:
    def shown(z: float) -> NDArray[np.bool_]:
        scene = lined(z)
        camera = (
            Camera.along("+z")
            .with_perspective(perspective)
            .fit(lined(0.0), 1.0)
            .zoom(0.5, 100, 100, 200, 200)
        )
        image = scene_image(scene, camera, 200, 200, BACKGROUND, LINES)
        middle = round(float(camera.project(np.array([[0.0, 1.0, z]]), 200, 200)[1][0]))
        near = np.abs(pixels(image)[middle - 2 : middle + 3] - np.array(STRONG_COLOURS[0])).sum(axis=2) < 90
        seen: NDArray[np.bool_] = near.any(axis=0)
        return seen

    front, behind = shown(8.0), shown(-8.0)
    inside = slice(90, 111)
    assert front[inside].all() and not behind[inside].any()
    assert behind[:60].any()  # beside the atom it is seen


def test_lines_are_cut_in_short_pieces_that_make_up_the_whole() -> None:
    ends, strong = lined(3.0).pieces
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    assert lengths.max() <= PIECE and lengths.sum() == pytest.approx(21.0)
    assert np.array_equal(ends[1:, 0], ends[:-1, 1]) and strong.all()


def test_edges_hidden_by_some_atoms_only_are_longer(details: Details) -> None:
    scene, camera = details.scene, Camera.along("+y").orbit(0.3, 0.4).fit(details.scene, 1.3)

    def length(atoms: NDArray[np.int64] | None) -> float:
        parts = visible_edges(scene, camera, 520, 400, atoms)
        return float(np.linalg.norm(parts[:, 1] - parts[:, 0], axis=1).sum())

    none = length(np.zeros(0, dtype=np.int64))
    assert length(None) < length(np.arange(0, len(scene), 5)) < none


# --- the view ------------------------------------------------------------------------------------


def test_a_click_names_the_node_and_emphasises_that_member_alone(view: StructureView) -> None:
    heard: list[str] = []
    view.node_picked.connect(heard.append)
    before = strong_pixels(view.grab().toImage())
    QTest.mouseClick(view, LEFT, NONE, topmost(view, 2))
    assert heard == ["gold"] and view.highlighted == "gold"
    assert view.overlay_content.read_out[1] == "gold · particle"
    one = strong_pixels(view.grab().toImage())
    assert before == 0 and one > 100
    # The editor answers with the node's name: the member that was picked stays alone.
    view.highlight_node("gold")
    assert strong_pixels(view.grab().toImage()) == one
    view.highlight_node("film")
    view.highlight_node("gold")
    assert strong_pixels(view.grab().toImage()) > 1.3 * one
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert heard == ["gold", ""] and view.highlighted == ""


def test_atoms_of_the_chosen_node_are_tinted_and_no_others(view: StructureView, details: Details) -> None:
    plain = view._shown_scene().colours
    view.highlight_node("pair")
    changed = (view._shown_scene().colours != plain).any(axis=1)
    assert np.array_equal(changed, details.object_of == 5)


def test_volumes_can_be_hidden_and_the_chosen_one_stays(view: StructureView) -> None:
    with_lines = pixels(view.grab().toImage())
    view.show_volumes = False
    without = pixels(view.grab().toImage())
    assert (with_lines != without).any()
    assert not len(view._shown_scene().lines)
    view.highlight_node("hole")
    assert strong_pixels(view.grab().toImage()) > 50


def test_the_look_is_remembered_with_the_eye(view: StructureView, qtbot: QtBot) -> None:
    view.show_volumes, view.colour_by = False, "object"
    state = view.camera_state()
    other = StructureView()
    qtbot.addWidget(other)
    other.restore_camera(state)
    assert not other.show_volumes and other.colour_by == "object"
    other.restore_camera({**state, "volumes": "?", "colour_by": "taste"})
    assert not other.show_volumes and other.colour_by == "object"
    with pytest.raises(ValueError, match="element, object, grain, side"):
        other.colour_by = "taste"  # type: ignore[assignment]
    other.close()


def test_the_chosen_node_stays_chosen_when_the_scene_is_made_again(
    view: StructureView, built: Built, details: Details
) -> None:
    view.highlight_node("twin")
    shifted = Built(replace(built.structure, positions=built.structure.positions + 0.25), built.parts)
    view.set_structure(shifted.structure, None, details=details_of(settings(), shifted))
    assert view.highlighted == "twin" and view._shown_scene().strong.any()


def test_a_node_with_another_name_is_shown_without_moving_the_eye(view: StructureView, built: Built) -> None:
    tree = settings().tree()
    tree["nodes"][1]["name"] = "silver"
    QTest.mouseClick(view, LEFT, NONE, topmost(view, 2))
    eye = view.camera
    view.set_structure(
        built.structure,
        np.array([1.0, 0.0, 0.0, 0.0]),
        details=details_of(validate(SceneSpecimen, tree), built),
    )
    assert view.camera is eye and view.overlay_content.read_out[1] == "silver · particle"
