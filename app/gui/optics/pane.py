"""The pane about the lens: its view is made when it is first opened for a model that has one."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document import sections
from app.gui.document.document import Change, RecipeDocument
from app.gui.frame.sentence_label import SentenceLabel
from app.gui.optics.seen_waves import SeenPattern, SeenWaves
from app.gui.optics.wave_desk import DEFOCUS, WaveDesk
from app.gui.preview.inspect_pane import InspectPane
from app.gui.preview.results import Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from app.gui.optics.given_pages import FocusSource
    from app.gui.optics.view import OpticsView

#: Where the view is, whose import takes longer than a frame.
VIEW_MODULE = "app.gui.optics.view"
#: Between two looks whether it is there, and between two parts of making it, ms.
LOADING_INTERVAL = 5
#: What the curves depend on.
PREFIXES = ("imaging", "image.pixel_size", "vary")
NO_LENS = (
    "The imaging model “{}” has no lens. With the model “hrtem” the contrast transfer function, the "
    "diffraction pattern, the exit wave and a through-focus series appear here; with “stem” and “probe” the "
    "probe, its aberration phase and the detectors."
)
NO_CAMERA = (
    "A pixelated detector beside the first one records diffraction patterns; the recipe has none. With one, "
    "their mean appears here, or that of the pixel that is clicked in the image."
)
VARIES = "The defocus varies from image to image; fix it before you set it."


class OpticsPane(InspectPane):
    """Holds the view and hands it the recipe's microscope; what is given before there is a view waits.

    Parameters
    ----------
    document
        Whose imaging is shown, and whose defocus is set.
    """

    def __init__(self, document: RecipeDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optics.pane")
        self._document = document
        self._view: OpticsView | None = None
        self._job: Any = None
        self._pattern: tuple[ArrayLike, ArrayLike, ArrayLike, str, str] | None = None
        self._no_pattern = ""
        self._wave: tuple[NDArray[Any], float, str] | None = None
        self._source: tuple[FocusSource | None, str] = (None, "")
        self._desk = WaveDesk(self)
        self._desk.found.connect(self._show_seen)
        self._desk.source_changed.connect(self.set_focus_source)
        self._desk.cleared.connect(self.clear)
        self._desk.no_camera.connect(self._say_no_camera)
        self._desk.failed.connect(self._say_failure)
        self._thread: threading.Thread | None = None
        self._fault: list[Exception] = []
        self._parts: Iterator[OpticsView | None] | None = None
        # Looks at the thread instead of being told by it: nothing of Qt is touched from there.
        self._steps = QTimer(self)
        self._steps.setInterval(LOADING_INTERVAL)
        self._steps.timeout.connect(self._step)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.no_lens = SentenceLabel()
        self.no_lens.setObjectName("optics.no_lens")
        self.no_lens.setMargin(10)
        self.no_lens.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(self.no_lens)
        document.changed.connect(self._document_changed)

    @property
    def view(self) -> OpticsView:
        """The view, made now if it is not there."""
        if self._view is None:
            module = importlib.import_module(VIEW_MODULE)
            self._parts = self._parts or module.build(self)
            for view in self._parts:
                if view is not None:
                    self._keep(view)
                    self._show_imaging()
        assert self._view is not None
        return self._view

    # --- making the view ---------------------------------------------------------------------

    def _load(self) -> None:
        """Import the view in a thread, and make it part by part; nothing if that was begun before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._import, name="nanophantom-optics-import")
            self._thread.start()
            self._steps.start()

    def _import(self) -> None:
        try:
            importlib.import_module(VIEW_MODULE)
        except Exception as error:
            # Carried to the window's thread, where it is raised.
            self._fault.append(error)

    def _step(self) -> None:
        if self._view is not None:
            self._steps.stop()
        elif self._thread is not None and not self._thread.is_alive():
            if self._fault:
                self._steps.stop()
                raise self._fault[0]
            if self._parts is None:
                self._parts = sys.modules[VIEW_MODULE].build(self)
            try:
                view = next(self._parts)
            except Exception:
                # Said once: a generator that has failed is spent and would fail at every look.
                self._steps.stop()
                self._parts = None
                raise
            if view is not None:
                self._steps.stop()
                self._keep(view)
                self._show_imaging()

    def _keep(self, view: OpticsView) -> None:
        self._view = view
        self._view.copied.connect(self.copied)
        self._view.defocus_chosen.connect(self.set_defocus)
        self._column.addWidget(self._view)
        if self._pattern is not None:
            self._view.set_pattern(*self._pattern)
        if self._wave is not None:
            self._view.set_wave(*self._wave)
        if self._no_pattern:
            self._view.say_no_pattern(self._no_pattern)
        self._view.set_focus_source(*self._source)

    # --- what is shown -----------------------------------------------------------------------

    def set_result(self, result: Result) -> None:
        """Where imaging varies, the shown image's own optics; pattern, wave and series of the image."""
        self._job = result.job
        if self._varied():
            self._show_imaging()
        self._desk.set_result(result)

    def set_pixel(self, column: int, row: int) -> None:
        """Show the pattern of one pixel of the image, where a camera has one for each."""
        self._desk.set_pixel(column, row)

    def set_pattern(
        self, array: ArrayLike, kx: ArrayLike, ky: ArrayLike, about: str = "", draft: str = ""
    ) -> None:
        """Show another diffraction pattern.

        Parameters
        ----------
        array, kx, ky
            (rows, columns), and the frequencies of both axes in Å⁻¹.
        about
            A sentence about it.
        draft
            What sort of draft it is of; empty for the exact one.
        """
        self._pattern, self._no_pattern = (array, kx, ky, about, draft), ""
        if self._view is not None:
            self._view.set_pattern(array, kx, ky, about, draft)

    def set_wave(self, wave: NDArray[Any], pixel_size: float, draft: str = "") -> None:
        """Show another exit wave: (H, W) complex, the side of a pixel in Å, and what sort of draft it is."""
        self._wave = (wave, pixel_size, draft)
        if self._view is not None:
            self._view.set_wave(wave, pixel_size, draft)

    def set_focus_source(self, source: FocusSource | None, draft: str = "") -> None:
        """Where images of the through-focus series come from: (defocus in Å, cancel) → (H, W)."""
        self._source = (source, draft)
        if self._view is not None:
            self._view.set_focus_source(source, draft)

    def clear(self) -> None:
        """Pattern, wave and series are of a specimen that is not shown any more."""
        self._pattern = self._wave = None
        self._no_pattern = ""
        self._source = (None, "")
        if self._view is not None:
            self._view.clear()

    def _show_seen(self, seen: SeenWaves | SeenPattern, pixel_size: float, draft: str) -> None:
        pattern = seen if isinstance(seen, SeenPattern) else seen.pattern
        self.set_pattern(pattern.intensity, pattern.kx, pattern.ky, pattern.about, draft)
        if isinstance(seen, SeenWaves):
            self.set_wave(seen.wave, pixel_size, draft)

    def _say_no_camera(self) -> None:
        self._no_pattern = NO_CAMERA
        if self._view is not None:
            self._view.say_no_pattern(NO_CAMERA)

    def _say_failure(self, words: str) -> None:
        if self._view is not None:
            self._view.show_failure(words)

    def set_defocus(self, defocus: float, label: str) -> None:
        """Set the defocus in a step of its own."""
        recipe = self._document.recipe
        if getattr(recipe.imaging, "focus", None) is not None and not self._held():
            self._document.change(sections.with_values(recipe, {DEFOCUS: defocus}), label=label)

    def shutdown(self) -> None:
        """Stop computing, and making the view."""
        self._desk.close()
        self._steps.stop()
        if self._thread is not None:
            self._thread.join()
        if self._view is not None:
            self._view.shutdown()

    # --- the recipe --------------------------------------------------------------------------

    def _varied(self) -> bool:
        return any(path.startswith(PREFIXES) for path in self._document.varied_paths())

    def _held(self) -> str:
        return VARIES if DEFOCUS in self._document.varied_paths() else ""

    def _document_changed(self, change: Change) -> None:
        if not change.paths:
            # Another recipe: what belonged to the one before is not shown with it.
            self._job = None
        self._desk.settings_changed(change.paths)
        if not change.paths or any(path.startswith(PREFIXES) for path in change.paths):
            self._show_imaging()

    def _show_imaging(self) -> None:
        recipe = self._document.recipe
        shown = self._job if self._job is not None and self._varied() else recipe
        if shown.imaging.model != recipe.imaging.model:
            shown = recipe
        lens = hasattr(shown.imaging, "aberrations")
        if lens and self._view is not None:
            self._view.set_imaging(shown.imaging, shown.image.pixel_size, held=self._held())
        elif lens and self.isVisible():
            self._load()
        if not lens:
            self.no_lens.say("muted", NO_LENS.format(shown.imaging.model))
        self.no_lens.setVisible(not lens)
        if self._view is not None:
            self._view.setVisible(lens)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_imaging()
        self._desk.set_open(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self._desk.set_open(False)
        super().hideEvent(event)
