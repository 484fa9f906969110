"""Window and export dialog fit on a screen of 1920 × 1080 pixels at scale 2: 960 × 540."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QPushButton

from app.gui.exporting.content_area import ContentArea
from app.gui.window import MainWindow

pytestmark = pytest.mark.gui

#: The window without its frame on such a screen.
ROOM = QSize(900, 500)


def test_the_window_fits_with_every_pane(window: MainWindow, faces: ModuleType) -> None:
    seen = []
    for surface, root in faces.surfaces(window):
        if root is not window:
            break
        window.resize(ROOM)
        faces.settle()
        assert window.size() == ROOM, surface
        seen.append(surface)
    assert seen == ["start page", "window", "window with all panes"]


def test_tools_without_room_are_in_the_menu(window: MainWindow, faces: ModuleType) -> None:
    """Those of the image: none is lost when the pane is at its narrowest."""
    window.edit.choose_cluster("decahedron")
    faces.settle()
    tools = window.preview.tools
    tools.resize(tools.minimumSizeHint().width(), tools.height())
    hidden = tools.hidden_tools()
    assert tools.overlay_button in hidden and tools.auto_button.parentWidget() in hidden
    tools.more.menu().aboutToShow.emit()
    titles = {action.text() for action in tools.more.menu().actions()}
    assert {"Overlays", "Auto contrast", "Lock levels", "Fit", "Compare"} <= titles


def test_the_export_dialog_is_scrolled_on_a_low_screen_only(
    window: MainWindow, faces: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.edit.choose_cluster("decahedron")
    scrolled = []
    for height in (540, 1080):
        screen = SimpleNamespace(availableSize=lambda height=height: QSize(2 * height, height))
        monkeypatch.setattr(ContentArea, "screen", lambda area, screen=screen: screen)
        window.datasets.export()
        dialog = window.datasets.dialog
        dialog.resize(dialog.minimumSizeHint())
        faces.pump(lambda dialog=dialog: dialog.findChild(QPushButton, "export.export").isEnabled())
        faces.settle()
        area = dialog.findChild(ContentArea)
        button = dialog.findChild(QPushButton, "export.export")
        assert dialog.height() < 0.93 * height
        assert dialog.rect().contains(QRect(button.mapTo(dialog, QPoint(0, 0)), button.size()))
        assert area.horizontalScrollBar().maximum() == 0
        scrolled.append(area.verticalScrollBar().maximum() > 0)
        dialog.reject()
        faces.settle()
    assert scrolled == [True, False]
