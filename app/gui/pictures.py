"""Commands that make pictures of what is shown: files and the clipboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from sim.core.errors import InputError

if TYPE_CHECKING:
    from app.gui.window import MainWindow

IMAGES = (
    "Picture as shown (*.png *.tif *.tiff)",
    "Values, 32-bit TIFF, unscaled (*.float.tif)",
    "Values (*.npy)",
)
#: Pictures of the 3D view have so many times the pixels of the screen, along each side.
ENLARGED = 2.0


class PictureCommands:
    """The image and the 3D view, as files and on the clipboard."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def export_image(self) -> None:
        """Choose a name and write the image shown."""
        window = self.window
        if window.result is None:
            window.status.say("there is no image yet")
            return
        start = Path(window.choices.first_folder) / f"{window.result.job.image_id}.png"
        name, _ = QFileDialog.getSaveFileName(window, "Export image", str(start), ";;".join(IMAGES))
        if name:
            window.notices.guard("Export image", lambda: self.write_image(Path(name)))

    def write_image(self, path: Path) -> None:
        """Write the image shown to a file; its name says how."""
        self.window.preview.export_picture(path)
        self.window.choices.remember_folder(path.parent)

    def export_structure(self) -> None:
        """Choose a name and write the picture of the 3D view."""
        window = self.window
        start = Path(window.choices.first_folder) / "structure.png"
        name, _ = QFileDialog.getSaveFileName(
            window, "Export structure picture", str(start), "Pictures (*.png)"
        )
        if not name:
            return

        def work() -> None:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
            if not window.structure.grab_picture(ENLARGED).save(str(path)):
                raise InputError(str(path), "cannot be written", remedy="choose another place or .png")
            window.status.say(f"wrote {path}")

        window.notices.guard("Export structure picture", work)

    def copy(self) -> None:
        """The view with the focus onto the clipboard: the 3D view, or the image."""
        window = self.window

        def work() -> None:
            if window.structure.hasFocus():
                QGuiApplication.clipboard().setImage(window.structure.grab_picture(ENLARGED))
            else:
                window.preview.copy_picture()
            window.status.say("copied the picture")

        window.notices.guard("Copy image", work)
