"""The pages that are given what they show: diffraction pattern, exit wave, through-focus series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QWidget

from app.gui.frame.sentence_label import SentenceLabel
from app.gui.latest import Cancel, LatestTask, Tell
from app.gui.optics.focus_strip import FocusStrip, defocus_text
from app.gui.optics.microscope import Microscope
from app.gui.optics.pages import Compute, Page
from app.gui.optics.plane import DrawnPattern, Pattern, checked_pattern, drawn_pattern, pattern_plane
from app.gui.optics.plane_view import PlaneView
from app.gui.optics.wave_pictures import DrawnWave, drawn_wave, foci, from_middle, small
from app.gui.optics.wave_view import WaveView
from sim.core.types import FloatArray

#: (defocus in Å, cancel) → the image (H, W); called in a thread.
FocusSource = Callable[[float, Cancel], FloatArray]

NO_PATTERN = "The diffraction pattern appears here with the next exact image."
NO_WAVE = "Phase and amplitude of the exit wave appear here with the next exact image."
NO_SERIES = "The through-focus series appears here with the next exact image."
#: The series begins this long after the last change, ms.
PAUSE = 150
#: Numbers of images of the series.
COUNTS = (3, 5, 7, 9)
LARGEST_SPREAD = 20000.0


def say_of(sentence: SentenceLabel, draft: str, words: str) -> None:
    """Say words about what is shown; first of all that it is a draft, where it is one."""
    if draft:
        sentence.say("warning", f"Draft: {draft}. {words}".strip())
    else:
        sentence.say("muted", words)


class PatternPage(Page):
    """A diffraction pattern with the aperture over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("pattern", parent)
        self.view = PlaneView("optics.pattern.view", "Diffraction pattern, logarithmic", NO_PATTERN)
        self.view.read.connect(self.read_label.setText)
        self.lay_out(self.view)
        self._pattern: Pattern | None = None
        self._about, self._draft = "", ""
        self._drawn: tuple[Pattern, DrawnPattern] | None = None

    def set_pattern(
        self, array: ArrayLike, kx: ArrayLike, ky: ArrayLike, about: str = "", draft: str = ""
    ) -> None:
        """Show another pattern.

        Parameters
        ----------
        array
            (rows, columns) intensities, or a wave's complex Fourier coefficients.
        kx, ky
            (columns,) and (rows,) frequencies, Å⁻¹, evenly spaced, in any order: those of an FFT will do.
        about
            A sentence about it.
        draft
            What sort of draft it is of; empty for the exact one.

        Raises
        ------
        InputError
            If the sizes do not agree.
        """
        self._pattern = checked_pattern(array, kx, ky)
        self._about, self._draft = about, draft
        self.changed.emit()

    def clear(self, words: str = NO_PATTERN) -> None:
        """There is no pattern."""
        self._pattern = self._drawn = None
        self.view.show_plane(None, words)
        self.sentence.say("muted", "")

    def compute(self, microscope: Microscope) -> Compute | None:
        pattern, drawn = self._pattern, self._drawn
        if pattern is None:
            return None
        if drawn is not None and drawn[0] is pattern:
            # Only the aperture can have become another.
            self.show_found(drawn, microscope)
            return None
        return lambda cancel: (pattern, drawn_pattern(pattern, cancel))

    def show_found(self, found: tuple[Pattern, DrawnPattern], microscope: Microscope) -> None:
        if found[0] is not self._pattern:
            return
        self._drawn = found
        plane = pattern_plane(found[1], microscope)
        self.view.show_plane(plane)
        scale = "Empty pattern." if found[1].nothing else "Logarithm of the intensity."
        say_of(self.sentence, self._draft, f"{self._about} {scale}".strip())


class WavePage(Page):
    """Phase and amplitude of the exit wave."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("wave", parent)
        self.view = WaveView()
        self.view.read.connect(self.read_label.setText)
        self.view.show_wave(None, words=NO_WAVE)
        self.lay_out(self.view)
        self._wave: NDArray[Any] | None = None
        self._shown: NDArray[Any] | None = None
        self._pixel_size = 1.0
        self._draft = ""

    def set_wave(self, wave: NDArray[Any], pixel_size: float, draft: str = "") -> None:
        """Show another wave.

        Parameters
        ----------
        wave
            (H, W) complex, row 0 at the highest y.
        pixel_size
            Å.
        draft
            What sort of draft it is of; empty for the exact one.
        """
        self._wave, self._pixel_size, self._draft = np.asarray(wave), pixel_size, draft
        self.changed.emit()

    def clear(self, words: str = NO_WAVE) -> None:
        """There is no wave."""
        self._wave = self._shown = None
        self.view.show_wave(None, words=words)
        self.sentence.say("muted", "")

    def compute(self, microscope: Microscope) -> Compute | None:
        wave = self._wave
        if wave is None or wave is self._shown:
            return None
        return lambda cancel: (wave, drawn_wave(wave, cancel))

    def show_found(self, found: tuple[NDArray[Any], DrawnWave], microscope: Microscope) -> None:
        if found[0] is self._wave:
            self._shown = found[0]
            self.view.show_wave(found[1], self._pixel_size)
            say_of(self.sentence, self._draft, "")


class FocusPage(Page):
    """A row of images around the present defocus.

    Signals
    -------
    defocus_chosen
        An image was clicked: its defocus in Å, and the name of the step.
    """

    defocus_chosen = Signal(float, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("focus", parent)
        self.strip = FocusStrip()
        self.strip.chosen.connect(self._choose)
        self.strip.clear(NO_SERIES)
        self.spread = QDoubleSpinBox()
        self.spread.setObjectName("optics.focus.spread")
        self.spread.setAccessibleName("How far the series goes to either side, Å")
        self.spread.setToolTip(f"How far the series goes to either side, 1 to {LARGEST_SPREAD:g} Å")
        self.spread.setRange(1.0, LARGEST_SPREAD)
        self.spread.setDecimals(0)
        self.spread.setSingleStep(10.0)
        self.spread.setValue(100.0)
        self.spread.setPrefix("±")
        self.spread.setSuffix(" Å")
        self.spread.setKeyboardTracking(False)
        self.spread.valueChanged.connect(lambda *_: self._wish())
        self.count = QComboBox()
        self.count.setObjectName("optics.focus.count")
        self.count.setAccessibleName("Number of images")
        self.count.setToolTip("Number of images")
        for number in COUNTS:
            self.count.addItem(str(number), number)
        self.count.setCurrentIndex(1)
        self.count.currentIndexChanged.connect(lambda *_: self._wish())
        self.lay_out(self.strip, (self.count, QLabel("images,"), self.spread))
        self._source: FocusSource | None = None
        self._middle = 0.0
        self._held, self._draft = "", ""
        self._shown: tuple[FocusSource, tuple[float, ...]] | None = None
        self._task = LatestTask("nanophantom-focus", self)
        self._task.told.connect(self._take)
        self._task.failed.connect(self._fail)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._begin)

    def set_source(self, source: FocusSource | None, words: str = NO_SERIES, draft: str = "") -> None:
        """Where images come from; another function is another specimen or another lens.

        Parameters
        ----------
        source
            (defocus in Å, cancel) → (H, W) image; called in a thread, one image after the other.
        words
            Said where there is none.
        draft
            What sort of draft the images are of; empty for exact ones.
        """
        self._source, self._draft = source, draft
        if source is None:
            self._pause.stop()
            self._task.cancel()
            self._shown = None
            self.strip.clear(words)
            self.sentence.say("muted", "")
        else:
            self._wish()

    def set_middle(self, defocus: float) -> None:
        """The present defocus, Å."""
        if defocus != self._middle:
            self._middle = defocus
            self._wish()

    def hold(self, reason: str) -> None:
        """The defocus cannot be set for a reason; empty: it can."""
        self._held = reason

    def shutdown(self) -> None:
        """Stop making images."""
        self._pause.stop()
        self._task.close()

    def show_failure(self, words: str) -> None:
        self.sentence.say("error", words)

    def _wish(self) -> None:
        if self._source is not None and self.isVisible():
            self._pause.start()

    def _begin(self) -> None:
        source = self._source
        if source is None or not self.isVisible():
            return
        defoci = foci(self._middle, self.spread.value(), int(self.count.currentData()))
        if self._shown == (source, defoci):
            return
        self._shown = (source, defoci)
        self._images: list[FloatArray | None] = [None] * len(defoci)
        self.strip.show_images(self._images, defoci)
        self.sentence.say("muted", "Making the series …")

        def work(cancel: Cancel, tell: Tell) -> None:
            for number in from_middle(len(defoci)):
                cancel()
                tell((number, small(source(defoci[number], cancel))))

        self._task.request(work)

    def _take(self, told: tuple[int, FloatArray]) -> None:
        self._images[told[0]] = told[1]
        self.strip.show_images(self._images, self.strip.defoci)
        if all(image is not None for image in self._images):
            say_of(self.sentence, self._draft, "The same black and white for all; underfocus is positive.")

    def _fail(self, error: Exception) -> None:
        self._shown = None
        self.show_failure(f"The series failed: {error}")

    def _choose(self, defocus: float) -> None:
        if self._held:
            self.sentence.say("warning", self._held)
        else:
            self.defocus_chosen.emit(round(defocus, 3), f"Defocus {defocus_text(defocus)}")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wish()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pause.stop()
        super().hideEvent(event)
