"""Icons from the SVG files of ``resources/icons``, drawn in the palette's colours at any scale.

The drawings say ``currentColor`` for their lines and ``accentColor`` for the little that stands out; the
colours are put in when an icon is painted, so icons follow the theme by themselves.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap

from app.gui.frame.theme import colours

#: Pixmaps kept: a full toolbar and all menus in two scales and three modes.
MOST_KEPT = 600


@cache
def icon_names() -> tuple[str, ...]:
    """Names of all icons, in alphabetical order."""
    folder = resources.files("resources") / "icons"
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".svg")))


def icon(name: str) -> QIcon:
    """An icon by name.

    Raises
    ------
    KeyError
        If there is no such icon.
    """
    drawing(name)
    return QIcon(_SvgEngine(name))


@cache
def drawing(name: str) -> str:
    """The SVG text of an icon.

    Raises
    ------
    KeyError
        If there is no such icon.
    """
    entry = resources.files("resources") / "icons" / f"{name}.svg"
    if not entry.is_file():
        raise KeyError(f"there is no icon {name}")
    return entry.read_text(encoding="utf-8")


class _SvgEngine(QIconEngine):
    """Paints one drawing in the colours of the palette in use."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        side = min(rect.width(), rect.height())
        if side > 0:
            drawn = _pixmap(self._name, round(side * ratio), mode)
            place = QRectF(0.0, 0.0, side, side)
            place.moveCenter(QRectF(rect).center())
            painter.drawPixmap(place, drawn, QRectF(drawn.rect()))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        if size.isEmpty():
            # A label or button without room: there is nothing to paint on.
            return QPixmap()
        # The size is free of the device; Qt sets the ratio on what it gets back.
        width, height = round(size.width() * scale), round(size.height() * scale)
        side = min(width, height)
        drawn = _pixmap(self._name, side, mode)
        if width == height:
            return QPixmap(drawn)
        whole = QPixmap(width, height)
        whole.fill(Qt.GlobalColor.transparent)
        painter = QPainter(whole)
        painter.drawPixmap((width - side) // 2, (height - side) // 2, drawn)
        painter.end()
        return whole

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        return size

    def availableSizes(
        self, mode: QIcon.Mode = QIcon.Mode.Normal, state: QIcon.State = QIcon.State.Off
    ) -> list[QSize]:
        # Window managers ask for these when the icon is a window's.
        return [QSize(side, side) for side in (16, 24, 32, 48, 64, 128, 256)]

    def isNull(self) -> bool:
        return False

    def iconName(self) -> str:
        return self._name

    def key(self) -> str:
        return "nanophantom-svg"

    def clone(self) -> QIconEngine:
        return _SvgEngine(self._name)


_kept: dict[tuple[str, int, str, str], QPixmap] = {}


def _pixmap(name: str, side: int, mode: QIcon.Mode) -> QPixmap:
    """A drawing as a square pixmap of ``side`` device pixels."""
    group = QPalette.ColorGroup.Disabled if mode == QIcon.Mode.Disabled else QPalette.ColorGroup.Active
    palette = QGuiApplication.palette()
    line = palette.color(group, QPalette.ColorRole.ButtonText).name()
    accent = line if mode == QIcon.Mode.Disabled else colours().accent.name()
    key = (name, side, line, accent)
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        found = _kept[key] = _drawn(name, side, line, accent)
    return found


def _drawn(name: str, side: int, line: str, accent: str) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    text = drawing(name).replace("currentColor", line).replace("accentColor", accent)
    made = QPixmap(max(1, side), max(1, side))
    made.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(text.encode("utf-8")))
    painter = QPainter(made)
    renderer.render(painter, QRectF(0.0, 0.0, made.width(), made.height()))
    painter.end()
    return made
