"""Intensity along the profile line: plot, breadth, read-out, copy as CSV, export."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QLabel,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.gui.preview.flow_layout import FlowLayout
from app.gui.preview.inspect_pane import InspectPane, small_button
from app.gui.preview.results import ProfileCurve, Result

if TYPE_CHECKING:
    from app.gui.preview.profile_plot import ProfilePlot

log = logging.getLogger(__name__)

#: Where the plot is, and with it pyqtgraph, whose import takes half a second.
PLOT_MODULE = "app.gui.preview.profile_plot"
#: Between two drawings, ms.
DRAWING_INTERVAL = 33
#: Between two looks whether pyqtgraph is there, and between two parts of making the plot, ms.
LOADING_INTERVAL = 10
#: So often the plot is begun anew after a fault of pyqtgraph.
MOST_ATTEMPTS = 3
NO_LINE = "No profile line. Draw one on the image."
LOADING = "…"
CANNOT_PLOT = "The profile cannot be drawn because pyqtgraph fails ({}); its values can be copied."


def profile_csv(curve: ProfileCurve, unit: str, x_of_nan: str = "") -> str:
    """A profile as comma-separated values with a header; distances in Å.

    Values outside the image are ``x_of_nan``.
    """
    head = f"distance_angstrom,mean_value_{unit.replace(' ', '_') or 'none'}"
    lines = [
        f"{distance:.10g},{x_of_nan if np.isnan(value) else format(value, '.10g')}"
        for distance, value in zip(curve.distance.tolist(), curve.value.tolist(), strict=True)
    ]
    return "\n".join((head, *lines)) + "\n"


class PlotMaker(QObject):
    """Imports pyqtgraph in a thread and then makes the plot part by part, without blocking the window.

    Signals
    -------
    made
        The plot (``ProfilePlot``).
    failed
        Why there is none, in a sentence.
    """

    made = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread: threading.Thread | None = None
        self._fault: list[Exception] = []
        self._parts: Iterator[ProfilePlot | None] | None = None
        self._attempts = 0
        # Looks at the thread instead of being told by it: nothing of Qt is touched from there.
        self._steps = QTimer(self)
        self._steps.setInterval(LOADING_INTERVAL)
        self._steps.timeout.connect(self._step)

    def start(self) -> None:
        """Begin; nothing if that was done before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._import, name="nanophantom-pyqtgraph")
            self._thread.start()
            self._steps.start()

    def _import(self) -> None:
        try:
            importlib.import_module(PLOT_MODULE)
        except Exception as error:
            # A broken installation costs the plot, not the window.
            self._fault.append(error)

    def _step(self) -> None:
        if self._thread is None or self._thread.is_alive():
            return
        if self._fault:
            self._steps.stop()
            self.failed.emit(CANNOT_PLOT.format(self._fault[0]))
            return
        try:
            if self._parts is None:
                self._parts = sys.modules[PLOT_MODULE].build()
            plot = next(self._parts)
        except Exception as error:
            # The generator is spent: asked again and again it would only say so, a hundred times a second.
            self._parts = None
            self._attempts += 1
            log.exception("the profile's plot cannot be made")
            if self._attempts == MOST_ATTEMPTS:
                self._steps.stop()
                self.failed.emit(CANNOT_PLOT.format(f"{type(error).__name__}: {error}"))
            return
        if plot is not None:
            self._steps.stop()
            self._parts = None
            self.made.emit(plot)

    def stop(self) -> None:
        """Make no plot any more; safe to call twice."""
        self._steps.stop()
        parts, self._parts = self._parts, None
        # Half a plot has no owner yet: the rest is made, so that it can be taken down as a whole.
        for plot in parts or ():
            if plot is not None:
                plot.deleteLater()


class ProfileView(InspectPane):
    """The profile's plot with its breadth in pixels and as a length.

    Signals
    -------
    width_changed
        The line shall be averaged over another breadth, pixels.
    line_requested
        A line shall be laid over the image.
    """

    width_changed = Signal(float)
    line_requested = Signal()

    #: The plot, once pyqtgraph is loaded.
    plot: ProfilePlot | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.profile")
        self.words_label = QLabel(NO_LINE)
        self.words_label.setObjectName("preview.profile.words")
        self.words_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words_label.setWordWrap(True)
        self.words_label.setMargin(12)
        self.width_box = QDoubleSpinBox()
        self.width_box.setObjectName("preview.profile.width")
        self.width_box.setAccessibleName("Breadth over which the profile is averaged, pixels")
        self.width_box.setToolTip("Breadth over which the profile is averaged across the line, 1 to 4096 px")
        self.width_box.setRange(1.0, 4096.0)
        self.width_box.setDecimals(1)
        self.width_box.setSuffix(" px")
        self.width_box.setKeyboardTracking(False)
        self.width_box.valueChanged.connect(self.width_changed)
        self.length_label = QLabel()
        self.length_label.setObjectName("preview.profile.length")
        self.read_label = QLabel()
        self.read_label.setObjectName("preview.profile.read")
        self.line_button = small_button("preview.profile.line", "Draw line", "Lay a line across the image")
        self.line_button.clicked.connect(self.line_requested)
        self.copy_button = small_button(
            "preview.profile.copy", "Copy CSV", "Copy distance (Å) and mean value as comma-separated values"
        )
        self.copy_button.clicked.connect(self.copy_csv)
        self.export_button = small_button(
            "preview.profile.export", "Export…", "Export the plot as it is shown: PNG, SVG or CSV"
        )
        self.export_button.clicked.connect(self._export)
        row = FlowLayout(gap=5)
        row.setContentsMargins(4, 0, 4, 2)
        row.addWidget(QLabel("Width"))
        row.addWidget(self.width_box)
        row.addWidget(self.length_label)
        row.addWidget(self.line_button)
        row.addWidget(self.copy_button)
        row.addWidget(self.export_button)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.words_label)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 0)
        column.setSpacing(0)
        column.addLayout(self._pages, 1)
        column.addWidget(self.read_label, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(row)
        self._curve: ProfileCurve | None = None
        self._unit, self._quantity = "", "Intensity"
        self._fault = ""
        self._waiting: Result | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(DRAWING_INTERVAL)
        self._pause.timeout.connect(self._draw_waiting)
        self._maker = PlotMaker(self)
        self._maker.made.connect(self._take_plot)
        self._maker.failed.connect(self._go_without_plot)
        self._show_curve()

    def set_result(self, result: Result) -> None:
        """Show another profile: at once, or when the last drawing is old enough and the pane is open."""
        self._waiting = result
        if self.isVisible() and not self._pause.isActive():
            self._draw_waiting()

    def _draw_waiting(self) -> None:
        result, self._waiting = self._waiting, None
        if result is None:
            return
        self._unit, self._curve = result.picture.unit, result.picture.profile
        self._quantity = result.picture.quantity
        self._show_curve()
        self._maker.start()
        self._pause.start()

    def _show_curve(self) -> None:
        curve, plot = self._curve, self.plot
        here = curve is not None
        self.width_box.setEnabled(here)
        self.copy_button.setEnabled(here)
        self.export_button.setEnabled(here and plot is not None)
        self.line_button.setVisible(not here)
        if curve is None:
            self.words_label.setText(NO_LINE)
            self._pages.setCurrentWidget(self.words_label)
            self.length_label.clear()
            return
        if not self.width_box.hasFocus() or self.width_box.value() != curve.width:
            with QSignalBlocker(self.width_box):
                self.width_box.setValue(curve.width)
        self.length_label.setText(f"= {curve.width_length / 10.0:.3g} nm")
        if plot is None:
            self.words_label.setText(self._fault or LOADING)
        else:
            plot.show_curve(curve, self._unit, self._quantity)
            self._pages.setCurrentWidget(plot)

    def _take_plot(self, plot: ProfilePlot) -> None:
        self.plot = plot
        plot.read.connect(self.read_label.setText)
        self._pages.addWidget(plot)
        self.setTabOrder(plot, self.width_box)
        self._show_curve()

    def _go_without_plot(self, sentence: str) -> None:
        self._fault = sentence
        self._show_curve()

    def shutdown(self) -> None:
        """Stop loading and making the plot."""
        self._maker.stop()

    def copy_csv(self) -> None:
        """The curve to the clipboard."""
        if self._curve is not None:
            QGuiApplication.clipboard().setText(profile_csv(self._curve, self._unit))
            self.copied.emit("profile")

    def _export(self) -> None:
        if self.plot is not None:
            self.plot.show_export()

    # --- Qt ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_waiting()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pause.stop()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.plot is not None:
            self.plot.recolour()
