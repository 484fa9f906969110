"""Light and dark: text can be read, icons are drawn in the palette's colours, crisp at every scale."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.gui.commands import ACTIONS
from app.gui.frame import theme
from app.gui.frame.icons import icon, icon_names
from app.gui.frame.theme import Colours, apply_theme, colour_plots, colours, contrast, palette

pytestmark = pytest.mark.gui

Role = QPalette.ColorRole
#: Text on its ground, as it occurs in the window.
TEXTS = (
    (Role.WindowText, Role.Window),
    (Role.Text, Role.Base),
    (Role.Text, Role.AlternateBase),
    (Role.WindowText, Role.Base),
    (Role.ButtonText, Role.Button),
    (Role.ButtonText, Role.Window),
    (Role.HighlightedText, Role.Highlight),
    (Role.ToolTipText, Role.ToolTipBase),
    (Role.PlaceholderText, Role.Base),
    (Role.Link, Role.Window),
    (Role.Link, Role.Base),
    (Role.LinkVisited, Role.Base),
)
#: Named colours written on palette grounds.
NAMED = ("accent", "error", "warning", "good", "muted")
#: Named colours on named grounds.
PAIRS = (
    ("draft_text", "draft"),
    ("plot_text", "plot_ground"),
    ("plot_first", "plot_ground"),
    ("error", "error_ground"),
)


@pytest.fixture(autouse=True)
def back_to_light(qapp: QApplication) -> Iterator[None]:
    before = qapp.palette()
    yield
    qapp.setPalette(before)


def test_contrast_is_that_of_wcag() -> None:
    """Black on white is 21; #767676 on white is 4.54, the limit case in WCAG's own examples."""
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)
    assert contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.01)
    assert contrast(QColor("white"), QColor("#767676")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read(dark: bool) -> None:
    made, named = palette(dark=dark), colours(dark=dark)
    ratios = {
        f"{text.name} on {ground.name}": contrast(made.color(text), made.color(ground))
        for text, ground in TEXTS
    }
    for name in NAMED:
        for ground in (Role.Window, Role.Base, Role.AlternateBase):
            ratios[f"{name} on {ground.name}"] = contrast(getattr(named, name), made.color(ground))
    for text, ground in PAIRS:
        ratios[f"{text} on {ground}"] = contrast(getattr(named, text), getattr(named, ground))
    ratios["WindowText on error_ground"] = contrast(made.color(Role.WindowText), named.error_ground)
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("dark", [False, True])
def test_disabled_text_is_weaker_but_there(dark: bool) -> None:
    made = palette(dark=dark)
    ground = made.color(QPalette.ColorGroup.Disabled, Role.Window)
    weak = contrast(made.color(QPalette.ColorGroup.Disabled, Role.ButtonText), ground)
    assert 2.5 < weak < contrast(made.color(Role.ButtonText), made.color(Role.Window)) / 2


def test_theme_changes_palette_style_and_named_colours(qapp: QApplication) -> None:
    apply_theme("light")
    light = colours()
    assert not theme.is_dark()
    apply_theme("dark")
    assert theme.is_dark()
    assert qapp.style().name().lower() == "fusion"
    changed = [
        item.name for item in fields(Colours) if getattr(light, item.name) == getattr(colours(), item.name)
    ]
    assert changed == []


def test_plots_have_the_colours_of_the_theme(qapp: QApplication) -> None:
    import pyqtgraph

    before = {name: pyqtgraph.getConfigOption(name) for name in ("background", "foreground")}
    try:
        for name in ("light", "dark"):
            apply_theme(name)
            colour_plots()
            named = colours(dark=name == "dark")
            assert pyqtgraph.getConfigOption("background") == named.plot_ground
            assert pyqtgraph.getConfigOption("foreground") == named.plot_text
    finally:
        pyqtgraph.setConfigOptions(**before)


def test_system_follows_the_desktop(qapp: QApplication) -> None:
    """Offscreen there is no desktop: light.  The signal of the desktop leads to the same function."""
    apply_theme("dark")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.is_dark(), "a chosen theme does not follow the desktop"
    apply_theme("system")
    assert not theme.is_dark()
    apply_theme("no such theme")
    assert not theme.is_dark()


def test_every_icon_of_the_commands_exists() -> None:
    assert [info.icon for info in ACTIONS if info.icon and info.icon not in icon_names()] == []
    with pytest.raises(KeyError, match="no icon nonsense"):
        icon("nonsense")


def test_drawings_are_of_one_language(repository: Path) -> None:
    """24 × 24 grid, strokes of 1.75, no colour of their own; the program's mark is the exception."""
    for path in (repository / "resources" / "icons").glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        assert root.get("viewBox") == "0 0 24 24", path.name
        if path.stem != "app":
            assert (root.get("stroke"), root.get("stroke-width")) == ("currentColor", "1.75"), path.name
            assert "#" not in path.read_text(encoding="utf-8"), path.name


def _pixels(image: QImage) -> np.ndarray:
    converted = image.convertToFormat(QImage.Format.Format_RGBA8888)
    whole = np.frombuffer(converted.constBits(), np.uint8).reshape(converted.height(), -1)
    return whole[:, : converted.width() * 4].reshape(converted.height(), converted.width(), 4).copy()


def test_no_icon_is_empty_or_touches_its_edge(qapp: QApplication) -> None:
    apply_theme("light")
    for name in icon_names():
        pixels = _pixels(icon(name).pixmap(QSize(48, 48), 1.0).toImage())
        assert pixels.shape == (48, 48, 4)
        assert (pixels[..., 3] > 128).sum() > 50, f"{name} is empty"
        if name != "app":
            edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])[..., 3]
            assert edge.max() < 64, f"{name} is cut off"


def test_icons_take_the_colour_of_the_palette_and_of_disabled_text(qapp: QApplication) -> None:
    """``close`` is two bars and nothing else: their colour is the one of button text."""
    made = icon("close")
    for dark in (False, True):
        apply_theme("dark" if dark else "light")
        for mode, group in (
            (QIcon.Mode.Normal, QPalette.ColorGroup.Active),
            (QIcon.Mode.Disabled, QPalette.ColorGroup.Disabled),
        ):
            pixels = _pixels(made.pixmap(QSize(64, 64), 1.0, mode).toImage())
            wanted = qapp.palette().color(group, Role.ButtonText)
            assert tuple(pixels[32, 32, :3]) == (wanted.red(), wanted.green(), wanted.blue())


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
def test_icons_are_drawn_anew_for_every_scale(qapp: QApplication, ratio: float) -> None:
    """What Qt paints at a scale is the drawing at that many pixels, not an enlarged small one."""
    side = round(24 * ratio)
    canvas = QImage(side, side, QImage.Format.Format_RGBA8888_Premultiplied)
    canvas.setDevicePixelRatio(ratio)
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    icon("settings").paint(painter, 0, 0, 24, 24)
    painter.end()
    direct = icon("settings").pixmap(QSize(side, side), 1.0).toImage()
    assert np.abs(_pixels(canvas).astype(int) - _pixels(direct).astype(int)).max() <= 2


def test_icons_follow_the_theme_on_a_button_that_is_already_there(qapp: QApplication, qtbot: QtBot) -> None:
    apply_theme("light")
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(icon("close"))
    button.setIconSize(QSize(32, 32))
    button.setAutoRaise(True)
    button.show()
    light = _pixels(button.grab().toImage())
    apply_theme("dark")
    dark = _pixels(button.grab().toImage())
    middle = light.shape[0] // 2
    assert light[middle, middle, :3].mean() < 100 < 180 < dark[middle, middle, :3].mean()


def test_every_named_colour_is_used(repository: Path) -> None:
    """By the window itself, not only by this test."""
    sources = [
        path.read_text(encoding="utf-8")
        for path in (repository / "app" / "gui").rglob("*.py")
        if path.name != "theme.py"
    ]
    sources.append(inspect.getsource(colour_plots))
    unused = [
        field.name
        for field in fields(Colours)
        if not any(re.search(rf"\b{field.name}\b", source) for source in sources)
    ]
    assert unused == []


def test_edges_come_back_where_something_has_dropped_them(qapp: QApplication) -> None:
    """The palettes of the classes are looked at as well as the one for all."""
    theme.apply_theme("light")
    edged = qapp.palette("QLineEdit")
    assert edged != theme.palette(dark=False)
    qapp.setPalette(theme.palette(dark=False), "QLineEdit")
    theme.apply_theme("light")
    assert qapp.palette("QLineEdit") == edged
