"""Times every event handler of the running window while a user works with it; prints JSON.

Run as a program, because the QApplication has to be one that watches its events::

    python tests/app/gui/window/measure_handlers.py

One object for each kind of work: for every round the longest handler (receiver, event, milliseconds of
the thread's own time, the drawing inside it taken off), and the longest drawing.  What else the machine
does changes the thread's own time too, by caches and shared cores: the slowness measured beside every
round is divided out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[4]))

from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from tests.yardstick import slowness

Work = Callable[[Any], object]
DRAWING = (QEvent.Type.Paint, QEvent.Type.UpdateRequest)
#: Rounds at most: a work is done again until its best is below ENOUGH, milliseconds.
ROUNDS, ENOUGH = 3, 14.0
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Watching(QApplication):
    """Times what it delivers."""

    work = ""
    depth = 0
    drawing = 0.0
    inner = 0
    #: What watching adds to an event inside another one, seconds.
    cost = 0.0
    longest: dict[str, dict[str, tuple[float, str]]] = {}  # noqa: RUF012
    #: What is not drawn at all: many thousand atoms, at every step, take longer than all the rest.
    blind: QWidget | None = None

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        cls = Watching
        kind = event.type()
        blind = cls.blind if kind == QEvent.Type.Paint else None
        if blind is not None and isinstance(receiver, QWidget) and blind.isAncestorOf(receiver):
            return True
        if cls.depth and kind not in DRAWING:
            cls.inner += 1
            return super().notify(receiver, event)
        if cls.depth == 0:
            cls.drawing = 0.0
            cls.inner = 0
            # Asked before: the receiver may be gone afterwards.
            name = f"{type(receiver).__name__} {receiver.objectName()} {kind.name}"
        before = cls.drawing
        cls.depth += 1
        begun = time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            took = time.thread_time() - begun
            cls.depth -= 1
            if kind in DRAWING:
                cls.drawing = before + took
            if cls.depth == 0:
                took -= cls.inner * cls.cost
                note("handler", took - cls.drawing, name)
                note("drawing", cls.drawing, name)
                if kind == QEvent.Type.MetaCall and receiver.objectName() == "preview.controller":
                    note("result", took - cls.drawing, name)

    def calibrate(self) -> None:
        """Find out what watching costs: an event that does nothing is nearly all that."""
        receiver, count = QObject(), 2000
        Watching.depth = 1
        begun = time.thread_time()
        for _ in range(count):
            QApplication.sendEvent(receiver, QEvent(QEvent.Type.User))
        Watching.cost = (time.thread_time() - begun) / count
        Watching.depth = 0


def note(what: str, seconds: float, name: str) -> None:
    entry = Watching.longest.setdefault(Watching.work, {})
    if seconds > entry.get(what, (0.0, ""))[0]:
        entry[what] = (seconds, name)


def wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def settle(window: Any) -> None:
    until = time.monotonic() + 15.0
    while time.monotonic() < until:
        wait(20)
        result = window.result
        exact = result is not None and result.recipe is window.document.recipe and not result.draft
        if exact and not window.controller.busy:
            wait(60)
            return
    raise SystemExit(f"{Watching.work}: no image came; {window.preview.banner.text!r}")


def drag(window: Any, steps: int) -> None:
    from app.gui.panels.slider import ThinSlider

    slider = window.panel.findChild(ThinSlider, "field.imaging.sigma.slider")
    middle = slider.height() // 2
    QTest.mousePress(slider, LEFT, NONE, QPoint(20, middle))
    for step in range(steps):
        QTest.mouseMove(slider, QPoint(20 + step, middle))
        wait(8)
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(20 + steps, middle))
    settle(window)


def choose(window: Any, name: str, down: int) -> None:
    box = window.findChild(QComboBox, name)
    box.setFocus()
    for _ in range(abs(down)):
        QTest.keyClick(box, Qt.Key.Key_Down if down > 0 else Qt.Key.Key_Up)
        settle(window)


def undo(window: Any) -> None:
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        settle(window)


def open_recipes(window: Any) -> None:
    for name in ("au55_sigma_alpha_grid", "gold_silver_alpha", "au55_four_classes"):
        window.files.open_shipped(name)
        settle(window)


def start_page(window: Any) -> None:
    window.actions_by_key["file.start_page"].trigger()
    wait(50)
    window.start_view.choose_class.emit("garzon")
    settle(window)


def vary(window: Any) -> None:
    from PySide6.QtWidgets import QToolButton

    QTest.mouseClick(window.panel.findChild(QToolButton, "field.imaging.alpha.vary.open"), LEFT)
    settle(window)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(window)


def large(window: Any) -> None:
    window.document.set_many(
        {"image.width": 1024, "image.height": 1024, "image.pixel_size": 0.05}, label="Large"
    )
    settle(window)


def turn(window: Any) -> None:
    view = window.structure
    middle = view.rect().center()
    QTest.mousePress(view, LEFT, NONE, middle)
    for step in range(20):
        QTest.mouseMove(view, middle + QPoint(step, step // 2))
        wait(8)
    QTest.mouseRelease(view, LEFT, NONE, middle)
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    settle(window)


WORKS = {
    "slider": lambda window: drag(window, 25),
    "class": lambda window: choose(window, "preview.browser.class", 3),
    "kind": lambda window: (
        choose(window, "field.pose.kind", 1),
        choose(window, "field.pose.kind", -1),
    ),
    "preset": lambda window: choose(window, "field.noise.preset", 2),
    "undo": undo,
    "vary": vary,
    "recipe": open_recipes,
    "start page": start_page,
    "turn": turn,
    "large": large,
    "large slider": lambda window: drag(window, 25),
}


# --- scenes ------------------------------------------------------------------------------------

TOP = "specimen.nodes"
#: A field of 150 Å on 40 Å of carbon, with three particles: about 90 000 atoms.
LARGE_SCENE = {
    "specimen.width": 150.0,
    "specimen.height": 150.0,
    f"{TOP}.carbon.thickness": 40.0,
    "image.pixel_size": 0.6,
}


def deliver(window: Any, work: Callable[[], object]) -> None:
    """Let the event loop do it, as it does what a menu says: then it is a handler that is timed."""
    QTimer.singleShot(0, window, work)
    wait(0)
    turns(window)


def turns(window: Any) -> None:
    """Wait until the scene's pane has all its parts."""
    until = time.monotonic() + 15.0
    while time.monotonic() < until:
        wait(20)
        if window.scene.complete:
            wait(40)
            return
    raise SystemExit(f"{Watching.work}: the scene's pane is never complete")


def open_first(window: Any) -> None:
    """From the start page of a window that has just been opened: the parameter panel is made meanwhile."""
    deliver(window, lambda: window.files.open_shipped("au55_four_classes"))
    settle(window)
    window.panel.finish()


def open_scene(window: Any) -> None:
    deliver(window, lambda: window.files.open_shipped("scene_twinned_gold"))
    settle(window)
    turns(window)


def every_kind(window: Any) -> None:
    """One node of each kind, added from the menu; what they make is not built meanwhile."""
    from PySide6.QtGui import QAction

    window.set_live(False)
    bar = window.scene.editor.bar
    for action in bar.kinds.actions():
        assert isinstance(action, QAction)
        deliver(window, action.trigger)


def choose_nodes(window: Any) -> None:
    tree = window.scene.editor.tree
    tree.setFocus()
    rows = tree.model().rowCount()
    for key in (Qt.Key.Key_Home, *[Qt.Key.Key_Down] * rows):
        QTest.keyClick(tree, key)
        turns(window)


def edit_node(window: Any) -> None:
    """A number typed, a kind changed, a number varied: of the particle."""
    from app.gui.panels.quantity_edit import QuantityEdit

    window.scene.editor.choose(f"{TOP}.gold")
    turns(window)
    panel = window.scene.editor.panel
    box = panel.findChild(QuantityEdit, f"field.{TOP}.gold.volume.radius")
    for text in ("21", "22", "2.3 nm"):
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)
        QTest.keyClick(box, Qt.Key.Key_Return)
        turns(window)
    for part in ("volume", "orientation", "placement"):
        kind = panel.findChild(QComboBox, f"field.{TOP}.gold.{part}.kind")
        kind.setFocus()
        QTest.keyClick(kind, Qt.Key.Key_Up)
        turns(window)


def remove_nodes(window: Any) -> None:
    tree = window.scene.editor.tree
    tree.setFocus()
    for _ in range(4):
        QTest.keyClick(tree, Qt.Key.Key_End)
        turns(window)
        QTest.keyClick(tree, Qt.Key.Key_Delete)
        turns(window)


def undo_nodes(window: Any) -> None:
    """Back and forth over all that was done to nodes: every step at another node than the one before."""
    for modifiers in (
        Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    ):
        for _ in range(12):
            QTest.keyClick(window, Qt.Key.Key_Z, modifiers)
            turns(window)


def large_scene(window: Any) -> None:
    window.set_live(True)
    deliver(window, lambda: window.files.open_shipped("scene_cdse_on_carbon"))
    deliver(window, lambda: window.document.set_many(LARGE_SCENE, label="Large"))
    settle(window)
    assert len(window.result.structure.numbers) > 80_000


def pick_atoms(window: Any) -> None:
    """Atoms of several nodes, from the middle outwards."""
    view = window.structure
    step = min(view.width(), view.height()) // 8
    for part in range(-2, 3):
        QTest.mouseClick(view, LEFT, NONE, view.rect().center() + QPoint(part * step, -part * step))
        wait(20)
        turns(window)
        assert view.selected >= 0


def open_atoms(window: Any) -> None:
    deliver(window, lambda: window.show_pane("atoms"))
    until = time.monotonic() + 60.0
    while window.atoms.report is None or window.atoms.plot.curve is None:
        wait(50)
        if time.monotonic() > until:
            raise SystemExit("atoms: nothing was counted")
    wait(60)


#: In a window of their own in every round: a pane is opened for the first time only once.
SCENE_WORKS: Mapping[str, Work] = {
    "first recipe": open_first,
    "scene open": open_scene,
    "scene add": every_kind,
    "scene choose": choose_nodes,
    "scene edit": edit_node,
    "scene remove": remove_nodes,
    "scene undo": undo_nodes,
    "scene large": large_scene,
    "scene pick": pick_atoms,
    "scene atoms": open_atoms,
}


#: What has to be done before a work.
NEEDS = {
    "large slider": ("large",),
    "scene open": ("first recipe",),
    "scene add": ("scene open",),
    "scene edit": ("scene open",),
    "scene choose": ("scene add",),
    "scene remove": ("scene add",),
    "scene undo": ("scene edit", "scene remove"),
    "scene large": ("scene open",),
    "scene pick": ("scene large",),
    "scene atoms": ("scene large",),
}
#: Works of the scene in which its atoms are not drawn.
NOT_DRAWN = ("scene open", "scene add", "scene choose", "scene edit", "scene remove", "scene undo")


def measure(window: Any, works: Mapping[str, Work], found: dict[str, list[dict[str, Any]]]) -> None:
    """One round."""
    for name, work in works.items():
        Watching.work = name
        Watching.longest = {}
        Watching.blind = window.structure if name in NOT_DRAWN else None
        before = slowness()
        work(window)
        Watching.work, Watching.blind = "", None
        entry = Watching.longest.get(name, {})
        to_quiet = 1e3 / max(before, slowness())
        found.setdefault(name, []).append(
            {what: [round(seconds * to_quiet, 2), text] for what, (seconds, text) in entry.items()}
        )
        # Dragging ends a merge of edits; the next work begins with a step of its own.
        window.document.end_gesture()


def left_over(works: Mapping[str, Work], found: Mapping[str, list[dict[str, Any]]]) -> dict[str, Work]:
    """What is worth another round, with what has to be done before it."""
    wanted = {
        name for name in works if min(one["handler"][0] for one in found[name] if "handler" in one) > ENOUGH
    }
    while before := {name for after in wanted for name in NEEDS.get(after, ())} - wanted:
        wanted |= before
    return {name: work for name, work in works.items() if name in wanted}


def main() -> None:
    application = Watching(["nanophantom"])
    from app.gui.document.preferences import Preferences
    from app.gui.frame.errors import install_hooks
    from app.gui.frame.garbage import GarbageCollection
    from app.gui.start import SWITCH_INTERVAL
    from app.gui.window import MainWindow

    sys.setswitchinterval(SWITCH_INTERVAL)
    install_hooks()
    # As the program does: else garbage is collected inside any handler.
    GarbageCollection(application)
    application.calibrate()
    window = MainWindow(Preferences(theme="light", confirm_discard=False))
    Watching.work = "first"
    window.show()
    wait(200)
    window.files.open_shipped("au55_four_classes")
    settle(window)
    GarbageCollection.keep_what_is_there()
    found: dict[str, list[dict[str, Any]]] = {}
    works: Mapping[str, Work] = WORKS
    for _ in range(ROUNDS):
        measure(window, works, found)
        window.document.set_many(
            {"image.width": 128, "image.height": 128, "image.pixel_size": 0.2}, label="Small"
        )
        settle(window)
        works = left_over(WORKS, found)
        if not works:
            break
    window.close_without_asking()
    application.processEvents()
    works = SCENE_WORKS
    for _ in range(ROUNDS):
        window = MainWindow(Preferences(theme="light", confirm_discard=False))
        window.show()
        window.show_start_page(True)
        wait(200)
        GarbageCollection.keep_what_is_there()
        measure(window, works, found)
        window.close_without_asking()
        window.deleteLater()
        wait(50)
        works = left_over(SCENE_WORKS, found)
        if not works:
            break
    print(json.dumps(found))


if __name__ == "__main__":
    main()
