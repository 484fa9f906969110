"""Edges, icons, words and the focus are seen in both themes: contrast of what is drawn, pixel by pixel."""

from __future__ import annotations

from collections import Counter
from types import ModuleType

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.frame.focus_ring import FocusRing
from app.gui.frame.icons import icon, icon_names
from app.gui.frame.theme import apply_theme, colours, contrast
from app.gui.panels.editors import Segment
from app.gui.window import MainWindow

pytestmark = pytest.mark.gui

#: WCAG 2.2: text (1.4.3) and what is needed to make out a control (1.4.11).
TEXT, EDGE = 4.5, 3.0


def colour_at(image: QImage, x: int, y: int) -> QColor:
    """A pixel, opaque."""
    return QColor(image.pixel(x, y))


def strongest(image: QImage, ground: QColor, points: list[tuple[int, int]]) -> float:
    """The highest contrast to a ground along a path of pixels."""
    inside = [(x, y) for x, y in points if 0 <= x < image.width() and 0 <= y < image.height()]
    return max(contrast(colour_at(image, x, y), ground) for x, y in inside)


def edge_contrast(widget: QWidget) -> float:
    """Contrast of the left edge of a control with what is outside of it."""
    rect = QRect(QPoint(0, 0), widget.size())
    if isinstance(widget, (QCheckBox, QRadioButton)):
        option = QStyleOptionButton()
        widget.initStyleOption(option)
        element = (
            QStyle.SubElement.SE_CheckBoxIndicator
            if isinstance(widget, QCheckBox)
            else QStyle.SubElement.SE_RadioButtonIndicator
        )
        rect = widget.style().subElementRect(element, option, widget)
    left = widget.mapTo(widget.window(), rect.topLeft())
    image = widget.window().grab().toImage()
    middle = left.y() + rect.height() // 2
    ground = colour_at(image, left.x() - 4, middle)
    return strongest(image, ground, [(left.x() + step, middle) for step in range(-1, 4)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_controls_have_an_edge_that_is_seen(theme: str, qtbot: QtBot, light_afterwards: None) -> None:
    apply_theme(theme)
    form = QWidget()
    qtbot.addWidget(form)
    column = QVBoxLayout(form)
    from app.gui.panels.quantity_edit import QuantityEdit

    choice = QComboBox()
    choice.addItem("one")
    tool = QToolButton()
    tool.setText("Tool")
    controls: list[QWidget] = [
        QLineEdit("text"),
        QuantityEdit("Å", low=0.0, high=2.0, above=None, step=0.1),
        choice,
        QCheckBox("tick"),
        QRadioButton("round"),
        QPushButton("push"),
        tool,
        Segment("word"),
    ]
    for control in controls:
        column.addWidget(control, 0, Qt.AlignmentFlag.AlignLeft)
    form.setFocus()
    form.show()
    qtbot.waitExposed(form)
    ratios = {type(control).__name__: round(edge_contrast(control), 2) for control in controls}
    assert {name: ratio for name, ratio in ratios.items() if ratio < EDGE} == {}
    for control in controls:
        control.setEnabled(False)
    weak = {type(control).__name__: edge_contrast(control) for control in controls[:5]}
    assert all(weak[name] < ratios[name] for name in weak), "what is disabled looks like what is not"
    assert all(ratio > 1.2 for ratio in weak.values()), "what is disabled has no edge at all"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_icons_stand_out_from_their_ground(theme: str, qapp: QApplication, light_afterwards: None) -> None:
    """Every opaque pixel of every drawing, on the ground of windows and of pressed buttons."""
    apply_theme(theme)
    weak = {}
    for name in icon_names():
        if name == "app":
            continue
        image = icon(name).pixmap(QSize(48, 48), 1.0, QIcon.Mode.Normal).toImage()
        drawn = Counter(
            QColor(image.pixelColor(x, y)).rgb()
            for x in range(48)
            for y in range(48)
            if image.pixelColor(x, y).alpha() == 255
        )
        for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Button):
            ratio = min(contrast(QColor(value), qapp.palette().color(role)) for value in drawn)
            if ratio < EDGE:
                weak[name, role.name] = round(ratio, 2)
    assert weak == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_are_read_wherever_they_stand(theme: str, window: MainWindow, faces: ModuleType) -> None:
    """Every label and button with words, on every surface: its strongest pixel against its commonest."""
    window.choices.change(theme=theme)
    weak: list[str] = []
    seen = 0
    for surface, root in faces.surfaces(window):
        whole = root.grab().toImage()
        for widget in faces.shown(root, QLabel, QAbstractButton):
            text = widget.text() if hasattr(widget, "text") else ""
            place = QRect(widget.mapTo(root, QPoint(0, 0)), widget.size()) & root.rect()
            hidden = widget.visibleRegion().boundingRect() != widget.rect()
            icon_only = isinstance(widget, QToolButton) and not widget.icon().isNull()
            if not text.strip() or not widget.isEnabled() or hidden or icon_only:
                continue
            if isinstance(widget, QAbstractButton):
                # Without the edge, which may be the commonest colour of a button with a shaded ground.
                place = place.adjusted(3, 3, -3, -3)
            pixels = _pixels(whole.copy(place))
            commonest = QColor(Counter(pixels.ravel().tolist()).most_common(1)[0][0])
            ratio = max(contrast(QColor(value), commonest) for value in np.unique(pixels).tolist())
            seen += 1
            if ratio < TEXT:
                weak.append(f"{surface}: {faces.name_of(widget)} {ratio:.2f}")
        weak += [
            f"{surface}: {faces.name_of(label)} is greyed out, which says that it is off"
            for label in faces.shown(root, QLabel)
            if label.text() and not label.isEnabled() and label.parentWidget().isEnabled()
            and not label.objectName().startswith("expectation")
        ]  # fmt: skip
    assert seen > 150
    assert not weak, "\n".join(weak)


def _pixels(image: QImage) -> np.ndarray:
    converted = image.convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(converted.constBits(), np.uint32).reshape(converted.height(), -1)
    return whole[:, : converted.width()] & 0x00FFFFFF | 0xFF000000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_keyboards_place_is_ringed(theme: str, qtbot: QtBot, light_afterwards: None) -> None:
    """Going there by Tab lays a ring of the focus colour around a control; a click does not."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_theme(theme)
    ring = FocusRing(application)
    form = QWidget()
    qtbot.addWidget(form)
    column = QVBoxLayout(form)
    choice = QComboBox()
    choice.addItem("one")
    flat = QToolButton()
    flat.setText("flat")
    flat.setAutoRaise(True)
    flat.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    controls = [QPushButton("first"), choice, flat, QCheckBox("tick"), QSlider(Qt.Orientation.Horizontal)]
    for control in controls:
        column.addWidget(control)
    line = QLineEdit("typed")
    column.addWidget(line)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    try:
        qtbot.mouseClick(controls[0], Qt.MouseButton.LeftButton)
        assert ring.target is None
        wanted = colours().focus
        assert contrast(wanted, form.palette().color(QPalette.ColorRole.Window)) >= EDGE
        for control in controls[1:]:
            QTest.keyClick(application.focusWidget(), Qt.Key.Key_Tab)
            assert application.focusWidget() is control and ring.target is control
            image = form.grab().toImage()
            place = QRect(control.mapTo(form, QPoint(0, 0)), control.size()).adjusted(-1, -1, 0, 0)
            for x, y in (
                (place.left(), place.center().y()),
                (place.right() + 1, place.center().y()),
                (place.center().x(), place.top()),
                (place.center().x(), place.bottom() + 1),
            ):
                assert colour_at(image, x, y) == wanted, (control, x, y)
        control.move(control.x(), control.y() + 7)
        assert colour_at(form.grab().toImage(), control.x() - 1, control.geometry().center().y()) == wanted
        control.hide()
        qtbot.mouseClick(controls[0], Qt.MouseButton.LeftButton)
        assert ring.target is None
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
        assert ring.target is line, "a field of text shows where one types, however one came there"
        line.deleteLater()
        qtbot.waitUntil(lambda: ring.target is not line)
    finally:
        application.focusChanged.disconnect(ring._focus_changed)
        ring.deleteLater()


def test_a_theme_chosen_while_it_runs_reaches_every_picture(window: MainWindow, faces: ModuleType) -> None:
    """Plots, 3D view and image: their grounds turn dark and light again with the window."""
    surfaces = faces.surfaces(window)
    next(surfaces), next(surfaces), next(surfaces)
    views = {
        "histogram": window.histogram,
        "spectrum": window.spectrum,
        "profile": window.profile,
        "structure": window.structure,
        "statistics": window.statistics,
        "panel": window.panel,
    }
    window.preview.show_profile_line(True)
    window.show_pane("profile")
    faces.pump(lambda: window.profile.plot is not None)
    for action, dark in (("dark", True), ("light", False), ("dark", True)):
        window.actions_by_key[f"view.theme_{action}"].trigger()
        for name, view in views.items():
            window.show_pane("parameters" if name == "panel" else name)
            faces.settle()
            shades = np.median(_grey(view.grab().toImage()))
            assert (shades < 90) == dark, (name, action, shades)
        plot = window.profile.plot
        assert plot is not None
        assert (np.median(_grey(plot.grab().toImage())) < 90) == dark, ("profile's plot", action)


def _grey(image: QImage) -> np.ndarray:
    pixels = _pixels(image)
    return (pixels & 255) / 3 + (pixels >> 8 & 255) / 3 + (pixels >> 16 & 255) / 3
