"""The surfaces of the program one after the other, and what is cut off on them.

Run as a script it prints, as JSON, what is cut off at the scale factor of the environment:
``python surfaces.py FONT_POINTS WIDTH HEIGHT``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

from PySide6.QtCore import QDeadlineTimer, QEvent, QEventLoop, QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QRadioButton,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolButton,
    QWidget,
)

from app.gui.document.preferences import Preferences
from app.gui.frame.icons import icon
from app.gui.window import MainWindow

#: Widgets that shorten their words on purpose, and show them whole in their tooltip.
SHORTENED = (".chip",)
#: Longest wait for an image, milliseconds.
PATIENCE = 20_000


def pump(until: Callable[[], bool], patience: int = PATIENCE) -> None:
    """Let events run until something is so."""
    deadline = QDeadlineTimer(patience)
    loop = QEventLoop()
    while not until():
        if deadline.hasExpired():
            raise TimeoutError("the window did not get there")
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def settle() -> None:
    """Let what was asked for be laid out and deleted."""
    for _ in range(4):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QApplication.processEvents()


def surfaces(window: MainWindow) -> Iterator[tuple[str, QWidget]]:
    """Name and top-level widget of everything the user sees, shown one after the other."""
    window.show_start_page(True)
    settle()
    yield "start page", window
    window.edit.choose_cluster("decahedron")
    pump(lambda: window.result is not None)
    window.document.set_vary("imaging.sigma", {"law": "grid", "values": [0.4, 0.6, 0.8]})
    settle()
    yield "window", window
    for pane in ("spectrum", "profile", "run"):
        window.show_pane(pane)
    settle()
    yield "window with all panes", window
    for title, show in dialogs(window).items():
        before = set(QApplication.topLevelWidgets())
        show()
        settle()
        for dialog in QApplication.topLevelWidgets():
            if dialog not in before and isinstance(dialog, QDialog) and dialog.isVisible():
                yield title, dialog
                dialog.close()
        settle()


def dialogs(window: MainWindow) -> dict[str, Callable[[], object]]:
    """How each dialog is opened."""
    from app.gui.frame.error_dialog import ErrorDialog

    return {
        "export": window.datasets.export,
        "preferences": window.help.preferences,
        "shortcuts": window.help.shortcuts,
        "theory": window.help.theory,
        "about": window.help.about,
        "error": lambda: ErrorDialog("The picture could not be written.", "Traceback: none", window).show(),
    }


def name_of(widget: QWidget) -> str:
    """How a widget is called in a message."""
    text = getattr(widget, "text", lambda: "")()
    return f"{type(widget).__name__} {widget.objectName() or widget.parentWidget().objectName()} {text!r}"


def shown(root: QWidget, *kinds: type[QWidget]) -> list[QWidget]:
    """The visible widgets of these kinds in a window."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, kinds)
        and widget.isVisible()
        and widget.window() is root
        # Qt parks the tab bars it does not need outside of the window, not hidden.
        and not (isinstance(widget, QTabBar) and widget.geometry().right() < 0)
    ]


def cut_off(root: QWidget) -> list[str]:
    """What is shown with less room than its words need."""
    return [
        f"{name_of(widget)}: {fault}"
        for widget in shown(root, QLabel, QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QTabBar)
        if not widget.objectName().endswith(SHORTENED) and (fault := _fault(widget))
    ]


def _fault(widget: QWidget) -> str:
    metrics, height, width = widget.fontMetrics(), widget.height(), widget.width()
    if isinstance(widget, QLabel):
        if not widget.text():
            return ""
        if widget.wordWrap():
            needed = widget.heightForWidth(width)
            return f"{height} of {needed} high" if height < needed else ""
        hint = widget.sizeHint()
        return (
            "" if hint.width() <= width + 1 and hint.height() <= height + 1 else f"{widget.size()} of {hint}"
        )
    if isinstance(widget, QTabBar):
        return "" if widget.sizeHint().width() <= width + 1 else f"{width} of {widget.sizeHint().width()}"
    if isinstance(widget, QAbstractButton) and (not widget.text() or _shows_icon_only(widget)):
        return ""
    if height < metrics.height():
        return f"{height} of {metrics.height()} high"
    if isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        field = widget.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, widget
        )
        swatch_only = widget.minimumContentsLength() == 1
        icon_width = 0 if widget.itemIcon(widget.currentIndex()).isNull() else widget.iconSize().width() + 4
        needed = icon_width + (0 if swatch_only else metrics.horizontalAdvance(widget.currentText()))
        return "" if needed <= field.width() else f"{field.width()} of {needed} wide"
    if isinstance(widget, QAbstractSpinBox):
        field_width = widget.lineEdit().width()
        needed = metrics.horizontalAdvance(widget.text()) + 2
        return "" if needed <= field_width else f"{field_width} of {needed} wide"
    if isinstance(widget, QLineEdit):
        needed = metrics.horizontalAdvance(widget.placeholderText()) + 4
        return "" if needed <= width else f"{width} of {needed} wide"
    assert isinstance(widget, QAbstractButton)
    words = widget.text().replace("&&", "\0").replace("&", "").replace("\0", "&").split("\n")
    needed = max(metrics.horizontalAdvance(line) for line in words) + 4
    if isinstance(widget, (QCheckBox, QRadioButton)):
        needed = widget.sizeHint().width()
    elif not widget.icon().isNull():
        needed += widget.iconSize().width() + 4
    return "" if needed <= width else f"{width} of {needed} wide"


def _shows_icon_only(button: QAbstractButton) -> bool:
    return (
        isinstance(button, QToolButton)
        and not button.icon().isNull()
        and button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
    )


def outside(root: QWidget) -> list[str]:
    """What is not wholly inside the widget that holds it."""
    return [
        name_of(widget)
        for widget in shown(root, QLabel, QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit)
        if not widget.parentWidget().rect().contains(widget.geometry())
    ]


def coarse_icons(scale: float) -> list[str]:
    """Icons that are enlarged instead of drawn anew: enlarging leaves equal pixels side by side."""
    side = round(24 * scale)
    found = []
    for name in ("open", "settings", "cluster", "view_plus_x"):
        fine = icon(name).pixmap(QSize(24, 24), scale, QIcon.Mode.Normal).toImage()
        coarse = icon(name).pixmap(QSize(24, 24), 1.0, QIcon.Mode.Normal).toImage()
        enlarged = coarse.scaled(side, side, mode=Qt.TransformationMode.FastTransformation)
        same = sum(
            fine.pixel(x, y) == enlarged.pixel(x, y)
            for x in range(fine.width())
            for y in range(fine.height())
        )
        if fine.width() != side or (scale > 1.0 and same > 0.9 * side * side):
            found.append(name)
    return found


def main(points: float, width: int, height: int) -> None:
    """Print what is cut off."""
    from app.gui.start import make_application

    application = make_application(["surfaces"])
    if points:
        font = application.font()
        font.setPointSizeF(points)
        application.setFont(font)
    window = MainWindow(Preferences(theme="light"))
    window.resize(width, height)
    window.show()
    settle()
    faults = {name: cut_off(root) + outside(root) for name, root in surfaces(window)}
    ratio = window.devicePixelRatioF()
    faults["icons"] = coarse_icons(ratio)
    print(json.dumps({"ratio": ratio, "size": [window.width(), window.height()], "faults": faults}))
    window.close_without_asking()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
