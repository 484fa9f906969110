"""What the structure view asks of a surface that draws: the painter and OpenGL answer alike."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QColor

from app.gui.structure.camera import Camera
from app.gui.structure.scene import Scene


class Canvas(Protocol):
    """A widget that draws a scene through a camera.

    Beside these methods it is a QWidget.  It handles neither mouse nor keys, and it draws nothing but the
    background, the atoms and the cell.
    """

    def set_scene(self, scene: Scene) -> None:
        """Draw these atoms and this cell from now on."""

    def set_camera(self, camera: Camera) -> None:
        """Look through this camera from now on."""

    def set_selected(self, index: int) -> None:
        """Mark an atom with ``elements.SELECTED_COLOUR``; −1 marks none."""

    def set_interacting(self, interacting: bool) -> None:
        """The camera is being moved: frames should come fast, and may be coarser."""

    def set_colours(self, background: QColor, lines: QColor) -> None:
        """Colours of the background and of the cell's edges."""

    def frame_time(self) -> float:
        """Seconds that the last frame took; 0 before the first."""

    def drawn_atoms(self) -> int:
        """How many atoms the last frame considered: fewer than all while a large scene is moved."""

    def shutdown(self) -> None:
        """Let go of everything; nothing is drawn any more."""
