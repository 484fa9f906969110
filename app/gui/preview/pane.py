"""The preview: browser, tools, image, and the way from what the user does to Display and Selection.

Renders nothing and asks nobody: the window passes requests on and brings results.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.preview import arrays, colour_maps
from app.gui.preview.browser import SampleBrowser
from app.gui.preview.comparison import Compare
from app.gui.preview.cursor_text import cursor_text
from app.gui.preview.histogram_view import HistogramView
from app.gui.preview.image_view import ImageView
from app.gui.preview.notices import Badge, FailureBanner
from app.gui.preview.overlay_names import layers_of, overlay_names
from app.gui.preview.picture_export import PictureWriter, ShownPicture, draw_picture, picture_of
from app.gui.preview.profile_drag import with_width
from app.gui.preview.profile_view import ProfileView
from app.gui.preview.results import Display, Failure, Profile, Result, Selection
from app.gui.preview.spectrum_view import SpectrumView
from app.gui.preview.stage_clock import Working
from app.gui.preview.statistics_view import StatisticsView
from app.gui.preview.tools import PreviewTools

#: A result that takes longer than this is announced on the badge, ms.
PATIENCE = 250
NO_IMAGE = "The image appears here as soon as the recipe has been rendered."


class PreviewPane(QWidget):
    """Shows results; emits what the user wants shown.

    Signals
    -------
    display_changed, selection_changed
        Something was chosen (Display, Selection); setting the same from outside emits nothing.
    step_requested
        Next (+1) or previous (−1) image of the class.
    status
        Cursor read-out; empty beside the image.
    reveal_requested
        The path of a setting that a failure named.
    picture_written, picture_failed
        An export ended (path or sentence).
    compare_changed
        B was taken or dropped, or is shown another way.
    copied
        Something of the image was copied to the clipboard (what).
    pixel_clicked
        A pixel of the image was clicked (column, row).
    """

    display_changed = Signal(object)
    selection_changed = Signal(object)
    step_requested = Signal(int)
    status = Signal(str)
    reveal_requested = Signal(str)
    picture_written = Signal(str)
    picture_failed = Signal(str)
    compare_changed = Signal()
    copied = Signal(str)
    pixel_clicked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview")
        self._display = Display()
        self._result: Result | None = None
        self._held: Result | None = None
        self._busy = False
        self._refining = False
        self._outdated = False

        self.browser = SampleBrowser()
        self.tools = PreviewTools()
        self.image = ImageView()
        self.image.set_message(NO_IMAGE)
        self.badge = Badge(self.image)
        self.banner = FailureBanner()
        self._writer = PictureWriter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.browser)
        column.addWidget(self.tools)
        column.addWidget(self.image, 1)
        column.addWidget(self.banner)

        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(PATIENCE)
        self._late.timeout.connect(self._update_badge)
        self._connect()
        self._show_display()

    def _connect(self) -> None:
        self.browser.selection_changed.connect(self.selection_changed)
        self.browser.step_requested.connect(self.step_requested)
        self.browser.copied.connect(self.copied)
        self.image.cursor_moved.connect(self._cursor_moved)
        self.image.profile_changed.connect(self._profile_drawn)
        self.image.pixel_clicked.connect(self.pixel_clicked)
        self.image.scale_changed.connect(lambda: self.tools.set_fitted(self.image.viewport.fitted))
        self.banner.reveal_requested.connect(self.reveal_requested)
        self._writer.written.connect(self.picture_written)
        self._writer.failed.connect(self._write_failed)
        tools = self.tools
        tools.shown_chosen.connect(lambda shown: self._choose(shown=shown))
        # Black and white of one detector mean nothing to another.
        tools.array_chosen.connect(lambda array, part: self._choose(array=array, part=part, levels="auto"))
        tools.labels_chosen.connect(lambda names: self._choose(labels=frozenset(names)))
        tools.colour_map_chosen.connect(lambda name: self._choose(colour_map=name))
        tools.locked_chosen.connect(self.set_locked)
        tools.opacity_chosen.connect(self.image.set_overlay_opacity)
        tools.fit_requested.connect(self.image.fit)
        tools.one_to_one_requested.connect(self.image.one_to_one)
        tools.profile_chosen.connect(self.show_profile_line)
        tools.scale_bar_chosen.connect(self._set_scale_bar)
        tools.hold_requested.connect(lambda: self.hold_as_b(True))
        tools.compare_chosen.connect(self.set_compare)

    # --- display and selection ---------------------------------------------------------------

    def display(self) -> Display:
        """How samples are to be shown."""
        return self._display

    def set_display(self, display: Display) -> None:
        """Show another way; emits ``display_changed`` where it differs."""
        if display.colour_map not in colour_maps.names():
            # A workspace of another version may name a map that is no more.
            display = replace(display, colour_map=colour_maps.GREY)
        if display == self._display:
            return
        self._display = display
        self._show_display()
        self.display_changed.emit(display)

    def _choose(self, **values: Any) -> None:
        self.set_display(replace(self._display, **values))

    def _show_display(self) -> None:
        """Bring tools and image in line with the display; what needs no rendering happens at once."""
        display = self._display
        self.tools.set_display(display)
        self._show_choices()
        self.image.set_colour_table(colour_maps.lookup(display.colour_map))
        self.image.set_profile(display.profile)
        self.image.set_profile_mode(display.profile is not None)

    def _show_choices(self) -> None:
        """Offer the arrays that the shown image has, or will have as soon as it is exact."""
        if self._result is not None:
            job = self._result.job
            self.tools.set_arrays(arrays.choices(job), arrays.choice_of(job, self._display))

    def set_locked(self, locked: bool) -> None:
        """Keep black and white where they are, or let them follow every image."""
        picture = None if self._result is None else self._result.picture
        if locked and picture is not None and self._display.levels == "auto":
            self._choose(levels="locked", low=picture.low, high=picture.high)
        else:
            self._choose(levels="locked" if locked else "auto")

    def set_levels(self, low: float, high: float) -> None:
        """Lock black and white at two intensities."""
        self._choose(levels="locked", low=low, high=high)

    def selection(self) -> Selection:
        """The image that is shown or was last asked for."""
        return self.browser.selection

    def set_selection(self, selection: Selection) -> None:
        """Another image from now on; emits nothing."""
        self.browser.set_selection(selection)

    def reset_selection(self) -> None:
        """The first image of all classes; emits nothing."""
        self.set_selection(Selection())

    def choose_class(self, name: str) -> None:
        """The first image of a class; emits ``selection_changed``."""
        self.set_selection(Selection(0, name))
        self.selection_changed.emit(self.selection())

    # --- results -----------------------------------------------------------------------------

    @property
    def result(self) -> Result | None:
        """What is shown."""
        return self._result

    def show_result(self, result: Result) -> None:
        """Show a finished image."""
        self._result = result
        self._outdated = False
        if not result.draft:
            # A draft leaves labels out; the choice must not shrink while a slider is dragged.
            self.tools.set_overlays(overlay_names(result.sample))
        self._show_choices()
        self.browser.set_result(result)
        self.image.set_layers(layers_of(result))
        self.image.set_dimmed(False)
        self.banner.clear()
        self._update_badge()

    def show_failure(self, failure: Failure) -> None:
        """Say why there is no image; the last one stays, dimmed."""
        self.banner.say(failure.message, failure.parameter)
        self.image.set_dimmed(True)
        if self._result is None:
            self.image.set_message("There is no image yet.")
        self._update_badge()

    def mark_outdated(self) -> None:
        """The recipe has changed and nothing is rendered: say so until the next result."""
        self._outdated = True
        self._update_badge()

    def set_busy(self, busy: bool) -> None:
        """Whether an image is being made; said only where it takes a while."""
        self._busy = busy
        if busy:
            self._late.start()
        else:
            self._late.stop()
            self._update_badge()

    def set_working(self, working: Working | None) -> None:
        """What is being made just now; None when nothing is."""
        self._refining = working is not None and working.refining
        self._update_badge()

    def _update_badge(self) -> None:
        result = self._result
        late = self._busy and not self._late.isActive()
        drafted = result is not None and bool(result.draft)
        self.badge.tell(
            result,
            self._display,
            rendering=late and not (drafted and self._refining),
            outdated=self.image.dimmed or self._outdated,
        )

    def _cursor_moved(self, pixel: tuple[int, int] | None) -> None:
        result = self._held if self.image.over_b else self._result
        self.status.emit("" if pixel is None or result is None else cursor_text(result, *pixel))

    # --- tools -------------------------------------------------------------------------------

    def fit(self) -> None:
        """The whole image."""
        self.image.fit()

    def one_to_one(self) -> None:
        """One image pixel to one pixel of the screen."""
        self.image.one_to_one()

    @property
    def show_scale_bar(self) -> bool:
        """Whether the scale bar is in the image, and in pictures made of it."""
        return self.image.show_scale_bar

    @show_scale_bar.setter
    def show_scale_bar(self, shown: bool) -> None:
        self._set_scale_bar(shown)

    def _set_scale_bar(self, shown: bool) -> None:
        self.image.show_scale_bar = shown
        self.tools.set_scale_bar(shown)

    def show_profile_line(self, on: bool) -> None:
        """Lay a line across the middle, to be dragged; or take it away."""
        if on == (self._display.profile is not None):
            return
        view = self.image.viewport
        middle = (view.rows - 1) / 2.0
        across = (view.columns - 1) * 0.15
        line = Profile((across, middle), (view.columns - 1 - across, middle), 1.0)
        self._choose(profile=line if on else None)

    def set_profile_width(self, width: float) -> None:
        """Average the profile over another breadth, pixels."""
        if self._display.profile is not None:
            self._choose(profile=with_width(self._display.profile, width))

    def _profile_drawn(self, profile: Profile) -> None:
        self._choose(profile=profile)

    # --- comparison --------------------------------------------------------------------------

    @property
    def held(self) -> bool:
        """Whether an image is kept as B."""
        return self._held is not None

    def hold_as_b(self, on: bool = True) -> None:
        """Keep the present image as B and show it beside what comes; or drop it."""
        self._held = self._result if on else None
        if self._held is None:
            self.image.drop_b()
        else:
            self.image.hold_as_b()
        self.set_compare("split" if self._held is not None else "off")

    def set_compare(self, mode: Compare) -> None:
        """A and B split by a divider, in turn, or A alone; B is kept."""
        self.image.set_compare(mode)
        self.tools.set_compare(self.image.compare, self.held)
        self.compare_changed.emit()

    # --- inspect panes -----------------------------------------------------------------------

    def attach(
        self,
        histogram: HistogramView,
        spectrum: SpectrumView,
        profile: ProfileView,
        statistics: StatisticsView,
    ) -> None:
        """Wire the inspect panes: what they show is computed while they are open, and what is dragged
        in them changes the display."""
        del statistics  # only listens to results
        histogram.levels_changed.connect(self.set_levels)
        # Methods, not lambdas: Qt cuts these connections when the pane goes before the others.
        histogram.auto_requested.connect(self._follow_levels)
        histogram.opened.connect(self._histogram_opened)
        spectrum.opened.connect(self._spectrum_opened)
        profile.width_changed.connect(self.set_profile_width)
        profile.line_requested.connect(self._lay_profile_line)
        profile.copied.connect(self.copied)

    def _follow_levels(self) -> None:
        self.set_locked(False)

    def _histogram_opened(self, is_open: bool) -> None:
        self._choose(histogram=is_open)

    def _spectrum_opened(self, is_open: bool) -> None:
        self._choose(spectrum=is_open)

    def _lay_profile_line(self) -> None:
        self.show_profile_line(True)

    # --- pictures ----------------------------------------------------------------------------

    def shown_picture(self) -> ShownPicture:
        """What an exported picture is made of.

        Raises
        ------
        InputError
            While there is no image, or only a draft of it.
        """
        return picture_of(
            self._result,
            self._display.colour_map,
            scale_bar=self.image.show_scale_bar,
            opacity=self.image.overlay_opacity,
        )

    def copy_picture(self) -> None:
        """The image as shown (colours, overlays, scale bar) onto the clipboard, whole and unzoomed."""
        QGuiApplication.clipboard().setImage(draw_picture(self.shown_picture(), self.font()))

    def export_picture(self, path: Path) -> None:
        """Write the image to a file in the background: ``picture_written`` or ``picture_failed`` follows.

        ``.png``, ``.tif``: the picture as shown.  ``.float.tif``, ``.npy``: its values, unscaled.

        Raises
        ------
        InputError
            If there is no image, or the name says no format.
        """
        self._writer.write(path, self.shown_picture(), self.font())

    def _write_failed(self, sentence: str) -> None:
        self.banner.say(sentence)
        self.picture_failed.emit(sentence)

    # --- Qt ----------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """Stop timers and finish a picture that is being written."""
        self._late.stop()
        self.image.set_compare("off")
        self._writer.close()
