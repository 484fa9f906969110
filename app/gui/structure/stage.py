"""Where the structure is drawn: a canvas with the overlay on it, whichever way of drawing is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QImage, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.gui.structure.backend import Backend, BackendChooser
from app.gui.structure.camera import Camera
from app.gui.structure.canvas import Canvas
from app.gui.structure.overlay import Overlay, OverlayContent, paint_overlay
from app.gui.structure.painter_view import PainterCanvas
from app.gui.structure.scene import Scene
from app.gui.structure.sphere_painter import scene_image

PAINTER = "painter"
#: A notice disappears after this time, milliseconds.
NOTICE_TIME = 8000


class Stage(QWidget):
    """Draws a scene as its camera sees it; knows nothing of mice and keys."""

    #: Name of what draws now: "painter", or the OpenGL renderer's own name.
    renderer_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = Scene.empty()
        self._camera = Camera.along("+z")
        self._selected = -1
        self._show_cell = True
        self._own_colours = False
        self._renderer = PAINTER
        self._said: set[str] = set()
        self._content = OverlayContent(self._camera, background=self._base(), text=self._ink())
        self._canvas: Canvas = PainterCanvas(self)
        self._overlay = Overlay(self)
        self._chooser = BackendChooser(self)
        self._chooser.use_opengl.connect(self._use_opengl)
        self._chooser.use_painter.connect(self._use_painter)
        self._notice_timer = self._single_shot(NOTICE_TIME, self._hide_notice)
        self._adopt(self._canvas)

    # what is drawn

    @property
    def scene(self) -> Scene:
        """The spheres that are shown."""
        return self._scene

    @property
    def camera(self) -> Camera:
        """The eye."""
        return self._camera

    @property
    def selected(self) -> int:
        """The marked atom, or −1."""
        return self._selected

    @property
    def overlay_content(self) -> OverlayContent:
        """What is written over the picture."""
        return self._content

    def grab_picture(self, scale: float = 1.0, transparent: bool = False) -> QImage:
        """The picture with all that is written over it, enlarged, on a plain or transparent background."""
        width, height = max(1, round(self.width() * scale)), max(1, round(self.height() * scale))
        background = None if transparent else self._content.background
        scene, lines = self._shown_scene(), self._line_colour()
        image = scene_image(
            scene, self._camera, width, height, background, lines, self._selected, 1.25 * scale
        )
        painter = QPainter(image)
        painter.setFont(self.font())
        painter.scale(scale, scale)
        content = replace(self._content, notice="", note="", hint="")
        paint_overlay(painter, content, self.width(), self.height())
        painter.end()
        return image

    @property
    def show_cell(self) -> bool:
        """Whether the cell's edges are drawn."""
        return self._show_cell

    @show_cell.setter
    def show_cell(self, shown: bool) -> None:
        if shown != self._show_cell:
            self._show_cell = shown
            self._draw_anew()

    @property
    def show_gizmo(self) -> bool:
        """Whether the axes are drawn in the corner."""
        return self._content.gizmo

    @show_gizmo.setter
    def show_gizmo(self, shown: bool) -> None:
        self._content = replace(self._content, gizmo=shown)
        self._show()

    @property
    def show_scale_bar(self) -> bool:
        """Whether the scale bar is drawn (never in perspective)."""
        return self._content.scale_bar

    @show_scale_bar.setter
    def show_scale_bar(self, shown: bool) -> None:
        self._content = replace(self._content, scale_bar=shown)
        self._show()

    def scale_bar_length(self) -> tuple[float, float] | None:
        """Length of the scale bar in Å and in pixels; None where none is shown."""
        return self._overlay.scale_bar_length()

    def set_colours(self, background: QColor, text: QColor) -> None:
        """Colours of the background and of what is written on it, instead of the palette's."""
        self._own_colours = True
        self._paint_with(background, text)

    def show_notice(self, sentence: str) -> None:
        """Show a sentence for some seconds."""
        self._content = replace(self._content, notice=sentence)
        self._notice_timer.start()
        self._show()

    # what draws

    @property
    def renderer_name(self) -> str:
        """What draws: "painter", or the OpenGL renderer's own name."""
        return self._renderer

    @property
    def canvas(self) -> Canvas:
        """The surface that draws."""
        return self._canvas

    def use_backend(self, backend: Backend) -> None:
        """Draw with OpenGL or the painter; ``auto`` takes OpenGL where a graphics processor does it.

        The painter draws until the display has answered.
        """
        self._chooser.choose(backend)
        if backend == "painter":
            self._install(None, PAINTER)

    def _use_opengl(self, renderer: str) -> None:
        if self._renderer == renderer:
            return
        try:
            from app.gui.structure.gl_view import GLCanvas

            canvas = GLCanvas(self)
        except Exception as error:
            self._use_painter(f"Structures are drawn without OpenGL: {error}.")
            return
        canvas.failed.connect(self._use_painter)
        self._install(cast(Canvas, canvas), renderer)

    def _use_painter(self, reason: str) -> None:
        self._install(None, PAINTER)
        if reason not in self._said:
            self._said.add(reason)
            self.show_notice(reason)

    def _install(self, canvas: Canvas | None, renderer: str) -> None:
        """Draw on another canvas; None stands for the painter."""
        if canvas is None:
            if self._renderer == PAINTER:
                return
            canvas = PainterCanvas(self)
        old, self._canvas = self._canvas, canvas
        old.shutdown()
        widget = cast(QWidget, old)
        widget.hide()
        widget.deleteLater()
        self._adopt(canvas)
        self._renderer = renderer
        self.renderer_changed.emit(renderer)

    def _adopt(self, canvas: Canvas) -> None:
        widget = cast(QWidget, canvas)
        # Mouse and keys belong to the view, whatever draws.
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        widget.setGeometry(self.rect())
        canvas.set_colours(self._content.background, self._line_colour())
        canvas.set_scene(self._shown_scene())
        canvas.set_camera(self._camera)
        canvas.set_selected(self._selected)
        widget.show()
        self._overlay.raise_()

    def shutdown(self) -> None:
        """Stop timers and processes and let go of the pictures."""
        self._chooser.stop()
        self._notice_timer.stop()
        self._canvas.shutdown()

    # events

    def sizeHint(self) -> QSize:
        return QSize(520, 440)

    def minimumSizeHint(self) -> QSize:
        return QSize(108, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        cast(QWidget, self._canvas).setGeometry(self.rect())
        self._overlay.setGeometry(self.rect())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and not self._own_colours:
            self._paint_with(self._base(), self._ink())
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shutdown()
        super().closeEvent(event)

    # inside

    def _shown_scene(self) -> Scene:
        return self._scene if self._show_cell else self._scene.without_cell()

    def _draw_anew(self) -> None:
        """The scene is shown in another way."""
        self._canvas.set_scene(self._shown_scene())
        self._canvas.set_selected(self._selected)

    def _show(self) -> None:
        """Bring what is written over the picture up to date."""
        self._content = replace(self._content, camera=self._camera)
        self._overlay.show_content(self._content)

    def _hide_notice(self) -> None:
        self._content = replace(self._content, notice="")
        self._show()

    def _single_shot(self, milliseconds: int, called: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(called)
        return timer

    def _base(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.Base)

    def _ink(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.Text)

    def _paint_with(self, background: QColor, text: QColor) -> None:
        self._content = replace(self._content, background=QColor(background), text=QColor(text))
        self._canvas.set_colours(self._content.background, self._line_colour())
        self._show()

    def _line_colour(self) -> QColor:
        return mixed(self._content.text, self._content.background, 0.65)


def mixed(one: QColor, other: QColor, part: float) -> QColor:
    """A colour between two: ``part`` of the first."""
    return QColor.fromRgbF(
        one.redF() * part + other.redF() * (1.0 - part),
        one.greenF() * part + other.greenF() * (1.0 - part),
        one.blueF() * part + other.blueF() * (1.0 - part),
    )
