"""The start page: classes with pictures, recipes, recent files, recovery; all one click or key away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.frame.clusters import CLUSTERS
from app.gui.frame.start_thumbnails import middle, render_classes
from app.gui.frame.start_view import StartView
from sim.core.errors import Cancelled
from sim.recipe.toml import shipped_recipes

pytestmark = pytest.mark.gui

Cancel = Callable[[], None]
Images = Iterator[tuple[str, np.ndarray]]


@dataclass(frozen=True)
class Recent:
    path: Path
    missing: bool = False


@dataclass(frozen=True)
class Left:
    title: str
    saved_at: datetime


def _ramps(cancel: Cancel) -> Images:
    """Black at the left, white at the right: orientation can be seen."""
    for geometry in (cluster.geometry for cluster in CLUSTERS):
        cancel()
        yield geometry, np.tile(np.linspace(0, 255, 32).astype(np.uint8), (32, 1))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., StartView]]:
    made: list[StartView] = []

    def build(render: Callable[[Cancel], Images] = _ramps) -> StartView:
        view = StartView(render=render)
        made.append(view)
        qtbot.addWidget(view)
        view.resize(1100, 800)
        view.show()
        qtbot.waitExposed(view)
        view.activateWindow()
        qtbot.waitUntil(view.isActiveWindow)
        return view

    yield build
    for view in made:
        view.shutdown()


def _button(view: QWidget, name: str) -> QAbstractButton:
    found = view.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


def test_pictures_arrive_upright(make: Callable[..., StartView], qtbot: QtBot) -> None:
    view = make()
    qtbot.waitUntil(lambda: all(card.has_picture for card in view.cards.values()))
    card = view.cards["decahedron"]
    shown = card.grab().toImage()
    left = shown.pixelColor(card.width() // 2 - card.SIDE // 2 + 6, card.MARGIN + 40).lightness()
    right = shown.pixelColor(card.width() // 2 + card.SIDE // 2 - 6, card.MARGIN + 40).lightness()
    assert left < 60 < 200 < right


def test_a_class_is_one_click_or_one_key_away(make: Callable[..., StartView], qtbot: QtBot) -> None:
    view = make()
    with qtbot.waitSignal(view.choose_class) as chosen:
        qtbot.mouseClick(view.cards["garzon"], Qt.MouseButton.LeftButton)
    assert chosen.args == ["garzon"]
    view.cards["icosahedron"].setFocus()
    qtbot.keyClick(view.cards["icosahedron"], Qt.Key.Key_Tab)
    assert view.cards["cuboctahedron"].hasFocus()
    with qtbot.waitSignal(view.choose_class) as chosen:
        qtbot.keyClick(view.cards["cuboctahedron"], Qt.Key.Key_Space)
    assert chosen.args == ["cuboctahedron"]


def test_every_shipped_recipe_opens(make: Callable[..., StartView], qtbot: QtBot) -> None:
    view = make()
    for name, description in shipped_recipes().items():
        row = _button(view, f"start.recipe.{name}")
        assert description in row.toolTip()
        with qtbot.waitSignal(view.open_recipe) as chosen:
            qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
        assert chosen.args == [name]


def test_recent_files_open_and_missing_ones_are_greyed(make: Callable[..., StartView], qtbot: QtBot) -> None:
    view = make()
    left = Left("gold", datetime(2025, 3, 4, 5, 6))
    view.refresh([Recent(Path("/a/one.toml")), Recent(Path("/b/gone.xyz"), missing=True)], [left])
    with qtbot.waitSignal(view.open_path) as opened:
        qtbot.mouseClick(_button(view, "start.recent.0"), Qt.MouseButton.LeftButton)
    assert opened.args == [str(Path("/a/one.toml"))]
    assert not _button(view, "start.recent.1").isEnabled()
    row = _button(view, "start.recover.0")
    assert "gold" in row.text() and "04 March, 05:06" in row.accessibleDescription()
    with qtbot.waitSignal(view.recover_requested) as recovered:
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert recovered.args == [left]
    view.refresh([], [])
    assert not view.findChild(QAbstractButton, "start.recover.0") or not row.isVisible()


def test_new_and_open(make: Callable[..., StartView], qtbot: QtBot) -> None:
    view = make()
    for name, signal in (("start.new", view.new_requested), ("start.open", view.open_requested)):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(_button(view, name), Qt.MouseButton.LeftButton)


def test_a_renderer_that_fails_leaves_the_cards_usable(
    make: Callable[..., StartView], qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(cancel: Cancel) -> Images:
        raise RuntimeError("no engine")
        yield

    view = make(fail)
    qtbot.waitUntil(lambda: view.cards["garzon"]._said == "no picture")
    with qtbot.waitSignal(view.choose_class):
        qtbot.mouseClick(view.cards["garzon"], Qt.MouseButton.LeftButton)


def test_rendering_never_blocks_and_stops_with_the_page(make: Callable[..., StartView], qtbot: QtBot) -> None:
    began, ended = threading.Event(), threading.Event()

    def slow(cancel: Cancel) -> Images:
        began.set()
        try:
            while True:
                cancel()
                threading.Event().wait(0.005)
        except Cancelled:
            ended.set()
            raise
        yield

    view = make(slow)
    qtbot.waitUntil(began.is_set)
    with qtbot.waitSignal(view.choose_class, timeout=500):
        qtbot.mouseClick(view.cards["garzon"], Qt.MouseButton.LeftButton)
    view.shutdown()
    assert ended.is_set()
    view.shutdown()


def test_the_engine_makes_a_picture_of_every_class() -> None:
    made = dict(render_classes(lambda: None))
    assert made.keys() == {cluster.geometry for cluster in CLUSTERS}
    for image in made.values():
        assert image.dtype == np.uint8 and image.min() == 0 and image.max() == 255
    assert len({image.tobytes() for image in made.values()}) == len(CLUSTERS)


def test_pictures_wait_while_the_page_is_hidden(make: Callable[..., StartView], qtbot: QtBot) -> None:
    """What was opened is rendered then; when the page comes back, so do they."""
    began: list[int] = []
    held, ended = threading.Event(), threading.Event()

    def slow(cancel: Cancel) -> Images:
        began.append(len(began))
        try:
            while not held.is_set():
                cancel()
                threading.Event().wait(0.005)
        except Cancelled:
            ended.set()
            raise
        yield from _ramps(cancel)

    view = make(slow)
    qtbot.waitUntil(lambda: began == [0])
    view.hide()
    qtbot.waitUntil(ended.is_set)
    held.set()
    view.show()
    qtbot.waitUntil(lambda: all(card.has_picture for card in view.cards.values()))
    assert began == [0, 1]
    view.hide()
    view.show()
    qtbot.wait(200)
    assert began == [0, 1], "once is enough"


def test_a_thumbnail_shows_the_middle() -> None:
    part = middle(np.arange(100).reshape(10, 10))
    assert part.shape == (6, 6) and part[0, 0] == 22
