"""The live preview: from a change of σ to pixels on the screen, and images under a slider that never rests.

The peer is the pattern that was measured before the program was written: a thread pool of one, newest
request wins, 32-bit images shown by pyqtgraph, and a noise-free sum of separable Gaussians in 32 bits by
BLAS, without labels, truth or the same bits everywhere.  Both run in one process, in turn, drawn offscreen.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import Line, Observation, Ratio, benchmark, three_digits, verdict

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

#: Interval of a mouse that reports 125 times a second, s.
MOUSE = 0.008
#: Time that a slider is dragged, s.
DRAG = 3.0
#: Single changes of which the median counts.
CHANGES = 30
FIELD = 30.0
OURS, PEER = "preview", "prototype's pattern"
#: Threads take turns this often, as in the window, s.
SWITCH_INTERVAL = 0.0005


class OurPreview:
    """The program's own controller and pane."""

    def __init__(self, side: int, shown: str) -> None:
        from app.gui.preview.controller import PreviewController
        from app.gui.preview.pane import PreviewPane
        from app.gui.preview.results import Display, Result, Selection
        from sim.imaging.settings import ImageSettings
        from sim.recipe.model import Recipe

        self.recipe = Recipe(image=ImageSettings(width=side, height=side, pixel_size=FIELD / side))
        self.selection = Selection()
        self.display = Display(shown="clean" if shown == "clean" else "noisy")
        self.finished = 0
        self.handler: list[float] = []
        self.pane = PreviewPane()
        self.pane.resize(900, 800)
        self.pane.show()
        self.controller = PreviewController()

        def show(result: Result) -> None:
            begin = time.perf_counter()
            self.pane.show_result(result)
            self.handler.append(time.perf_counter() - begin)
            self.pane.image.repaint()
            self.finished += 1

        self.controller.result.connect(show)

    def change(self, sigma: float, dragging: bool) -> None:
        """Move σ."""
        imaging = self.recipe.imaging.model_copy(update={"sigma": sigma})
        recipe = self.recipe.model_copy(update={"imaging": imaging})
        self.controller.request(recipe, self.selection, self.display, dragging=dragging)

    def close(self) -> None:
        """Stop thread and window."""
        self.controller.close()
        self.pane.close()
        self.pane.deleteLater()


class PeerPreview:
    """The pattern measured beforehand: future → queued signal → ImageItem."""

    def __init__(self, side: int, shown: str) -> None:
        import pyqtgraph
        from PySide6.QtCore import QObject, Qt, Signal

        from sim.specimen.clusters import load_cluster

        class Bridge(QObject):
            done = Signal(object)

        self.side, self.noisy = side, shown != "clean"
        self.positions = load_cluster("icosahedron", "ideal").positions
        self.finished = 0
        self.handler: list[float] = []
        self.running = False
        self.pending: float | None = None
        self.pool = ThreadPoolExecutor(1)
        self.bridge = Bridge()
        self.bridge.done.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self.view = pyqtgraph.GraphicsLayoutWidget()
        box = self.view.addViewBox()
        box.setAspectLocked(True)
        self.item = pyqtgraph.ImageItem(axisOrder="row-major")
        box.addItem(self.item)
        self.view.resize(900, 800)
        self.view.show()

    def change(self, sigma: float, dragging: bool) -> None:
        """Move σ."""
        del dragging
        self.pending = sigma
        if not self.running:
            self._start()

    def _start(self) -> None:
        sigma, self.pending, self.running = self.pending, None, True
        assert sigma is not None
        self.pool.submit(lambda: self.bridge.done.emit(self._simulate(sigma)))

    def _simulate(self, sigma: float) -> Any:
        places = (np.arange(self.side) + 0.5) * FIELD / self.side - FIELD / 2
        across, along = (
            np.exp(-((places - self.positions[:, axis, np.newaxis]) ** 2) / (2 * sigma**2)).astype(np.float32)
            for axis in (0, 1)
        )
        image = along.T @ across
        if self.noisy:
            image = np.random.default_rng(1).poisson(image * 20).astype(np.float32)
        return image

    def _show(self, image: Any) -> None:
        self.running = False
        if self.pending is not None:
            self._start()
        begin = time.perf_counter()
        self.item.setImage(image, autoLevels=False, levels=(0, 60))
        self.handler.append(time.perf_counter() - begin)
        self.view.viewport().repaint()
        self.finished += 1

    def close(self) -> None:
        """Stop thread and window."""
        self.bridge.done.disconnect(self._show)
        self.pool.shutdown()
        self.view.close()
        self.view.deleteLater()


Preview = OurPreview | PeerPreview


def _application() -> QApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    found = QApplication.instance()
    return found if isinstance(found, QApplication) else QApplication(["benchmarks"])


def _wait_for(application: QApplication, preview: Preview, images: int) -> None:
    """Run the event loop until so many images have been painted."""
    while preview.finished < images:
        application.processEvents()
        time.sleep(0.0005)


def change_to_pixels(application: QApplication, preview: Preview) -> float:
    """Median time from one change to the painted image, s."""
    times = []
    for index in range(CHANGES + 3):
        # Apart from one another, as clicks are: a movement would count as one.
        pause = time.perf_counter() + 0.17
        while time.perf_counter() < pause:
            application.processEvents()
            time.sleep(0.001)
        before, begin = preview.finished, time.perf_counter()
        preview.change(0.5 + 0.01 * index, False)
        _wait_for(application, preview, before + 1)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[3:])


def images_while_dragging(application: QApplication, preview: Preview) -> tuple[float, float]:
    """Images a second under a slider that moves 125 times a second, and the median handler time, s."""
    preview.change(0.4, False)
    _wait_for(application, preview, 1)
    preview.handler.clear()
    before, begin, moves = preview.finished, time.perf_counter(), 0
    while (now := time.perf_counter()) < begin + DRAG:
        if now >= begin + moves * MOUSE:
            moves += 1
            preview.change(0.3 + 0.001 * (moves % 500), True)
        application.processEvents()
        time.sleep(0.0005)
    elapsed = time.perf_counter() - begin
    return (preview.finished - before) / elapsed, statistics.median(preview.handler)


def _pair(side: int, shown: str, figure: Callable[[QApplication, Preview], Any]) -> list[Any]:
    """A figure of both, one after the other."""
    application = _application()
    figures = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        for kind in (OurPreview, PeerPreview):
            preview = kind(side, shown)
            try:
                figures.append(figure(application, preview))
            finally:
                preview.close()
                application.processEvents()
    finally:
        sys.setswitchinterval(before)
    return figures


def _changes() -> list[Line]:
    title = "Au55, 256², noisy: change to pixels"
    ours, peer = _pair(256, "noisy", change_to_pixels)
    return [
        Line(title, OURS, _milliseconds(ours), "", "", _at_most(ours * 1e3, 20.0, "ms")),
        Line(title, PEER, _milliseconds(peer), "", "", ""),
        Line(title, f"{OURS} / {PEER}", "", "", three_digits(ours / peer), ""),
    ]


def _drag(side: int, shown: str, words: str, least: float | None) -> list[Line]:
    title = f"Au55, {side}², {words}: slider at 125 Hz"
    (ours, handler), (peer, other) = _pair(side, shown, images_while_dragging)
    target = "" if least is None else f"{verdict(ours, Ratio('', '', least=least))} images/s"
    return [
        Line(title, OURS, "", f"{three_digits(ours)} images/s", "", target),
        Line(title, f"{OURS}, handler", _milliseconds(handler), "", "", _at_most(handler * 1e3, 5.0, "ms")),
        Line(title, PEER, "", f"{three_digits(peer)} images/s", "", ""),
        Line(title, f"{PEER}, handler", _milliseconds(other), "", "", ""),
        Line(title, f"{OURS} / {PEER}", "", "", three_digits(ours / peer), ""),
    ]


def _milliseconds(seconds: float) -> str:
    return f"{three_digits(seconds * 1e3)} ms"


def _at_most(value: float, most: float, unit: str) -> str:
    return f"{verdict(value, Ratio('', '', most=most))} ({most:g} {unit})"


@benchmark("preview_window")
def preview_window() -> Sequence[Observation]:
    """Change to pixels at 256², images a second at 1024²."""
    return [
        Observation("Au55, 256², noisy: change to pixels", _changes),
        Observation("Au55, 1024², noise-free: slider", lambda: _drag(1024, "clean", "noise-free", 20.0)),
        Observation("Au55, 1024², as shown: slider", lambda: _drag(1024, "noisy", "noisy", None)),
    ]
