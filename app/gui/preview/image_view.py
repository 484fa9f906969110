"""The preview's image: pixels as pixels, zoom at the cursor, pan, profile line, comparison.

Knows nothing of recipes: it is given greys, a colour table and what lies over them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.preview import image_layers as layers
from app.gui.preview.comparison import Compare, Comparison
from app.gui.preview.drawn_pictures import DrawnPictures, ImageLayers
from app.gui.preview.profile_drag import ProfileDrag
from app.gui.preview.results import Profile
from app.gui.preview.viewport import Viewport

#: Zoom of one wheel click.
WHEEL_STEP = 1.2
#: A press that is released within this distance is a click, widget pixels.
STILL = 3.0


class ImageView(QWidget):
    """An image with row 0 at the top, square pixels, and calibrated overlays.

    Signals
    -------
    cursor_moved
        (column, row) of the pixel under the cursor, or None beside the image.
    profile_changed
        The profile line was drawn or dragged (Profile).
    scale_changed
        Zoomed, fitted or resized.
    """

    cursor_moved = Signal(object)
    profile_changed = Signal(object)
    scale_changed = Signal()
    pixel_clicked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.image")
        self.setAccessibleName("Image preview")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._layers: ImageLayers | None = None
        self._comparison = Comparison(self)
        self._comparison.turned.connect(self.update)
        self._view = Viewport.fit(1, 1, 1.0, 1.0)
        self._drawn = DrawnPictures(self)
        self._opacity = 0.8
        self._dimmed = False
        self._scale_bar = True
        self._cross = True
        self._profile: Profile | None = None
        self._profile_mode = False
        self._profile_drag: ProfileDrag | None = None
        self._pan_from: QPointF | None = None
        self._pressed: QPointF | None = None
        self._split_drag = False
        self._cursor: QPointF | None = None
        self._message = ""

    # --- what is shown -----------------------------------------------------------------------

    def set_layers(self, shown: ImageLayers | None) -> None:
        """Show another picture; zoom, levels and profile line stay."""
        self._layers = shown
        self._drawn.forget("a", "overlay")
        if shown is not None:
            rows, columns = shown.shape
            before = self._view
            self._view = before.resized(self.width(), self.height()).for_image(columns, rows)
            if self._view != before:
                self.scale_changed.emit()
        self.update()
        self._tell_cursor()

    @property
    def layers(self) -> ImageLayers | None:
        """What is shown."""
        return self._layers

    def set_colour_table(self, table: NDArray[np.uint8]) -> None:
        """(256, 3) colours of the greys."""
        self._drawn.set_colours(table)
        self.update()

    def set_overlay_opacity(self, opacity: float) -> None:
        """0 to 1, of masks and points."""
        self._opacity = min(max(opacity, 0.0), 1.0)
        self.update()

    @property
    def overlay_opacity(self) -> float:
        return self._opacity

    def set_dimmed(self, dimmed: bool) -> None:
        """Darken the picture: it is no longer that of the settings."""
        self._dimmed = dimmed
        self.update()

    @property
    def dimmed(self) -> bool:
        return self._dimmed

    def set_message(self, message: str) -> None:
        """The sentence in the middle while there is no picture."""
        self._message = message
        self.update()

    @property
    def show_scale_bar(self) -> bool:
        return self._scale_bar

    @show_scale_bar.setter
    def show_scale_bar(self, shown: bool) -> None:
        self._scale_bar = shown
        self.update()

    @property
    def show_cross(self) -> bool:
        return self._cross

    @show_cross.setter
    def show_cross(self, shown: bool) -> None:
        self._cross = shown
        self.update()

    # --- comparison --------------------------------------------------------------------------

    def hold_as_b(self) -> bool:
        """Keep the present picture to compare with; False where there is none."""
        self._comparison.held = self._layers
        self._drawn.forget("b")
        self.update()
        return self.held

    def drop_b(self) -> None:
        """Forget the picture kept as B."""
        self._comparison.held = None
        self._drawn.forget("b")
        self.set_compare("off")

    @property
    def held(self) -> bool:
        """Whether a picture is kept as B."""
        return self._comparison.held is not None

    @property
    def compare(self) -> Compare:
        return self._comparison.mode

    def set_compare(self, mode: Compare) -> None:
        """A beside B (a divider to drag), A and B in turn, or A alone."""
        self._comparison.set_mode(mode)
        self.update()

    # --- zoom --------------------------------------------------------------------------------

    @property
    def viewport(self) -> Viewport:
        """Where the image's pixels lie on the widget."""
        return self._view

    def fit(self) -> None:
        """The whole image, as large as it goes."""
        self._look(Viewport.fit(self._view.columns, self._view.rows, self.width(), self.height()))

    def one_to_one(self) -> None:
        """One image pixel to one pixel of the screen."""
        self._look(self._view.at_scale(1.0 / self.devicePixelRatioF()))

    def zoom(self, factor: float) -> None:
        """About the middle."""
        self._look(self._view.zoomed(factor, self.width() / 2.0, self.height() / 2.0))

    def _look(self, view: Viewport) -> None:
        self._view = view
        self.scale_changed.emit()
        self.update()

    # --- profile line ------------------------------------------------------------------------

    @property
    def profile(self) -> Profile | None:
        return self._profile

    def set_profile(self, profile: Profile | None) -> None:
        """Show another line; emits nothing."""
        self._profile = profile
        self.update()

    @property
    def profile_mode(self) -> bool:
        """Whether dragging on the image draws a line (else it pans)."""
        return self._profile_mode

    def set_profile_mode(self, on: bool) -> None:
        self._profile_mode = on
        self.update()

    # --- Qt: size and keys -------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._look(self._view.resized(max(self.width(), 1), max(self.height(), 1)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (40.0, 0.0),
            Qt.Key.Key_Right: (-40.0, 0.0),
            Qt.Key.Key_Up: (0.0, 40.0),
            Qt.Key.Key_Down: (0.0, -40.0),
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._look(self._view.panned(*steps[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(WHEEL_STEP**2)
        elif key == Qt.Key.Key_Minus:
            self.zoom(WHEEL_STEP**-2)
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()

    # --- Qt: mouse ---------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        clicks = event.angleDelta().y() / 120.0
        at = event.position()
        self._look(self._view.zoomed(WHEEL_STEP**clicks, at.x(), at.y()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        left = event.button() == Qt.MouseButton.LeftButton
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if left and self._comparison.at_divider(at.x(), self.width()):
            self._split_drag = True
        elif left and not shift and self._layers is not None and self._grasp_profile(at):
            pass
        elif left or event.button() == Qt.MouseButton.MiddleButton:
            self._pan_from = at
            self._pressed = at if left and self._layers is not None else None
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _grasp_profile(self, at: QPointF) -> bool:
        drag = None if self._profile is None else ProfileDrag.of(self._profile, self._view, at)
        if drag is None and self._profile_mode:
            width = 1.0 if self._profile is None else self._profile.width
            drag = ProfileDrag.new(self._view, at, width)
        self._profile_drag = drag
        return drag is not None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._split_drag:
            self._comparison.move_divider(at.x(), self.width())
        elif self._profile_drag is not None:
            square = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            moved = self._profile_drag.moved(self._view, at, straight=square)
            if moved != self._profile:
                self._profile = moved
                self.profile_changed.emit(moved)
        elif self._pan_from is not None:
            by = at - self._pan_from
            self._pan_from = at
            self._look(self._view.panned(by.x(), by.y()))
        else:
            self._point(at)
        self._cursor = at
        self._tell_cursor()
        self.update()

    def _point(self, at: QPointF) -> None:
        """Tell by the cursor's shape what a press would do."""
        shape = Qt.CursorShape.CrossCursor
        if self._comparison.at_divider(at.x(), self.width()):
            shape = Qt.CursorShape.SplitHCursor
        elif self._profile is not None:
            drag = ProfileDrag.of(self._profile, self._view, at)
            if drag is not None:
                shape = Qt.CursorShape.PointingHandCursor
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self._profile_drag = None
        self._split_drag = False
        if self._pan_from is not None:
            self._pan_from = None
            self._point(at)
        self.update()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and (at - pressed).manhattanLength() <= STILL and not self.over_b:
            pixel = self._view.pixel_at(at.x(), at.y())
            if pixel is not None:
                self.pixel_clicked.emit(*pixel)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._profile_mode:
            self.fit()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._cursor = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._cursor = None
        self._tell_cursor()
        self.update()

    @property
    def over_b(self) -> bool:
        """Whether the cursor lies on the picture that is kept as B."""
        return self._cursor is not None and self._comparison.over_b(self._cursor.x(), self.width())

    def _tell_cursor(self) -> None:
        at = self._cursor
        pixel = None
        if at is not None and self._layers is not None:
            view = self._view
            held = self._comparison.held
            if self.over_b and held is not None:
                rows, columns = held.shape
                view = view.for_image(columns, rows)
            pixel = view.pixel_at(at.x(), at.y())
        self.cursor_moved.emit(pixel)

    def hideEvent(self, event: QHideEvent) -> None:
        self._comparison.pause()
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._comparison.go_on()
        super().showEvent(event)

    # --- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Mid))
        shown = self._layers
        if shown is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            words = self.rect().adjusted(16, 16, -16, -16)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        view = self._view
        left, top = view.to_widget(-0.5, -0.5)
        right, bottom = view.to_widget(view.columns - 0.5, view.rows - 0.5)
        area = QRectF(QPointF(left, top), QPointF(right, bottom)) & QRectF(self.rect())
        self._paint_pictures(painter, shown, area)
        if self._dimmed:
            painter.fillRect(area, QColor(0, 0, 0, 150))
        if self._comparison.sides:
            layers.draw_sides(painter, area, self._comparison.sides, self._divider())
        if self._scale_bar:
            layers.draw_scale_bar(painter, area, view.scale / shown.pixel_size, self.font())
        if self._profile is not None:
            layers.draw_profile(painter, view, self._profile)
        if self._cross and self._cursor is not None and area.contains(self._cursor):
            layers.draw_cross(painter, area, self._cursor)
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_pictures(self, painter: QPainter, shown: ImageLayers, area: QRectF) -> None:
        held = self._comparison.held
        if held is not None and self._comparison.only_b:
            self._drawn.paint(painter, self._view, "b", held)
            return
        self._drawn.paint(painter, self._view, "a", shown)
        self._drawn.paint_overlay(painter, self._view, shown, self._opacity)
        layers.draw_points(painter, self._view, shown.points, shown.colours, self._opacity)
        layers.draw_legend(painter, area, shown.legend)
        if held is not None and self._comparison.mode == "split":
            painter.save()
            painter.setClipRect(QRectF(self._divider(), 0.0, self.width(), self.height()))
            self._drawn.paint(painter, self._view, "b", held)
            painter.restore()

    def _divider(self) -> float:
        return self._comparison.divider * self.width()
