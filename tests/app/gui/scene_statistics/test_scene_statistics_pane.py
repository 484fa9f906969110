"""The pane about the specimen's atoms under real events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.preview.results import Display, Result, Selection
from app.gui.preview.worker import PreviewWorker, Request
from app.gui.scene_statistics import pane as module
from app.gui.scene_statistics.composition import amounts
from app.gui.scene_statistics.pane import SceneStatisticsView
from app.gui.scene_statistics.report import Report
from sim.core.settings import validate
from sim.recipe.model import Recipe

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


def made(radius: float = 9.0, count: int = 2) -> Result:
    """A preview of two gold particles and a cluster of silver."""

    def at(x: float) -> dict[str, Any]:
        return {"kind": "fixed", "x": x, "y": 0.0, "z": 0.0}

    gold = {
        "kind": "particle",
        "name": "gold",
        "count": count,
        "crystal": {"kind": "builtin", "name": "Au"},
        "volume": {"kind": "sphere", "radius": radius},
        "placement": {"kind": "scattered", "gap": 5.0},
    }
    silver = {"kind": "cluster", "name": "silver", "element": "Ag", "shells": 3, "placement": at(0.0)}
    scene = {"kind": "scene", "width": 120.0, "height": 60.0, "nodes": [gold, silver], "clearance": 2.0}
    recipe = validate(
        Recipe, {"specimen": scene, "image": {"width": 48, "height": 24, "pixel_size": 2.5}, "seed": 3}
    )
    result = PreviewWorker().make(Request(1, recipe, Selection(), Display()), lambda: None)
    assert result is not None
    return result


@pytest.fixture(scope="module")
def result() -> Result:
    return made()


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[SceneStatisticsView]:
    widget = SceneStatisticsView()
    qtbot.addWidget(widget)
    widget.resize(340, 640)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.shutdown()
    widget.close()


def counted(view: SceneStatisticsView) -> bool:
    return view.report is not None and view.plot.curve is not None


def test_an_open_pane_counts_and_shows(view: SceneStatisticsView, result: Result, qtbot: QtBot) -> None:
    assert not view.copy_button.isEnabled()
    view.set_result(result)
    assert view.state_label.text() == module.BUSY
    qtbot.waitUntil(lambda: counted(view), timeout=10_000)
    assert view.state_label.text() == ""
    names = [view.model.index(row, 0).data() for row in range(view.model.rowCount())]
    assert {"Au", "Ag", "All", "gold", "gold#2", "silver", "Au–Au", "Ag–Ag"} <= set(names)
    total = names.index("All")
    assert int(view.model.index(total, 1).data().replace("\u202f", "")) == len(result.structure)


def test_a_closed_pane_counts_only_when_it_is_opened(
    view: SceneStatisticsView, result: Result, qtbot: QtBot
) -> None:
    view.hide()
    view.set_result(result)
    qtbot.wait(module.PAUSE + 150)
    assert view.report is None and not any("nanophantom-" in thread.name for thread in threading.enumerate())
    view.show()
    qtbot.waitUntil(lambda: counted(view), timeout=10_000)


def test_only_the_newest_specimen_is_counted(
    view: SceneStatisticsView, result: Result, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def watched(specimen: Any, cancel: Any) -> Any:
        begun.append(len(specimen.structure))
        return amounts(specimen, cancel)

    monkeypatch.setattr(module, "amounts", watched)
    others = [made(radius) for radius in (7.0, 8.0)]
    heard: list[Report] = []
    view._numbers.told.connect(heard.append)
    for other in (*others, result):
        view.set_result(other)
    qtbot.waitUntil(lambda: counted(view), timeout=10_000)
    assert begun == [len(result.structure)] and len(heard) == 1
    # Other pairs of the same atoms.
    QTest.keyClick(view.pairs, Qt.Key.Key_Down)
    qtbot.wait(module.PAUSE + 100)
    assert begun == [len(result.structure)]
    # The very same again, as another image of it comes.
    view.set_result(replace(result, token=2))
    qtbot.wait(module.PAUSE + 100)
    assert begun == [len(result.structure)]


def test_the_chosen_node_is_offered_and_counted_alone(
    view: SceneStatisticsView, result: Result, qtbot: QtBot
) -> None:
    view.set_result(result)
    qtbot.waitUntil(lambda: counted(view), timeout=10_000)
    assert view.plot.curve is not None
    everything = view.plot.curve.pairs.sum()
    assert view.whose.count() == 1
    view.set_node("silver")
    assert view.whose.itemText(1) == "Node silver" and view.plot.curve.pairs.sum() == everything
    view.whose.setFocus()
    QTest.keyClick(view.whose, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: view.plot.curve is not None and view.plot.curve.pairs.sum() < everything, timeout=10_000
    )
    silver = view.plot.curve
    assert silver is not None and int(np.argmax(silver.g)) > 0
    QTest.keyClick(view.pairs, Qt.Key.Key_Down)
    assert view.pairs.currentText() == "Ag–Ag"
    # Gold is not in the node: there is nothing to draw, and a sentence says so.
    view.pairs.setCurrentText("Au–Au")
    qtbot.waitUntil(lambda: view.plot.curve is None and "No such pair" in view.plot._words, timeout=10_000)
    assert not view.copy_curve_button.isEnabled()
    # A node without atoms is not offered, and then all is counted again.
    view.set_node("nothing")
    assert view.whose.count() == 1
    qtbot.waitUntil(lambda: view.plot.curve is not None, timeout=10_000)


def test_numbers_and_curve_are_copied(view: SceneStatisticsView, result: Result, qtbot: QtBot) -> None:
    view.set_result(result)
    qtbot.waitUntil(lambda: counted(view), timeout=10_000)
    said: list[str] = []
    view.copied.connect(said.append)
    QTest.mouseClick(view.copy_button, LEFT)
    assert QGuiApplication.clipboard().text().startswith("quantity,of,value,unit\natoms,specimen,")
    QTest.mouseClick(view.copy_curve_button, LEFT)
    assert QGuiApplication.clipboard().text().startswith("r_angstrom,g,pairs\n")
    assert len(said) == 2
    view.table.selectRow(1)
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().split("\t")[0] == "Ag"


def test_the_mouse_reads_the_highest_peak(view: SceneStatisticsView, result: Result, qtbot: QtBot) -> None:
    view.set_result(result)
    view.set_node("gold")
    QTest.keyClick(view.whose, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: counted(view), timeout=10_000)
    curve, frame = view.plot.curve, view.plot.frame()
    assert curve is not None
    at = int(np.argmax(curve.g))
    QTest.mouseMove(view.plot, QPoint(round(frame.x(float(curve.r[at]))), round(frame.area.center().y())))
    assert view.read_label.text() == f"r = {curve.r[at]:.3f} Å · g = {curve.g[at]:.3f}"
    assert float(curve.r[at]) == pytest.approx(4.0782 / np.sqrt(2), abs=0.03)
    QTest.keyClick(view.plot, Qt.Key.Key_Right)
    assert view.read_label.text().startswith(f"r = {curve.r[at + 1]:.3f}")


def test_closing_while_it_counts_leaves_nothing_behind(
    view: SceneStatisticsView, result: Result, qtbot: QtBot
) -> None:
    view.largest.setValue(module.MOST)
    view.set_result(result)
    qtbot.wait(module.PAUSE + 50)
    view.shutdown()
    assert not any("nanophantom-" in thread.name for thread in threading.enumerate())
