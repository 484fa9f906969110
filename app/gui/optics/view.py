"""The pages about the lens, for the imaging model in use; curves and maps are computed in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.gui.latest import Cancel, LatestTask, Tell
from app.gui.optics.given_pages import FocusPage, FocusSource, PatternPage, WavePage
from app.gui.optics.microscope import Microscope, microscope_of
from app.gui.optics.pages import DetectorsPage, MapPage, Page, PhasePage, ProbePage, TransferPage
from sim.core.errors import InputError

#: All pages, as they are made.
PAGES: tuple[Callable[..., Page], ...] = (
    TransferPage, MapPage, ProbePage, PhasePage, DetectorsPage, PatternPage, WavePage, FocusPage,
)  # fmt: skip
#: Tabs hardly wider than their words: in a narrow pane all are to be seen.
TABS = (
    "QTabBar::tab { padding: 3px 5px; border: none; border-bottom: 2px solid transparent; }"
    "QTabBar::tab:selected { border-bottom: 2px solid palette(link); }"
    "QTabBar::tab:hover:!selected { border-bottom: 2px solid palette(mid); }"
)
AnyPage = TypeVar("AnyPage", bound=Page)


class OpticsView(QWidget):
    """Tabs; those of other imaging models are hidden.

    Parameters
    ----------
    made
        The pages by the names of their classes, where they have been made before; see :func:`build`.

    Signals
    -------
    defocus_chosen
        A defocus shall be set, in Å, and the name of the step.
    copied
        Something was copied to the clipboard (what).
    """

    defocus_chosen = Signal(float, str)
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None, made: Mapping[str, Page] | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optics.view")
        self.microscope: Microscope | None = None
        made = made or {kind.__name__: kind() for kind in PAGES}
        self.transfer, self.map = _page(made, TransferPage), _page(made, MapPage)
        self.probe, self.phase = _page(made, ProbePage), _page(made, PhasePage)
        self.detectors, self.pattern = _page(made, DetectorsPage), _page(made, PatternPage)
        self.wave, self.focus = _page(made, WavePage), _page(made, FocusPage)
        #: Page, title, tooltip, imaging models.
        self._pages: tuple[tuple[Page, str, str, tuple[str, ...]], ...] = (
            (self.transfer, "CTF", "Contrast transfer function along one direction", ("hrtem",)),
            (self.map, "Map", "Contrast transfer function in all directions", ("hrtem",)),
            (self.probe, "Probe", "Intensity of the probe against distance", ("stem", "probe")),
            (self.phase, "Phase", "Aberration phase over the aperture", ("stem", "probe")),
            (self.detectors, "Detectors", "Detectors in the diffraction plane", ("stem", "probe")),
            (self.pattern, "Pattern", "Diffraction pattern", ("hrtem", "stem")),
            (self.wave, "Wave", "Phase and amplitude of the exit wave", ("hrtem",)),
            (self.focus, "Focus", "Through-focus series", ("hrtem",)),
        )
        self.tabs = QTabWidget()
        self.tabs.tabBar().setStyleSheet(TABS)
        self.tabs.setObjectName("optics.tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Views of the optics")
        for page, title, tip, _ in self._pages:
            self.tabs.setTabToolTip(self.tabs.addTab(page, title), tip)
            page.copied.connect(self.copied)
            page.changed.connect(lambda page=page: self._page_changed(page))
        self.transfer.defocus_chosen.connect(self.defocus_chosen)
        self.focus.defocus_chosen.connect(self.defocus_chosen)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.tabs)
        self._task = LatestTask("nanophantom-optics", self)
        self._task.told.connect(self._take)
        self._task.failed.connect(self._fail)
        # One is under way at most; what is wished meanwhile is looked at when it has ended, so that something
        # is shown while a slider moves faster than curves are made.
        self._under_way: tuple[Page, Microscope] | None = None
        self._wished = False
        self.tabs.currentChanged.connect(lambda *_: self._wish())

    @property
    def page(self) -> Page | None:
        """The page in front; None before there are settings."""
        current = self.tabs.currentWidget()
        return current if self.microscope is not None and isinstance(current, Page) else None

    def set_imaging(self, imaging: Any, pixel_size: float, *, held: str = "") -> None:
        """Show the optics of other settings.

        Parameters
        ----------
        imaging
            Settings of an imaging model; of one without a lens nothing is computed.
        pixel_size
            Of the image, Å.
        held
            Why the defocus cannot be set; empty if it can.
        """
        found = microscope_of(imaging, pixel_size)
        before = self.microscope
        self.microscope = found
        if found is None:
            return
        if before is None or found.kind != before.kind:
            self._offer_pages(found.kind)
        self.transfer.hold(held)
        self.focus.hold(held)
        if found.kind == "hrtem":
            self.focus.set_middle(imaging.focus.defocus)
        self._wish()

    def set_pattern(
        self, array: ArrayLike, kx: ArrayLike, ky: ArrayLike, about: str = "", draft: str = ""
    ) -> None:
        """Show another diffraction pattern, see :meth:`PatternPage.set_pattern`."""
        self.pattern.set_pattern(array, kx, ky, about, draft)

    def set_wave(self, wave: NDArray[Any], pixel_size: float, draft: str = "") -> None:
        """Show another exit wave, see :meth:`WavePage.set_wave`."""
        self.wave.set_wave(wave, pixel_size, draft)

    def set_focus_source(self, source: FocusSource | None, draft: str = "") -> None:
        """Where the images of the through-focus series come from."""
        self.focus.set_source(source, draft=draft)

    def say_no_pattern(self, words: str) -> None:
        """There is no diffraction pattern, and why."""
        self.pattern.clear(words)

    def show_failure(self, words: str) -> None:
        """Say why there are no waves."""
        for page in (self.pattern, self.wave):
            page.show_failure(words)

    def clear(self) -> None:
        """There is no pattern, no wave and no series."""
        self.pattern.clear()
        self.wave.clear()
        self.focus.set_source(None)

    def shutdown(self) -> None:
        """Stop computing."""
        self._task.close()
        self._under_way = None
        self.focus.shutdown()

    def _offer_pages(self, kind: str) -> None:
        allowed = [number for number, entry in enumerate(self._pages) if kind in entry[3]]
        # The page in front first: hiding it would bring forward one that is hidden next.
        if self.tabs.currentIndex() not in allowed:
            self.tabs.setTabVisible(allowed[0], True)
            self.tabs.setCurrentIndex(allowed[0])
        for number in range(len(self._pages)):
            self.tabs.setTabVisible(number, number in allowed)

    def _page_changed(self, page: Page) -> None:
        if page is self.page:
            self._wish()

    # --- computing ---------------------------------------------------------------------------

    def _wish(self) -> None:
        page, microscope = self.page, self.microscope
        if page is None or microscope is None or not self.isVisible():
            return
        if self._under_way is not None:
            self._wished = True
            return
        compute = page.compute(microscope)
        if compute is not None:
            self._under_way = (page, microscope)
            self._task.request(_telling(compute))

    def _take(self, found: Any) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way[0].show_found(found, under_way[1])
        self._go_on()

    def _fail(self, error: Exception) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way[0].show_failure(_sentence(error))
        self._go_on()

    def _go_on(self) -> None:
        wished, self._wished = self._wished, False
        if wished:
            self._wish()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wish()


def build(parent: QWidget) -> Iterator[OpticsView | None]:
    """Make a view in parts, each of which blocks the window for a few milliseconds only; the last is it."""
    made: dict[str, Page] = {}
    for kind in PAGES:
        made[kind.__name__] = kind(parent)
        made[kind.__name__].hide()
        yield None
    yield OpticsView(parent, made)


def _page(made: Mapping[str, Page], kind: type[AnyPage]) -> AnyPage:
    page = made[kind.__name__]
    assert isinstance(page, kind)
    return page


def _telling(compute: Callable[[Cancel], Any]) -> Callable[[Cancel, Tell], None]:
    return lambda cancel, tell: tell(compute(cancel))


def _sentence(error: Exception) -> str:
    if isinstance(error, InputError):
        remedy = f"; {error.remedy}" if error.remedy else ""
        return f"{error.parameter} {error.problem}{remedy}."
    return f"This cannot be drawn: {error}"
