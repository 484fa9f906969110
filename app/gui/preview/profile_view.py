"""Intensity along the profile line: calibrated axis, breadth, read-out, copy as CSV."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.gui.frame.theme import colours
from app.gui.preview.inspect_pane import InspectPane, small_button
from app.gui.preview.plot_frame import PlotFrame
from app.gui.preview.results import ProfileCurve, Result

#: Lines at least this long have their axis in nanometres, Å.
NANOMETRES_FROM = 20.0
NO_LINE = "No profile line. Draw one on the image."


def length_unit(longest: float) -> tuple[str, float]:
    """Unit of a length axis and its size in Å."""
    return ("nm", 10.0) if longest >= NANOMETRES_FROM else ("Å", 1.0)


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


class ProfilePlot(QWidget):
    """The curve, with the value under the mouse.

    Signals
    -------
    read
        Position and value under the mouse in words; empty beside the plot.
    """

    read = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.profile.plot")
        self.setAccessibleName("Intensity along the profile line")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.unit = ""
        self._curve: ProfileCurve | None = None
        self._mouse: float | None = None

    @property
    def curve(self) -> ProfileCurve | None:
        return self._curve

    def show_curve(self, curve: ProfileCurve | None) -> None:
        """Show another curve."""
        self._curve = curve
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 110)

    def frame(self, curve: ProfileCurve) -> PlotFrame:
        """Axes: the whole line, and from 0 (or below) to the largest value."""
        _, size = length_unit(float(curve.distance[-1]))
        known = curve.value[np.isfinite(curve.value)]
        low, high = (min(float(known.min()), 0.0), float(known.max())) if known.size else (0.0, 1.0)
        return PlotFrame.within(
            QRectF(self.rect()),
            QFontMetricsF(self.font()),
            (0.0, float(curve.distance[-1]) / size),
            (low, high + 0.04 * (high - low)),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        curve = self._curve
        if curve is None or not len(curve.distance):
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            words = self.rect().adjusted(12, 12, -12, -12)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, NO_LINE)
            return
        name, size = length_unit(float(curve.distance[-1]))
        frame = self.frame(curve)
        frame.draw(painter, f"Distance, {name}", f"Mean intensity, {self.unit}".rstrip(", "))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        # Two hair lines half a pixel apart: Qt takes a hundred times longer for one broad line.
        painter.setPen(QPen(colours().plot_first, 0.0))
        for run in _finite_runs(curve.value):
            places = zip(curve.distance[run].tolist(), curve.value[run].tolist(), strict=True)
            line = QPolygonF([QPointF(frame.x(d / size), frame.y(v)) for d, v in places])
            painter.drawPolyline(line)
            painter.drawPolyline(line.translated(0.0, 0.6))
        if self._mouse is not None and frame.area.left() <= self._mouse <= frame.area.right():
            at = self._nearest(curve, frame.value_at(self._mouse) * size)
            x = frame.x(float(curve.distance[at]) / size)
            painter.setPen(QPen(colours().plot_text, 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()))
            if np.isfinite(curve.value[at]):
                painter.setBrush(colours().plot_first)
                painter.drawEllipse(QPointF(x, frame.y(float(curve.value[at]))), 3.0, 3.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position().x()
        curve = self._curve
        text = ""
        if curve is not None and len(curve.distance):
            frame = self.frame(curve)
            if frame.area.left() <= self._mouse <= frame.area.right():
                name, size = length_unit(float(curve.distance[-1]))
                at = self._nearest(curve, frame.value_at(self._mouse) * size)
                value = float(curve.value[at])
                words = "outside the image" if np.isnan(value) else f"{value:.4g} {self.unit}"
                text = f"{curve.distance[at] / size:.3f} {name} · {words}".replace("-", "−")
        self.read.emit(text)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        self.read.emit("")
        self.update()

    @staticmethod
    def _nearest(curve: ProfileCurve, distance: float) -> int:
        return int(np.argmin(np.abs(curve.distance - distance)))


def _finite_runs(values: np.ndarray) -> list[slice]:
    """Stretches of known values."""
    known = np.concatenate(([False], np.isfinite(values), [False])).astype(np.int8)
    change = np.diff(known)
    starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [slice(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)]


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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.profile")
        self.plot = ProfilePlot()
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
        self.plot.read.connect(self.read_label.setText)
        self.line_button = small_button("preview.profile.line", "Draw line", "Lay a line across the image")
        self.line_button.clicked.connect(self.line_requested)
        self.copy_button = small_button(
            "preview.profile.copy", "Copy CSV", "Copy distance (Å) and mean value as comma-separated values"
        )
        self.copy_button.clicked.connect(self.copy_csv)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 2)
        row.setSpacing(5)
        row.addWidget(QLabel("Width"))
        row.addWidget(self.width_box)
        row.addWidget(self.length_label)
        row.addStretch(1)
        row.addWidget(self.line_button)
        row.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.read_label, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(row)
        self._unit = ""
        self._show_curve(None)

    def set_result(self, result: Result) -> None:
        """Show another profile."""
        self._unit = result.picture.unit
        self.plot.unit = self._unit
        self._show_curve(result.picture.profile)

    def _show_curve(self, curve: ProfileCurve | None) -> None:
        self.plot.show_curve(curve)
        here = curve is not None
        self.width_box.setEnabled(here)
        self.copy_button.setEnabled(here)
        self.line_button.setVisible(not here)
        if curve is None:
            self.length_label.clear()
            return
        if not self.width_box.hasFocus() or self.width_box.value() != curve.width:
            with QSignalBlocker(self.width_box):
                self.width_box.setValue(curve.width)
        self.length_label.setText(f"= {curve.width_length / 10.0:.3g} nm")

    def copy_csv(self) -> None:
        """The curve to the clipboard."""
        curve = self.plot.curve
        if curve is not None:
            QGuiApplication.clipboard().setText(profile_csv(curve, self._unit))
            self.copied.emit("profile")
