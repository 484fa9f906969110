"""The profile's curve as a pyqtgraph plot: zoom, pan, cross-hair, export.

Importing this module imports pyqtgraph, half a second: :mod:`app.gui.preview.profile_view` does it in
a thread when a profile is first looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.gui.frame.theme import colour_plots, colours
from app.gui.preview.plot_frame import tick_text
from app.gui.preview.profile_export import ExportProfile
from app.gui.preview.results import ProfileCurve

# The first call of a function compiled by numba blocks the window for seconds, and software OpenGL is
# slower than QPainter.  Only the curve is drawn smooth: axes and grid lie on whole pixels.
pyqtgraph.setConfigOptions(useNumba=False, useOpenGL=False, antialias=False)
#: Lines at least this long have their axis in nanometres, Å.
NANOMETRES_FROM = 20.0
#: Room above the largest value, as a share of the axis.
HEAD_ROOM = 0.04
#: Of the curve, pixels.
LINE_WIDTH = 1.5
#: Names in pyqtgraph's menu "Plot Options" of what would make the axes' titles wrong or has no use with
#: one curve.
MEANINGLESS_OPTIONS = ("Transforms", "Downsample", "Average", "Alpha", "Points")


def length_unit(longest: float) -> tuple[str, float]:
    """Unit of a length axis and its size in Å."""
    return ("nm", 10.0) if longest >= NANOMETRES_FROM else ("Å", 1.0)


class Axis(pyqtgraph.AxisItem):
    """An axis whose numbers are written as in the other plots of the window."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [tick_text(value * scale, spacing * scale) for value in values]


class WholeCurveBox(pyqtgraph.ViewBox):
    """The zoomed area, where "all" is the whole line and from 0 (or below) to the largest value."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self._whole = ((0.0, 1.0), (0.0, 1.0))

    def set_whole(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        """What is shown while nobody has zoomed."""
        if self._whole != (x_range, y_range):
            self._whole = (x_range, y_range)
            length, height = x_range[1] - x_range[0], y_range[1] - y_range[0]
            # Beyond these nothing is in sight, or the numbers of the axes cannot be told apart.
            self.setLimits(
                xMin=x_range[0] - length, xMax=x_range[1] + length, minXRange=1e-2 * length,
                yMin=y_range[0] - height, yMax=y_range[1] + height, minYRange=1e-2 * height,
            )  # fmt: skip
            self.queueUpdateAutoRange()

    def childrenBounds(self, *args: object, **kwargs: object) -> list[list[float]]:
        """What pyqtgraph takes for the range of all data."""
        return [list(self._whole[0]), list(self._whole[1])]

    def autoRange(self, *args: object, **kwargs: object) -> None:
        """Show all, now and after further changes ("View All" in the menu)."""
        self.enableAutoRange()


class ProfilePlot(pyqtgraph.PlotWidget):
    """Mean intensity over distance.

    Wheel and drags zoom and pan, Home shows all, arrow keys move the cross-hair, the context menu of
    pyqtgraph sets ranges and exports.

    Signals
    -------
    read
        Position and value under the cross-hair in words; empty without one.
    """

    read = Signal(str)

    def __init__(self, item: pyqtgraph.PlotItem) -> None:
        super().__init__(plotItem=item)
        self.setObjectName("preview.profile.plot")
        self.setAccessibleName("Intensity along the profile line")
        self.setAccessibleDescription(
            "Home shows the whole line, left and right arrow keys move the cross-hair"
        )
        self.setToolTip(
            "Wheel: zoom. Drag: pan. Right drag: stretch. Home: show all. Arrow keys: move the cross-hair. "
            "Right click: ranges and export."
        )
        self.box: WholeCurveBox = item.getViewBox()
        self.line = item.plot(antialias=True, connect="finite")
        # Qt takes ten times longer for a broad smooth line in one piece than for its segments.
        self.line.curve.setSegmentedLineMode("on")
        # Where points lie closer than pixels, smallest and largest value of each pixel are drawn.
        self.line.setDownsampling(auto=True, method="peak")
        self.line.opts["autoDownsampleFactor"] = 1.0
        self.cross_hair = (
            pyqtgraph.InfiniteLine(angle=90, movable=False),
            pyqtgraph.InfiniteLine(angle=0, movable=False),
        )
        for hair in self.cross_hair:
            hair.hide()
            item.addItem(hair, ignoreBounds=True)
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
        item.showGrid(x=True, y=True, alpha=1.0)
        self._curve: ProfileCurve | None = None
        self._unit, self._length, self._size = "", "", 1.0
        self._quantity = ""
        self._at: int | None = None
        self._drawings = 0
        self.recolour()
        self.scene().sigMouseMoved.connect(self._mouse_moved)

    @property
    def drawings(self) -> int:
        """How often it has been given another curve."""
        return self._drawings

    def sizeHint(self) -> QSize:
        return QSize(260, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 110)

    def show_curve(self, curve: ProfileCurve, unit: str, quantity: str = "Intensity") -> None:
        """Show another curve; a range that the user has chosen stays.

        Parameters
        ----------
        curve
            Distances (n,) in Å and values (n,), NaN outside the image.
        unit
            Of the values.
        quantity
            What they are.
        """
        self._drawings += 1
        self._curve = curve
        longest = float(curve.distance[-1]) if len(curve.distance) else 1.0
        length, size = length_unit(longest)
        if (length, unit, quantity) != (self._length, self._unit, self._quantity):
            self._name_axes(length, unit, quantity)
            self.box.enableAutoRange()
        self._length, self._size, self._unit, self._quantity = length, size, unit, quantity
        self.line.setData(curve.distance / size, curve.value)
        known = curve.value[np.isfinite(curve.value)]
        low, high = (min(float(known.min()), 0.0), float(known.max())) if known.size else (0.0, 1.0)
        top = high + HEAD_ROOM * (high - low)
        self.box.set_whole((0.0, longest / size if longest > 0.0 else 1.0), (low, top if top > low else 1.0))
        if self._at is not None:
            self._put_cross_hair(self._at)

    def _name_axes(self, length: str, unit: str, quantity: str) -> None:
        value = f"Mean {quantity.lower()}, {unit}".rstrip(", ")
        self.plotItem.setLabel("bottom", f"Distance, {length}")
        self.plotItem.setLabel("left", value)
        # Heads the columns of pyqtgraph's own CSV export.
        self.line.opts["name"] = f"Distance ({length}), {value}"

    def show_all(self) -> None:
        """The whole line, and all of the next ones."""
        self.box.enableAutoRange()

    def recolour(self) -> None:
        """Take the colours that go with the palette in use."""
        named = colours()
        colour_plots()
        self.setBackground("default")
        for side in ("left", "bottom"):
            axis = self.plotItem.getAxis(side)
            axis.setPen()
            axis.setTextPen()
            axis.setTickPen(named.plot_grid)
        self.line.setPen(pyqtgraph.mkPen(named.plot_first, width=LINE_WIDTH))
        for hair in self.cross_hair:
            hair.setPen(pyqtgraph.mkPen(named.plot_text, style=Qt.PenStyle.DashLine))

    # --- cross-hair --------------------------------------------------------------------------

    def _mouse_moved(self, position: QPointF) -> None:
        curve = self._curve
        if curve is None or not len(curve.distance):
            return
        if not self.box.sceneBoundingRect().contains(position):
            self._drop_cross_hair()
            return
        distance = self.box.mapSceneToView(position).x() * self._size
        if -0.5 <= distance / max(float(curve.distance[-1]), 1e-9) <= 1.5:
            self._put_cross_hair(int(np.argmin(np.abs(curve.distance - distance))))
        else:
            self._drop_cross_hair()

    def _put_cross_hair(self, index: int) -> None:
        curve = self._curve
        if curve is None or not len(curve.distance):
            return
        self._at = index = min(max(index, 0), len(curve.distance) - 1)
        along, up = self.cross_hair
        distance, value = float(curve.distance[index]) / self._size, float(curve.value[index])
        along.setValue(distance)
        along.show()
        known = bool(np.isfinite(value))
        if known:
            up.setValue(value)
        up.setVisible(known)
        words = f"{value:.4g} {self._unit}".rstrip() if known else "outside the image"
        self.read.emit(f"{distance:.3f} {self._length} · {words}".replace("-", "−"))

    def _drop_cross_hair(self) -> None:
        if self._at is None:
            return
        self._at = None
        for hair in self.cross_hair:
            hair.hide()
        self.read.emit("")

    # --- Qt ----------------------------------------------------------------------------------

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._drop_cross_hair()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if key == Qt.Key.Key_Home:
            self.show_all()
        elif key in steps and self._curve is not None:
            middle = len(self._curve.distance) // 2
            self._put_cross_hair(middle if self._at is None else self._at + steps[key])
        else:
            super().keyPressEvent(event)

    def show_export(self) -> None:
        """Pyqtgraph's export dialog: the plot as it is zoomed as PNG or SVG, or its values as CSV."""
        self._drop_cross_hair()
        self.scene().exportDialog.show()


def build() -> Iterator[ProfilePlot | None]:
    """Make a plot in parts, each of which blocks the window for a few milliseconds only; the last is it."""
    colour_plots()
    box = WholeCurveBox()
    axes = {side: Axis(side) for side in ("left", "bottom")}
    yield None
    item = pyqtgraph.PlotItem(viewBox=box, axisItems=axes, enableMenu=False)
    yield None
    plot = ProfilePlot(item)
    yield None
    item.setMenuEnabled(True, True)
    for name in MEANINGLESS_OPTIONS:
        item.setContextMenuActionVisible(name, False)
    for menu in (box.menu, item.ctrlMenu):
        # They go with the plot, not when Python finds out that nobody needs them.
        menu.setParent(plot, menu.windowFlags())
    yield None
    plot.scene().exportDialog = ExportProfile(plot)
    yield plot
