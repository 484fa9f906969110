"""Files in and out of the window: opening, dropping, recent files, restart, settings that are broken."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QMessageBox

from app.cli.main import run as run_command
from app.gui.document import autosave
from app.gui.document.preferences import Preferences, load_preferences, preferences_file
from app.gui.document.workspace import workspace_file
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe

pytestmark = pytest.mark.gui

CTRL = Qt.KeyboardModifier.ControlModifier

CIF = """data_cell
_cell_length_a 4.0
_cell_length_b 5.0
_cell_length_c 6.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Au1 Au 0.0 0.0 0.0
O1 O 0.5 0.25 0.25
"""


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished dataset of a shipped recipe."""
    folder = tmp_path_factory.mktemp("made") / "set"
    values = ("images=4", "image.width=48", "image.height=48", "seed=77")
    words = [word for value in values for word in ("--set", value)]
    assert run_command(["run", "au55_four_classes", "--output", str(folder), "--workers", "1", *words]) == 0
    return folder


def first_image(dataset: Path) -> Any:
    """The first image as another program would read it."""
    with h5py.File(next(dataset.glob("**/*.h5"))) as shard:
        return shard["images"][0]


def recent(desk: Any, window: Any) -> QMenu:
    menu: QMenu = desk.find(window, QMenu, "menu.file.open recent")
    return menu


def sentences(window: Any) -> str:
    """What the notices say."""
    frames = window.notices.findChildren(QFrame, "notice")
    return "\n".join(frame.accessibleName() for frame in frames)


# --- opened and dropped ----------------------------------------------------------------------------


def test_files_of_every_kind_are_dropped_on_the_window(
    desk: Any, crooked_file: Path, dataset: Path, tmp_path: Path
) -> None:
    """xyz and cif bring atoms into the recipe; a recipe, a manifest and a folder bring their own."""
    window = desk.on_recipe()
    assert desk.drop(window.preview.image, [crooked_file])
    desk.qtbot.waitUntil(lambda: len(window.result.structure) == 4, timeout=20_000)
    assert desk.settle(window).job.imaging.sigma == 0.6, "everything but the atoms stays"
    assert "Open crooked.xyz" in window.actions_by_key["edit.undo"].text()
    cif = tmp_path / "cell.cif"
    cif.write_text(CIF, encoding="utf-8")
    assert desk.drop(window.structure, [cif])
    desk.qtbot.waitUntil(lambda: len(window.result.structure) == 2, timeout=20_000)
    assert window.structure.scene.cell is not None
    desk.settle(window)
    assert desk.drop(window.structure, [crooked_file, cif])
    desk.qtbot.waitUntil(lambda: window.document.vary("specimen.structure") is not None, timeout=20_000)
    assert set(desk.settle(window).classes) == {"crooked", "cell"}
    with desk.answering(QMessageBox.StandardButton.Discard) as asked:
        assert desk.drop(window.preview, [desk.recipe("au55_sigma_alpha_grid")])
        desk.qtbot.waitUntil(lambda: window.document.recipe.name == "au55_sigma_alpha_grid", timeout=20_000)
    assert len(asked) == 1
    desk.settle(window)
    for path in (dataset / "manifest.jsonl", dataset):
        window.document.new(load_recipe("gold_silver_alpha"))
        assert desk.drop(window.preview, [path])
        desk.qtbot.waitUntil(lambda: window.document.recipe.seed == 77, timeout=20_000)
        assert desk.settle(window).sample.image.shape == (48, 48)
        assert window.document.path is None


def test_files_are_dropped_on_the_start_page(desk: Any, crooked_file: Path) -> None:
    window = desk.open()
    assert desk.drop(window.start_view, [crooked_file])
    desk.qtbot.waitUntil(lambda: not window.on_start_page)
    assert len(desk.settle(window).structure) == 4


@pytest.mark.parametrize("kind", ["recipe", "structures", "dataset"])
def test_the_window_opens_on_what_it_is_given(
    desk: Any, crooked_file: Path, dataset: Path, kind: str
) -> None:
    other = desk.home / "other.xyz"
    other.write_text("2\n\nAu 0 0 0\nAu 0 0 3\n", encoding="utf-8")
    given = {"recipe": [desk.recipe()], "structures": [crooked_file, other], "dataset": [dataset]}[kind]
    window = desk.open(*given)
    result = desk.settle(window)
    assert not window.on_start_page and not window.notices.isVisible()
    if kind == "recipe":
        assert window.document.path == given[0] and not window.document.dirty
        assert window.windowTitle().startswith(given[0].name)
    elif kind == "structures":
        assert set(result.classes) == {"crooked", "other"}
    else:
        assert window.document.recipe.seed == 77 and result.total == 4
        assert (result.sample.image == first_image(dataset)).all()


@pytest.mark.parametrize("kind", ["text", "binary", "broken recipe", "empty folder", "newer recipe"])
def test_nonsense_is_a_sentence_and_the_recipe_stays(desk: Any, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing.toml"
    if kind == "empty folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("the cat sat on the mat", encoding="utf-8")
    elif kind == "binary":
        path = tmp_path / "thing.bin"
        path.write_bytes(bytes(range(256)) * 10)
    elif kind == "broken recipe":
        path.write_text("[imaging]\nsigma = -3\n", encoding="utf-8")
    else:
        path.write_text("schema_version = 99\n", encoding="utf-8")
    window = desk.open(path)
    said = sentences(window)
    assert window.notices.isVisible() and said.startswith("Open: ") and "Traceback" not in said
    assert any(word in said for word in ("thing", "sigma", "99"))
    assert window.on_start_page and not window.document.dirty
    desk.click(window, "start.class.garzon")
    assert desk.settle(window).job.geometry == "garzon"


# --- saving and recent files -----------------------------------------------------------------------


def test_open_save_and_recent_files_by_keyboard(desk: Any, tmp_path: Path) -> None:
    window = desk.on_recipe()
    first = window.document.path
    desk.type(window, "imaging.sigma", "0.77")
    assert window.isWindowModified()
    target = tmp_path / "mine"
    with desk.naming(target) as titles:
        desk.key(window, Qt.Key.Key_S, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert titles == ["Save recipe"]
    saved = target.with_suffix(".toml")
    assert load_recipe(saved).imaging.sigma == 0.77 and not window.isWindowModified()
    assert window.document.path == saved
    desk.type(window, "imaging.sigma", "0.78")
    desk.key(window, Qt.Key.Key_S, CTRL)
    assert load_recipe(saved).imaging.sigma == 0.78
    with desk.naming(first):
        desk.key(window, Qt.Key.Key_O, CTRL)
    assert window.document.path == first and desk.settle(window).job.imaging.sigma == 0.6
    menu = recent(desk, window)
    assert [action.text() for action in menu.actions()] == [first.name, saved.name, "", "&Clear list"]
    first.unlink()
    window.menus_by_name["File"].aboutToShow.emit()
    assert [action.isEnabled() for action in menu.actions()[:2]] == [False, True]
    menu.actions()[1].trigger()
    assert desk.settle(window).job.imaging.sigma == 0.78
    menu.actions()[-1].trigger()
    assert not window.recent.entries() and not menu.isEnabled() and menu.isEmpty()
    assert saved.is_file()


def test_missing_recent_files_are_greyed_on_the_start_page_of_the_next_start(desk: Any) -> None:
    window = desk.on_recipe()
    path = window.document.path
    other = path.with_name("other.toml")
    other.write_bytes(path.read_bytes())
    window.files.open_paths([other])
    desk.settle(window)
    desk.close(window)
    path.unlink()
    window = desk.open(preferences=Preferences(restore_workspace=False))
    rows = [desk.find(window, object, f"start.recent.{number}") for number in (0, 1)]
    assert rows[0].isEnabled() and not rows[1].isEnabled()
    entries = recent(desk, window).actions()
    assert [action.isEnabled() for action in entries[:2]] == [True, False]
    QTest.mouseClick(rows[0], Qt.MouseButton.LeftButton)
    assert desk.settle(window) is not None and window.document.path == other


@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_closing_with_unsaved_changes_asks(desk: Any, answer: str) -> None:
    window = desk.on_recipe()
    path = window.document.path
    desk.type(window, "imaging.sigma", "0.9")
    with desk.answering(QMessageBox.StandardButton[answer]) as asked:
        closed = window.close()
    assert len(asked) == 1 and path.stem in asked[0]
    assert closed == (answer != "Cancel") and window.isVisible() == (answer == "Cancel")
    assert load_recipe(path).imaging.sigma == (0.9 if answer == "Save" else 0.6)
    if answer == "Cancel":
        desk.type(window, "imaging.sigma", "0.8")
        assert desk.settle(window).job.imaging.sigma == 0.8


# --- from one start to the next --------------------------------------------------------------------


def test_a_restart_brings_everything_back(desk: Any) -> None:
    """Parameters, seed, image, camera, levels, layout and digest are those of the window closed."""
    window = desk.on_recipe()
    # Qt makes a restored window fit the screen; the one of these tests is 800 pixels wide.
    window.resize(780, 700)
    desk.type(window, "imaging.sigma", "0.83")
    desk.key(window.preview.image, Qt.Key.Key_N)
    desk.choose(window, "preview.tools.colour_map", "inferno")
    desk.choose(window, "preview.browser.class", "decahedron")
    desk.settle(window)
    desk.key(window.preview.image, Qt.Key.Key_L)
    desk.key(window, Qt.Key.Key_F, CTRL)
    middle = window.structure.rect().center()
    desk.drag(window.structure, middle, middle + QPoint(30, 12))
    desk.key(window.structure, Qt.Key.Key_P)
    desk.key(window.structure, Qt.Key.Key_Plus)
    desk.key(window.structure, Qt.Key.Key_Plus)
    assert not window.structure.camera_state()["fitted"]
    window.docks["sweep"].hide()
    window.files.save()
    before = desk.settle(window)
    camera, display = window.structure.camera_state(), window.preview.display()
    rotation = window.structure.view_rotation()
    visible = {name: dock.isVisible() for name, dock in window.docks.items()}
    path, digest = window.document.path, window.status.text("digest")
    window.close()
    desk.close(window)
    window = desk.open()
    after = desk.settle(window)
    assert after.recipe == before.recipe and window.document.path == path and not window.document.dirty
    assert after.sample.image.tobytes() == before.sample.image.tobytes()
    assert after.selection == before.selection and after.digest == before.digest
    assert window.status.text("digest") == digest
    assert window.structure.camera_state() == camera
    np.testing.assert_array_equal(window.structure.view_rotation(), rotation)
    assert window.structure.perspective and window.actions_by_key["view.perspective"].isChecked()
    assert window.preview.display() == display
    assert (after.picture.low, after.picture.high) == (before.picture.low, before.picture.high)
    assert {name: dock.isVisible() for name, dock in window.docks.items()} == visible


def test_layout_is_reset(desk: Any) -> None:
    window = desk.on_recipe()
    window.docks["parameters"].hide()
    window.docks["structure"].setFloating(True)
    desk.qtbot.waitUntil(window.docks["structure"].isWindow)
    window.actions_by_key["window.reset_layout"].trigger()
    assert window.docks["parameters"].isVisible() and not window.docks["structure"].isFloating()
    desk.settle(window)


BROKEN = {
    "nothing": b"",
    "no json": b"{{{{",
    "bytes": bytes(range(256)),
    "a list": b"[1, 2, 3]",
    "newer": json.dumps({"version": 99, "theme": "dark"}).encode(),
    "wrong values": json.dumps({"version": 1, "theme": "pink"}).encode(),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_broken_or_newer_settings_are_a_sentence_and_the_defaults(desk: Any, content: bytes) -> None:
    for file in (preferences_file(), workspace_file()):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    window = desk.open()
    assert window.preferences == Preferences()
    assert window.on_start_page and window.notices.isVisible()
    said = sentences(window)
    assert "preferences" in said.lower() and "Traceback" not in said
    kept = list(preferences_file().parent.glob("preferences*.bak*"))
    assert kept and kept[0].read_bytes() == content
    desk.click(window, "start.class.icosahedron")
    assert desk.settle(window).job.geometry == "icosahedron"


def test_preferences_deleted_while_the_window_is_open_are_written_anew(desk: Any) -> None:
    window = desk.on_recipe()
    window.actions_by_key["view.theme_dark"].trigger()
    assert json.loads(preferences_file().read_text(encoding="utf-8"))["theme"] == "dark"
    preferences_file().unlink()
    window.actions_by_key["view.theme_light"].trigger()
    assert json.loads(preferences_file().read_text(encoding="utf-8"))["theme"] == "light"
    assert not window.notices.isVisible()


def test_unsaved_changes_of_a_program_that_was_killed_are_offered(desk: Any, python: Any) -> None:
    """A process that dies leaves them behind; this window offers them and takes them over."""
    code = """
import os
from pathlib import Path
from app.gui.document.autosave import Autosaver
from app.gui.document.document import RecipeDocument
document = RecipeDocument(path=Path("/somewhere/mine.toml"))
document.set("imaging.sigma", 0.91)
saver = Autosaver(document)
saver.write_now()
saver.wait()
os._exit(1)
"""
    assert python(code).returncode == 1
    window = desk.open()
    desk.click(window.notices, "notice.restore")
    assert desk.settle(window).job.imaging.sigma == 0.91
    assert window.document.dirty and window.windowTitle().startswith("mine.toml")
    assert not window.autosaver.recoverable() and not window.notices.isVisible()


@pytest.mark.parametrize("restores", [True, False])
def test_what_the_workspace_brings_back_is_not_offered_once_more(
    desk: Any, monkeypatch: pytest.MonkeyPatch, restores: bool
) -> None:
    """A signal ends the program while an autosave of an older state is being written."""
    window = desk.on_recipe()
    path = window.document.path
    desk.type(window, "imaging.sigma", "0.91")
    writing, dump = threading.Event(), autosave.dump_recipe

    def slowly(recipe: Recipe) -> str:
        writing.set()
        time.sleep(0.3)
        return dump(recipe)

    monkeypatch.setattr(autosave, "dump_recipe", slowly)
    window.autosaver.write_now()
    assert writing.wait(10.0)
    desk.type(window, "imaging.sigma", "0.93")
    desk.close(window)
    monkeypatch.undo()
    monkeypatch.setenv("NANOPHANTOM_HOME", str(desk.home))
    window = desk.open(preferences=Preferences(restore_workspace=restores))
    if restores:
        assert not window.notices.isVisible() and not window.autosaver.recoverable()
        assert (window.autosaver.folder / "recipe.toml").is_file()
    else:
        desk.click(window.notices, "notice.restore")
    assert desk.settle(window).job.imaging.sigma == 0.93
    assert window.document.dirty and window.document.path == path


def test_two_windows_keep_each_others_preferences(desk: Any) -> None:
    first, second = desk.open(), desk.open()
    first.actions_by_key["view.theme_dark"].trigger()
    second.set_live(False)
    kept, _ = load_preferences()
    assert kept.theme == "dark" and not kept.live_preview


def test_a_link_is_said_to_be_no_file(desk: Any) -> None:
    window = desk.open()
    data = QMimeData()
    data.setUrls([QUrl("http://example.org/gold.xyz")])
    for kind in (QDragEnterEvent, QDropEvent):
        place = QPoint(20, 20) if kind is QDragEnterEvent else QPointF(20, 20)
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(window, kind(place, Qt.DropAction.CopyAction, data, left, none))
    desk.qtbot.waitUntil(window.notices.isVisible)
    assert "http://example.org/gold.xyz is a link" in sentences(window)
    assert "download it" in sentences(window)
