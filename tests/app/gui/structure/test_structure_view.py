"""The structure view under real mouse, wheel and key events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.scale_bar import nice_length
from app.gui.structure import gl_view, probe_runner
from app.gui.structure.beam import euler_of_view
from app.gui.structure.camera import DIRECTIONS, direction_rotation
from app.gui.structure.painter_view import PainterCanvas
from app.gui.structure.probe import Probe
from app.gui.structure.reference import render
from app.gui.structure.view import StructureView
from sim.core.types import Structure
from sim.numerics.rotations import euler_to_quaternion, quaternion_to_matrix
from sim.specimen.clusters import load_cluster
from tests.yardstick import slowness

pytestmark = pytest.mark.gui

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
)  # fmt: skip
QUATERNION = euler_to_quaternion(30.0, 40.0, 20.0)


def crooked(scale: float = 1.0) -> Structure:
    """Carbon, oxygen, silver and gold, no two views of which are alike."""
    positions = np.array([[0.0, 0, 0], [5.0, 0, 0], [0, 3.0, 0], [0, 0, 2.0]]) * scale
    return Structure(np.array([6, 8, 47, 79]), positions)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[StructureView]:
    widget = StructureView()
    qtbot.addWidget(widget)
    widget.resize(500, 400)
    widget.set_colours(QColor(30, 31, 34), QColor(230, 230, 230))
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.close()


def drag(view: StructureView, start: QPoint, stop: QPoint, button=LEFT, modifiers=NONE) -> None:  # type: ignore[no-untyped-def]
    QTest.mousePress(view, button, modifiers, start)
    QTest.mouseMove(view, (start + stop) / 2)
    QTest.mouseMove(view, stop)
    QTest.mouseRelease(view, button, modifiers, stop)


def wheel(view: StructureView, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def place(view: StructureView, atom: int) -> QPoint:
    x, y, _ = view.camera.project(view.scene.positions[[atom]], view.width(), view.height())
    return QPoint(int(x[0]), int(y[0]))


def colours(image: QImage) -> NDArray[np.int64]:
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4).astype(np.int64)


def test_every_pixel_that_is_clicked_picks_the_atom_of_the_reference(view: StructureView) -> None:
    view.set_structure(load_cluster("icosahedron"), QUATERNION)
    ids = render(view.scene, view.camera, view.width(), view.height()).ids
    heard: list[int] = []
    view.picked.connect(heard.append)
    generator = np.random.default_rng(2)
    points = [(int(generator.integers(0, 500)), int(generator.integers(0, 400))) for _ in range(60)]
    for x, y in points:
        QTest.mouseClick(view, LEFT, NONE, QPoint(x, y))
        # The next click at once would be a double click.
        QTest.mouseMove(view, QPoint(0, 0))
    # A mouse event stands on the corner of a pixel, half a pixel from its middle.
    near = [ids[max(0, y - 1) : y + 1, max(0, x - 1) : x + 1] for x, y in points]
    assert len(heard) == 60 and sum(atom >= 0 for atom in heard) > 10
    assert all(atom in around for atom, around in zip(heard, near, strict=True))


def test_picked_atom_is_described_in_both_frames(view: StructureView) -> None:
    structure = crooked()
    view.set_structure(structure, QUATERNION)
    QTest.mouseClick(view, LEFT, NONE, place(view, 1))
    assert view.selected == 1
    in_lab = quaternion_to_matrix(QUATERNION) @ (structure.positions[1] - structure.positions.mean(axis=0))
    specimen, lab = view.overlay_content.read_out
    assert specimen == "O · atom 1 · x 5.00  y 0.00  z 0.00 Å"
    assert lab.endswith("x {:.2f}  y {:.2f}  z {:.2f} Å".format(*in_lab).replace("-", "−"))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected == -1 and view.overlay_content.read_out == ()


def test_dragging_turns_shifts_and_rolls(view: StructureView) -> None:
    view.set_structure(crooked())
    view.view_along("+z")
    depth_before = view.camera.to_view(view.scene.positions)
    drag(view, QPoint(200, 200), QPoint(260, 200))
    after = view.camera.to_view(view.scene.positions)
    gold = 3
    assert after[gold, 0] > depth_before[gold, 0], "the near atom follows the hand"
    np.testing.assert_allclose(after[:, 1], depth_before[:, 1], atol=1e-9)

    for button, modifiers in ((MIDDLE, NONE), (LEFT, SHIFT)):
        rotation, before = view.view_rotation(), place(view, 0)
        drag(view, QPoint(200, 200), QPoint(230, 180), button, modifiers)
        np.testing.assert_array_equal(view.view_rotation(), rotation)
        moved = place(view, 0) - before
        assert abs(moved.x() - 30) <= 1 and abs(moved.y() + 20) <= 1

    towards_eye = view.view_rotation()[2]
    drag(view, QPoint(400, 200), QPoint(250, 50), LEFT, CTRL)
    np.testing.assert_allclose(view.view_rotation()[2], towards_eye, atol=1e-9)


def test_a_trembling_click_is_still_a_click(view: StructureView, qtbot: QtBot) -> None:
    view.set_structure(crooked())
    rotation = view.view_rotation()
    at = place(view, 3)
    with qtbot.waitSignal(view.picked) as heard:
        drag(view, at, at + QPoint(1, 1))
    assert heard.args == [3]
    np.testing.assert_array_equal(view.view_rotation(), rotation)


def test_a_drag_picks_nothing(view: StructureView, qtbot: QtBot) -> None:
    view.set_structure(crooked())
    with qtbot.assertNotEmitted(view.picked):
        drag(view, QPoint(100, 100), QPoint(180, 120))


def test_wheel_zooms_at_the_pointer(view: StructureView) -> None:
    view.set_structure(crooked())
    height, at = view.camera.height, place(view, 1)
    wheel(view, QPointF(at), 1)
    assert view.camera.height == pytest.approx(height / 1.2)
    moved = place(view, 1) - at
    assert abs(moved.x()) <= 2 and abs(moved.y()) <= 2
    wheel(view, QPointF(at), -1)
    assert view.camera.height == pytest.approx(height)


def test_double_click_puts_the_atom_in_the_middle(view: StructureView) -> None:
    view.set_structure(crooked())
    view.view_along("+z")
    at = place(view, 1)
    QTest.mouseClick(view, LEFT, NONE, at)
    QTest.mouseDClick(view, LEFT, NONE, at)
    assert place(view, 1) == QPoint(250, 200)
    np.testing.assert_allclose(view.camera.centre, view.scene.positions[1])


def test_keys_do_what_the_mouse_does(view: StructureView) -> None:
    view.set_structure(crooked())
    view.view_along("+z")
    view.setFocus()
    near = view.camera.to_view(view.scene.positions)[3]
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.camera.to_view(view.scene.positions)[3, 0] > near[0]
    QTest.keyClick(view, Qt.Key.Key_Left)
    np.testing.assert_allclose(view.view_rotation(), direction_rotation("+z"), atol=1e-12)
    before = place(view, 0)
    QTest.keyClick(view, Qt.Key.Key_Up, CTRL)
    assert place(view, 0).y() < before.y()
    height = view.camera.height
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.camera.height < height
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    np.testing.assert_allclose(view.view_rotation()[2], [0, 0, 1], atol=1e-12)
    assert view.view_rotation()[1, 0] > 0.0
    QTest.keyClick(view, Qt.Key.Key_Home)
    np.testing.assert_allclose(view.camera.centre, view.scene.centre)


def test_return_picks_the_atom_in_the_middle(view: StructureView, qtbot: QtBot) -> None:
    view.set_structure(Structure(np.array([79, 6]), np.array([[0.0, 0, 0], [0, 0, 4.0]])))
    view.view_along("+z")
    with qtbot.waitSignal(view.picked) as heard:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert heard.args == [1], "carbon lies before gold"


def test_view_along_z_has_x_to_the_right_and_y_up(view: StructureView) -> None:
    view.set_structure(crooked())
    view.view_along("+z")
    carbon, oxygen, silver = (place(view, atom) for atom in (0, 1, 2))
    assert oxygen.x() > carbon.x() and oxygen.y() == carbon.y()
    assert silver.y() < carbon.y() and silver.x() == carbon.x()
    assert view.overlay_content.view_name == "From +z"
    for name in DIRECTIONS:
        view.view_along(name)
        np.testing.assert_array_equal(view.view_rotation(), direction_rotation(name))


def test_view_along_the_beam_has_the_orientation_of_the_image(view: StructureView) -> None:
    """The pose's matrix is the view's, and stays so while the pose is tried out, until the view is turned."""
    view.set_structure(crooked(), QUATERNION)
    np.testing.assert_array_equal(view.view_rotation(), quaternion_to_matrix(QUATERNION))
    other = euler_to_quaternion(5.0, 6.0, 7.0)
    height = view.camera.height
    view.set_structure(crooked(), other)
    np.testing.assert_array_equal(view.view_rotation(), quaternion_to_matrix(other))
    assert view.camera.height == height
    assert view.overlay_content.view_name == "Along the beam"
    drag(view, QPoint(200, 200), QPoint(250, 220))
    turned = view.view_rotation()
    view.set_structure(crooked(), QUATERNION)
    np.testing.assert_array_equal(view.view_rotation(), turned)
    view.along_beam()
    np.testing.assert_array_equal(view.view_rotation(), quaternion_to_matrix(QUATERNION))


def test_a_view_becomes_the_pose_under_which_it_is_along_the_beam(view: StructureView) -> None:
    view.set_structure(crooked(), QUATERNION)
    drag(view, QPoint(200, 200), QPoint(290, 140))
    turned = view.view_rotation()
    found = euler_of_view(turned)
    pose = euler_to_quaternion(found["pose.phi1"], found["pose.Phi"], found["pose.phi2"])
    view.set_structure(crooked(), pose)
    view.along_beam()
    np.testing.assert_allclose(view.view_rotation(), turned, atol=1e-9)


def test_eye_stays_for_the_same_and_similar_structures_and_fits_others(view: StructureView) -> None:
    view.set_structure(crooked())
    wheel(view, QPointF(100.0, 100.0), 3)
    camera = view.camera
    view.set_structure(crooked())
    assert view.camera is camera
    view.set_structure(crooked(1.1))
    assert view.camera.height == camera.height
    view.set_structure(crooked(4.0))
    assert view.camera.height > 2.0 * camera.height
    np.testing.assert_allclose(view.camera.centre, view.scene.centre)


def test_selection_survives_a_new_pose_but_not_another_structure(view: StructureView) -> None:
    view.set_structure(crooked(), QUATERNION)
    view.select(2)
    view.set_structure(crooked(), euler_to_quaternion(1.0, 2.0, 3.0))
    assert view.selected == 2
    view.set_structure(crooked(1.1), QUATERNION)
    assert view.selected == -1


@pytest.mark.parametrize("size", [(900, 200), (160, 700)])
def test_a_fitted_structure_stays_in_the_window(view: StructureView, size: tuple[int, int]) -> None:
    view.set_structure(load_cluster("icosahedron"))
    view.resize(*size)
    ids = render(view.scene, view.camera, view.width(), view.height()).ids
    border = np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]])
    assert np.all(border == -1) and np.count_nonzero(ids >= 0) > 0.1 * min(size) ** 2


def test_scale_bar_has_its_length_in_the_picture(view: StructureView) -> None:
    """Counted in the window: within one pixel of the true length, a 1-2-5 length, none in perspective."""
    view.set_structure(load_cluster("icosahedron"))
    view.show_gizmo = False
    for notches in (0, 2, -3):
        wheel(view, QPointF(250.0, 200.0), notches) if notches else None
        shown = view.scale_bar_length()
        assert shown is not None
        length, pixels = shown
        assert length == nice_length(length * (1 + 1e-9))
        image = colours(view.grab().toImage())[..., :3]
        row = max(range(360, 400), key=lambda at: np.all(image[at] == 230, axis=-1).sum())
        counted = int(np.all(image[row] == 230, axis=-1).sum())
        assert abs(counted - length * view.height() / view.camera.height) <= 1.0
        assert pixels <= 0.25 * view.width()
    view.set_perspective(True)
    assert view.scale_bar_length() is None
    assert not np.any(np.all(colours(view.grab().toImage())[370:, 300:, :3] == 230, axis=-1))


def test_overlay_is_part_of_the_window_s_picture(view: StructureView) -> None:
    """Axes in their colours; x to the right of y's foot, y above it, when seen from +z."""
    view.set_structure(crooked())
    view.view_along("+z")
    corner = colours(view.grab().toImage())[250:, :150, :3]
    red = np.argwhere(np.abs(corner - (255, 107, 107)).max(axis=-1) < 30)
    green = np.argwhere(np.abs(corner - (107, 214, 107)).max(axis=-1) < 30)
    assert len(red) > 20 and len(green) > 20
    assert red[:, 1].max() > green[:, 1].max() + 10
    assert green[:, 0].min() < red[:, 0].min() - 10
    view.show_gizmo = False
    corner = colours(view.grab().toImage())[250:, :150, :3]
    assert not np.any(np.abs(corner - (255, 107, 107)).max(axis=-1) < 30)


def test_exported_picture_is_enlarged_and_shows_what_the_window_shows(view: StructureView) -> None:
    view.set_structure(load_cluster("icosahedron"))
    picture = view.grab_picture(2.0)
    assert (picture.width(), picture.height()) == (1000, 800)
    window = colours(view.grab().toImage())[..., :3]
    small = picture.scaled(500, 400, mode=Qt.TransformationMode.SmoothTransformation)
    assert np.mean(np.abs(colours(small)[..., :3] - window).max(axis=-1) > 64) < 0.01
    clear = colours(view.grab_picture(1.0, transparent=True))
    assert clear[5, 250, 3] == 0 and clear[200, 250, 3] == 255


def test_camera_state_comes_back_through_json(view: StructureView, qtbot: QtBot) -> None:
    view.set_structure(crooked(), QUATERNION)
    drag(view, QPoint(200, 200), QPoint(260, 150))
    wheel(view, QPointF(80.0, 90.0), 2)
    view.set_perspective(True)
    state, rotation, height = (
        json.loads(json.dumps(view.camera_state())),
        view.view_rotation(),
        view.camera.height,
    )
    view.along_beam()
    view.set_perspective(False)
    view.fit()
    view.restore_camera(state)
    np.testing.assert_array_equal(view.view_rotation(), rotation)
    assert view.camera.height == height and view.perspective
    view.restore_camera({"rotation": "no"})
    assert view.camera.height == height


def test_empty_view_says_what_to_do_and_takes_any_event(view: StructureView) -> None:
    assert "choose one" in view.overlay_content.hint
    empty = colours(view.grab().toImage())[150:250, :, :3]
    assert np.any(empty.max(axis=-1) > 120), "the sentence is written"
    wheel(view, QPointF(50.0, 50.0), 1)
    drag(view, QPoint(100, 100), QPoint(200, 100))
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Left)
    view.set_structure(crooked())
    assert view.overlay_content.hint == ""
    view.set_structure(None)
    assert "choose one" in view.overlay_content.hint and view.scale_bar_length() is None


def test_cell_can_be_hidden(view: StructureView) -> None:
    structure = crooked()
    view.set_structure(Structure(structure.numbers, structure.positions, np.diag([6.0, 7.0, 8.0])))
    view.select(1)
    boxed = colours(view.grab().toImage())
    view.show_cell = False
    assert view.selected == 1
    assert np.any(np.abs(colours(view.grab().toImage()) - boxed).max(axis=-1) > 40)


def test_colours_follow_the_palette_until_set(qtbot: QtBot) -> None:
    view = StructureView()
    qtbot.addWidget(view)
    palette = QPalette(view.palette())
    palette.setColor(QPalette.ColorRole.Base, QColor(1, 2, 3))
    view.setPalette(palette)
    assert colours(view.grab().toImage())[3, 3, :3].tolist() == [1, 2, 3]
    view.set_colours(QColor(250, 251, 252), QColor(0, 0, 0))
    palette.setColor(QPalette.ColorRole.Base, QColor(9, 9, 9))
    view.setPalette(palette)
    assert colours(view.grab().toImage())[3, 3, :3].tolist() == [250, 251, 252]
    view.close()


@pytest.mark.parametrize("backend", ["auto", "gl"])
def test_without_opengl_the_painter_draws_and_says_so_once(
    view: StructureView, qtbot: QtBot, backend: str
) -> None:
    view.set_structure(crooked())
    view.use_backend(backend)  # type: ignore[arg-type]
    assert view.renderer_name == "painter", "drawn from the first moment"
    qtbot.waitUntil(lambda: view.overlay_content.notice != "")
    assert view.renderer_name == "painter" and "OpenGL" in view.overlay_content.notice
    view.show_notice("")
    view.use_backend(backend)  # type: ignore[arg-type]
    QTest.qWait(50)
    assert view.overlay_content.notice == "", "not a second time"


class FakeOpenGL(PainterCanvas):
    """Draws like the painter; fails when told."""

    failed = Signal(str)


def test_opengl_takes_over_when_a_graphics_processor_answers_and_the_painter_when_it_fails(
    view: StructureView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_runner, "known_probe", lambda platform: Probe(True, "A graphics processor"))
    monkeypatch.setattr(gl_view, "GLCanvas", FakeOpenGL)
    view.set_structure(crooked(), QUATERNION)
    view.select(3)
    before = colours(view.grab().toImage())
    with qtbot.waitSignal(view.renderer_changed) as heard:
        view.use_backend("auto")
    assert heard.args == ["A graphics processor"] and isinstance(view.canvas, FakeOpenGL)
    np.testing.assert_array_equal(colours(view.grab().toImage()), before)
    camera = view.camera
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.camera is not camera
    turned = colours(view.grab().toImage())
    assert np.any(turned != before), "the new canvas follows the eye"
    with qtbot.waitSignal(view.renderer_changed) as heard:
        view.canvas.failed.emit("Structures are drawn without OpenGL: the driver gave up.")
    assert heard.args == ["painter"] and "gave up" in view.overlay_content.notice
    view.show_notice("")
    np.testing.assert_array_equal(colours(view.grab().toImage()), turned)


def test_a_canvas_that_cannot_be_made_leaves_the_painter(
    view: StructureView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(parent: object) -> None:
        raise RuntimeError("no context")

    monkeypatch.setattr(probe_runner, "known_probe", lambda platform: Probe(True, "A graphics processor"))
    monkeypatch.setattr(gl_view, "GLCanvas", broken)
    view.use_backend("auto")
    qtbot.waitUntil(lambda: "no context" in view.overlay_content.notice)
    assert view.renderer_name == "painter"


SCALED = """
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from app.gui.structure.painter_view import PainterCanvas
from app.gui.structure.probe import Probe
from app.gui.structure.reference import render
from app.gui.structure.view import StructureView
from sim.specimen.clusters import load_cluster

application = QApplication([])
view = StructureView()
view.resize(300, 240)
view.show()
view.set_structure(load_cluster("icosahedron"))
picture = view.grab().toImage()
assert picture.width() == 600 and view.devicePixelRatioF() == 2.0, picture.width()
ids = render(view.scene, view.camera, 600, 480).ids
heard = []
view.picked.connect(heard.append)
for x, y in ((150, 120), (120, 90), (170, 150), (180, 80), (20, 20)):
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
    around = set(ids[2 * y - 1 : 2 * y + 1, 2 * x - 1 : 2 * x + 1].ravel().tolist())
    assert heard[-1] in around, (x, y, heard[-1], around)
background = picture.pixelColor(3, 300)
columns = range(100, 500, 7)
drawn = np.array([[picture.pixelColor(x, y) != background for x in columns] for y in range(60, 420, 7)])
assert np.mean(drawn == (ids[60:420:7, 100:500:7] >= 0)) > 0.97
assert len(set(heard)) > 2
view.close()
"""


def test_picking_and_drawing_agree_on_a_screen_of_twice_the_resolution(repository: Path) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", SCALED],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_camera_scene_picking_and_reference_need_no_qt(repository: Path) -> None:
    modules = "scene camera picking reference beam elements edges shading read_out specimens"
    code = "".join(f"import app.gui.structure.{name}\n" for name in modules.split())
    code += "import sys; assert not {'PySide6', 'OpenGL', 'ase', 'scipy', 'pyqtgraph'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_backend_is_refused(view: StructureView) -> None:
    with pytest.raises(ValueError, match="auto, gl, painter"):
        view.use_backend("vulkan")  # type: ignore[arg-type]


def test_handlers_are_quick_with_100_000_atoms(view: StructureView) -> None:
    """Everything but drawing a frame: the events themselves take far less than 16 ms."""
    generator = np.random.default_rng(0)
    structure = Structure(np.full(100_000, 6), generator.random((100_000, 3)) * 120.0)
    view.hide()
    slowest: dict[str, float] = {}

    def measured(name: str, act) -> None:  # type: ignore[no-untyped-def]
        times = []
        for _ in range(3):
            started = time.thread_time()
            act()
            times.append(time.thread_time() - started)
        slowest[name] = min(times)

    measured("structure", lambda: (view.set_structure(None), view.set_structure(structure, QUATERNION)))
    measured("again", lambda: view.set_structure(Structure(structure.numbers, structure.positions.copy())))
    measured("drag", lambda: drag(view, QPoint(200, 200), QPoint(220, 210)))
    measured("click", lambda: QTest.mouseClick(view, LEFT, NONE, QPoint(250, 200)))
    measured("wheel", lambda: wheel(view, QPointF(100.0, 100.0), 1))
    measured("fit", view.fit)
    assert max(slowest.values()) < 0.016 * slowness(), slowest
    view.close()


def test_nothing_is_left_running_after_close(view: StructureView, qtbot: QtBot) -> None:
    view.set_structure(crooked())
    view.use_backend("auto")
    view.show_notice("A sentence.")
    wheel(view, QPointF(50.0, 50.0), 1)
    view.close()
    assert not any(timer.isActive() for timer in view.findChildren(QTimer))
