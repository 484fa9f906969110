"""The export dialog: what it forecasts, what it refuses, and what it asks for in the end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QWidget,
)

from app.cli.main import run as run_command_line
from app.gui.document.document import RecipeDocument
from app.gui.document.preferences import Preferences
from app.gui.exporting.destination import inspect_destination, name_fault
from app.gui.exporting.dialog import ExportDialog
from app.gui.exporting.run_spec import RunSpec
from sim.core.settings import validate
from sim.dataset.export.formats import FORMATS, METHODS
from sim.recipe.model import Recipe
from sim.recipe.toml import save_recipe

gui = pytest.mark.gui
Open = Callable[..., ExportDialog]


@pytest.fixture
def opened(qtbot, tmp_path, small_recipe) -> Iterator[Open]:
    """Open the dialog on a small recipe and wait for the whole forecast."""
    dialogs: list[ExportDialog] = []

    def make(document: RecipeDocument | None = None, *, free: int | None = None) -> ExportDialog:
        document = document or RecipeDocument(small_recipe())
        given = None if free is None else (lambda path: free)
        preferences = Preferences(last_folder=str(tmp_path), export_workers=2)
        dialog = ExportDialog(document, preferences, free_bytes=given)
        dialogs.append(dialog)
        qtbot.addWidget(dialog)
        dialog.show()
        settle(qtbot, dialog)
        return dialog

    yield make
    for dialog in dialogs:
        dialog.shutdown()


def settle(qtbot, dialog: ExportDialog) -> None:
    """Until folder and forecast are known, or something is wrong."""

    def known() -> bool:
        fault = dialog.fault()
        return not fault.endswith("…") and (fault != "" or " with " in dialog.expectation.text("time"))

    qtbot.waitUntil(known, timeout=20_000)


def part(dialog: ExportDialog, kind: type, name: str) -> QWidget:
    found = dialog.findChild(kind, f"export.{name}")
    assert found is not None
    return found


def retype(qtbot, edit: QLineEdit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, text)


def made(tmp_path, recipe, name: str, *words: str) -> None:
    save_recipe(recipe, tmp_path / "recipe.toml")
    assert (
        run_command_line(["run", str(tmp_path / "recipe.toml"), "--output", str(tmp_path / name), *words])
        == 0
    )


@gui
def test_the_forecast_is_the_one_of_the_command_line(qtbot, opened, tmp_path, small_recipe, capsys):
    save_recipe(small_recipe(), tmp_path / "recipe.toml")
    capsys.readouterr()
    assert run_command_line(["plan", str(tmp_path / "recipe.toml"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    dialog = opened()
    table = part(dialog, QTableWidget, "classes")
    shown = {
        table.verticalHeaderItem(row).text(): [table.item(row, column).text() for column in range(4)]
        for row in range(table.rowCount())
    }
    for name, count in facts["classes"].items():
        splits = [facts["splits"][split]["classes"].get(name, 0) for split in ("train", "validation", "test")]
        assert shown[name] == [str(number) for number in [*splits, count]]
    assert shown["All images"][3] == "8"
    assert dialog.expectation.text("images") == "8 of 64 × 64 px, uint16"
    assert "4 of 4 combinations" in dialog.expectation.text("points")
    assert "with 2 workers" in dialog.expectation.text("time")
    for warning in facts["warnings"]:
        assert warning in dialog.expectation.remarks() or "more" in dialog.expectation.remarks()


@gui
def test_export_asks_for_what_was_chosen(qtbot, opened, tmp_path):
    dialog = opened()
    retype(qtbot, part(dialog, QLineEdit, "name"), "titania scan")
    for name in ("tiff", "coco", "verify_after"):
        box = part(dialog, QCheckBox, name)
        qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=inside(box))
    part(dialog, QComboBox, "scale").setFocus()
    qtbot.keyClick(part(dialog, QComboBox, "scale"), Qt.Key.Key_Down)
    settle(qtbot, dialog)
    with qtbot.waitSignal(dialog.export_requested) as asked:
        qtbot.mouseClick(part(dialog, QPushButton, "export"), Qt.MouseButton.LeftButton)
    spec = asked.args[0]
    assert isinstance(spec, RunSpec) and not dialog.isVisible()
    assert spec.output == tmp_path / "titania scan" and not spec.resume and not spec.overwrite
    assert spec.formats == ("tiff", "coco") and spec.scale == "standardise"
    assert spec.verify_after and not spec.contact_sheet and spec.workers == 2
    assert [step.kind for step in spec.steps()] == ["run", "export", "verify"]


def inside(box: QAbstractButton) -> QPoint:
    """A point on the mark of a check box or radio button."""
    return QPoint(8, box.height() // 2)


@gui
def test_the_number_of_images_is_the_documents(qtbot, opened, small_recipe):
    document = RecipeDocument(small_recipe())
    dialog = opened(document)
    images = part(dialog, QSpinBox, "images")
    images.setFocus()
    images.selectAll()
    qtbot.keyClicks(images, "16")
    qtbot.keyClick(images, Qt.Key.Key_Return)
    assert document.recipe.images == 16 and dialog.isVisible()
    assert not part(dialog, QPushButton, "export").isEnabled()
    qtbot.waitUntil(lambda: dialog.expectation.text("images").startswith("16 of"), timeout=20_000)
    settle(qtbot, dialog)
    with qtbot.assertNotEmitted(dialog.export_requested, wait=50):
        qtbot.keyClick(images, Qt.Key.Key_Return)  # ends typing only
    assert dialog.isVisible()
    document.undo()
    assert images.value() == 8
    settle(qtbot, dialog)
    assert dialog.spec().images == 8


@gui
def test_a_short_disk_refuses(qtbot, opened):
    dialog = opened(free=30_000)
    assert not part(dialog, QPushButton, "export").isEnabled()
    assert "disk is too small" in dialog.fault() and "30.0 kB are free" in dialog.fault()
    with qtbot.assertNotEmitted(dialog.export_requested, wait=100):
        qtbot.mouseClick(part(dialog, QPushButton, "export"), Qt.MouseButton.LeftButton)


@gui
def test_other_formats_are_counted_in_what_the_disk_must_hold(qtbot, opened):
    dialog = opened(free=300_000)
    assert dialog.fault() == ""
    part(dialog, QCheckBox, "npy").setChecked(True)
    assert "disk is too small" in dialog.fault()


@gui
def test_a_missing_structure_file_is_a_sentence(qtbot, opened, tmp_path, small_recipe):
    tree = small_recipe().tree()
    tree["specimen"] = {"kind": "file", "files": [{"name": "gone", "path": str(tmp_path / "gone.xyz")}],
                        "structure": "gone"}  # fmt: skip
    tree["vary"] = []
    dialog = opened(RecipeDocument(validate(Recipe, tree)))
    assert "gone.xyz" in dialog.fault() and not part(dialog, QPushButton, "export").isEnabled()


@gui
def test_an_unfinished_dataset_of_this_recipe_is_resumed(qtbot, opened, tmp_path, small_recipe):
    recipe = small_recipe()
    made(tmp_path, recipe, "half", "--shards", "0:1")
    dialog = opened(RecipeDocument(recipe))
    retype(qtbot, part(dialog, QLineEdit, "name"), "half")
    settle(qtbot, dialog)
    assert part(dialog, QAbstractButton, "resume").isVisible()
    assert part(dialog, QAbstractButton, "replace").isVisible()
    assert "4 of 8 images of this very dataset" in part(dialog, QWidget, "destination.sentence").text()
    assert dialog.fault() == "" and dialog.spec().resume and not dialog.spec().overwrite
    assert "of which 4 are there" in dialog.expectation.text("images")


@gui
def test_another_dataset_is_only_replaced_on_purpose(qtbot, opened, tmp_path, small_recipe):
    made(tmp_path, small_recipe(seed=7), "other")
    dialog = opened(RecipeDocument(small_recipe()))
    retype(qtbot, part(dialog, QLineEdit, "name"), "other")
    settle(qtbot, dialog)
    assert not part(dialog, QAbstractButton, "resume").isVisible()
    assert not part(dialog, QPushButton, "export").isEnabled()
    assert "another dataset" in dialog.fault()
    replace = part(dialog, QAbstractButton, "replace")
    qtbot.mouseClick(replace, Qt.MouseButton.LeftButton, pos=inside(replace))
    assert dialog.fault() == "" and dialog.spec().overwrite and not dialog.spec().resume


@gui
def test_annotations_need_instances_or_the_mask(qtbot, opened, small_recipe):
    document = RecipeDocument(small_recipe())
    dialog = opened(document)
    part(dialog, QCheckBox, "coco").setChecked(True)
    document.set("labels.particle_mask", False)
    assert not part(dialog, QCheckBox, "coco").isEnabled() and dialog.options.formats == ()
    assert "stores neither" in part(dialog, QCheckBox, "yolo").toolTip()
    document.set("labels.instance_map", True)
    assert part(dialog, QCheckBox, "coco").isEnabled()


@gui
def test_a_second_export_is_refused_while_one_is_running(qtbot, opened):
    dialog = opened()
    dialog.set_running(True)
    assert not part(dialog, QPushButton, "export").isEnabled() and "going on" in dialog.fault()
    dialog.set_running(False)
    assert part(dialog, QPushButton, "export").isEnabled()


@gui
def test_closing_while_a_large_dataset_is_counted_is_quick(qtbot, small_recipe, tmp_path):
    document = RecipeDocument(small_recipe(19_000))
    dialog = ExportDialog(document, Preferences(last_folder=str(tmp_path)))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.wait(50)
    begun = time.monotonic()
    dialog.reject()
    assert time.monotonic() - begun < 0.5


@gui
def test_everything_has_a_name_and_a_meaning(qtbot, opened):
    dialog = opened()
    for kind in (QLineEdit, QSpinBox, QComboBox, QCheckBox, QPushButton):
        for widget in dialog.findChildren(kind):
            if widget.objectName().startswith("export."):
                assert widget.toolTip(), widget.objectName()
                assert widget.accessibleName() or widget.text(), widget.objectName()


# --- the folder ------------------------------------------------------------------------------


def test_folders_that_cannot_be_used(tmp_path, small_recipe):
    (tmp_path / "file").write_text("text")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    made(tmp_path, small_recipe(4), "made")
    for path, words in (
        ("file", "is a file"),
        ("file/below", "is a file"),
        ("photos", "cat.jpg"),
        ("made/inside", "lies inside the dataset"),
    ):
        found = inspect_destination(tmp_path / path)
        assert found.state == "refused" and words in found.sentence, path
    assert inspect_destination(tmp_path / "new" / "deep").state == "new"
    complete = inspect_destination(tmp_path / "made")
    assert complete.state == "complete" and complete.images == 4 and complete.replaceable


def test_a_folder_without_write_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = inspect_destination(tmp_path / "new")
    assert found.state == "refused" and "cannot be written to" in found.sentence


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a:b", "..", "ends.", " begins", "x" * 300, "line\nbreak"])
def test_names_that_are_none(name):
    assert name_fault(name).endswith(".")


@pytest.mark.parametrize("name", ["Au55", "my data", "größe_1", "v1.2"])
def test_names_that_are_some(name):
    assert name_fault(name) == ""


def test_every_format_and_scaling_of_the_engine_is_offered(opened):
    options = opened().options
    assert set(options._formats) == set(FORMATS)
    assert [options._scale.itemData(place) for place in range(options._scale.count())] == list(METHODS)
