"""Folders shown in the desktop's file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def show_folder(folder: Path) -> None:
    """Open the file manager on a folder."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
