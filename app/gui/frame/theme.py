"""Light and dark: palettes of our own over the Fusion style, and the named colours palettes lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QToolTip

#: The themes a user may choose.
THEMES = ("system", "light", "dark")

_Role = QPalette.ColorRole
_Group = QPalette.ColorGroup


@dataclass(frozen=True)
class Colours:
    """Colours with a meaning, for what no palette role says.

    Attributes
    ----------
    accent
        Marks what is chosen or changed by the user.
    draft, draft_text
        Ground and text of the badge of an image that is not exact.
    error, warning, good
        Text and lines that say something is wrong, doubtful, fine.
    error_ground
        Ground of banners, for text in ``WindowText``.
    muted
        Text of less weight.
    line
        Hairlines between areas.
    outline
        Edges of what can be clicked or typed in, 3 : 1 on every ground they stand on.
    focus
        The ring around what the keys go to.
    canvas
        Ground of images and of the structure view.
    plot_ground, plot_text, plot_grid
        Ground, axes and grid of plots.
    plot_first
        Curves.
    """

    accent: QColor
    draft: QColor
    draft_text: QColor
    error: QColor
    warning: QColor
    good: QColor
    error_ground: QColor
    muted: QColor
    line: QColor
    outline: QColor
    focus: QColor
    canvas: QColor
    plot_ground: QColor
    plot_text: QColor
    plot_grid: QColor
    plot_first: QColor


_LIGHT_ROLES: Mapping[QPalette.ColorRole, str] = {
    _Role.Window: "#f3f4f6",
    _Role.WindowText: "#1b1f24",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f3f5f8",
    _Role.Text: "#1b1f24",
    _Role.PlaceholderText: "#5c646e",
    _Role.Button: "#e9ebee",
    _Role.ButtonText: "#1b1f24",
    _Role.BrightText: "#ffffff",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#f1f2f4",
    _Role.Mid: "#b9bec5",
    _Role.Dark: "#9aa1aa",
    _Role.Shadow: "#6c737c",
    _Role.Highlight: "#cbe2f6",
    _Role.HighlightedText: "#10202e",
    _Role.Accent: "#1567a8",
    _Role.Link: "#135f9c",
    _Role.LinkVisited: "#6a3fa0",
    _Role.ToolTipBase: "#fdfbe9",
    _Role.ToolTipText: "#1b1f24",
}
_LIGHT_DISABLED: Mapping[QPalette.ColorRole, str] = {
    _Role.WindowText: "#8b929b",
    _Role.Text: "#8b929b",
    _Role.ButtonText: "#8b929b",
    _Role.Base: "#f3f4f6",
    _Role.Highlight: "#dfe2e6",
    _Role.HighlightedText: "#6f7680",
    _Role.Accent: "#aeb4bc",
}
_LIGHT = {
    "accent": "#1567a8",
    "draft": "#ffd27a",
    "draft_text": "#3a2600",
    "error": "#b3261e",
    "warning": "#7d5200",
    "good": "#1e6b34",
    "error_ground": "#fbe3e1",
    "muted": "#59616b",
    "line": "#cfd3d9",
    "outline": "#727a84",
    "focus": "#0b62b0",
    "canvas": "#ffffff",
    "plot_ground": "#ffffff",
    "plot_text": "#3a4149",
    "plot_grid": "#d9dde2",
    "plot_first": "#1567a8",
}

_DARK_ROLES: Mapping[QPalette.ColorRole, str] = {
    _Role.Window: "#23262b",
    _Role.WindowText: "#e4e7eb",
    _Role.Base: "#1a1c20",
    _Role.AlternateBase: "#202328",
    _Role.Text: "#e4e7eb",
    _Role.PlaceholderText: "#9ca4ae",
    _Role.Button: "#2f3339",
    _Role.ButtonText: "#e4e7eb",
    _Role.BrightText: "#ffffff",
    _Role.Light: "#454a52",
    _Role.Midlight: "#383c43",
    _Role.Mid: "#191b1f",
    _Role.Dark: "#131518",
    _Role.Shadow: "#000000",
    _Role.Highlight: "#1d4e7a",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#4f9fe0",
    _Role.Link: "#7cbcf2",
    _Role.LinkVisited: "#c3a5ee",
    _Role.ToolTipBase: "#383c43",
    _Role.ToolTipText: "#eef0f3",
}
_DARK_DISABLED: Mapping[QPalette.ColorRole, str] = {
    _Role.WindowText: "#737b85",
    _Role.Text: "#737b85",
    _Role.ButtonText: "#737b85",
    _Role.Base: "#23262b",
    _Role.Highlight: "#3a3f46",
    _Role.HighlightedText: "#9aa2ac",
    _Role.Accent: "#565d66",
}
_DARK = {
    "accent": "#6db3f2",
    "draft": "#e0a63c",
    "draft_text": "#241800",
    "error": "#ff9188",
    "warning": "#f0bd5b",
    "good": "#7fd195",
    "error_ground": "#4a2421",
    "muted": "#a3abb5",
    "line": "#3b4048",
    "outline": "#89919c",
    "focus": "#7cc0ff",
    "canvas": "#141619",
    "plot_ground": "#1a1c20",
    "plot_text": "#c3c9d1",
    "plot_grid": "#343940",
    "plot_first": "#6db3f2",
}

#: Fusion edges a control in a darker shade of the control's own ``Window`` colour, which the eye loses on
#: a dark ground.  These classes get a ``Window`` of their own; none of them paints its ground with it.
EDGED_CLASSES = (
    "QAbstractSpinBox",
    "QCheckBox",
    "QComboBox",
    "QLineEdit",
    "QListView",
    "QPlainTextEdit",
    "QPushButton",
    "QRadioButton",
    "QSlider",
    "QTextEdit",
    "QToolButton",
)
#: Those of them in which no text can be selected: their highlight is the edge of what has the focus, or
#: is the button that Enter presses.
HIGHLIGHTED_CLASSES = ("QCheckBox", "QComboBox", "QPushButton", "QRadioButton", "QSlider", "QToolButton")
#: By how much Fusion darkens, QColor.darker's percent.
FUSION_EDGE = 140

#: Which theme the user chose last: what ``system`` follows when the desktop changes.
_chosen = "system"


def apply_theme(name: str, application: QApplication | None = None) -> None:
    """Give the whole program a look.

    Parameters
    ----------
    name
        ``system``, ``light`` or ``dark``; anything else counts as ``system``.
    application
        The running application if left out.
    """
    global _chosen
    app = application or QApplication.instance()
    if not isinstance(app, QApplication):
        return
    _chosen = name if name in THEMES else "system"
    hints = app.styleHints()
    if not app.property("followsColourScheme"):
        app.setProperty("followsColourScheme", True)
        hints.colorSchemeChanged.connect(_scheme_changed)
    dark = hints.colorScheme() == Qt.ColorScheme.Dark if _chosen == "system" else _chosen == "dark"
    if app.style().name().lower() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    made = palette(dark=dark)
    edged = {name: edged_palette(name, dark=dark) for name in EDGED_CLASSES}
    # Setting a palette for all drops those of the classes; setting what is there already repaints everything.
    # PySide's stub says bytes, PySide itself takes text only.
    if app.palette() != made or any(app.palette(name) != edged[name] for name in edged):  # type: ignore[call-overload]
        app.setPalette(made)
        for name, wanted in edged.items():
            app.setPalette(wanted, name)  # type: ignore[arg-type]
        QToolTip.setPalette(made)


def _scheme_changed() -> None:
    apply_theme(_chosen)


def palette(*, dark: bool) -> QPalette:
    """The light or the dark palette."""
    roles, disabled = (_DARK_ROLES, _DARK_DISABLED) if dark else (_LIGHT_ROLES, _LIGHT_DISABLED)
    made = QPalette()
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role, colour in disabled.items():
        made.setColor(_Group.Disabled, role, QColor(colour))
    return made


def edged_palette(name: str, *, dark: bool) -> QPalette:
    """The palette of a class of controls that have an edge; see :data:`EDGED_CLASSES`."""
    made, named = palette(dark=dark), colours(dark=dark)
    ground = made.color(_Role.Window)
    for group, edge in (
        (_Group.Active, named.outline),
        (_Group.Inactive, named.outline),
        (_Group.Disabled, _between(named.outline, ground)),
    ):
        value = min(1.0, edge.valueF() * FUSION_EDGE / 100.0)
        lighter = QColor.fromHsvF(max(edge.hueF(), 0.0), edge.saturationF(), value)
        made.setColor(group, _Role.Window, lighter)
        if name in HIGHLIGHTED_CLASSES and group != _Group.Disabled:
            made.setColor(group, _Role.Highlight, named.focus)
    return made


def _between(first: QColor, second: QColor) -> QColor:
    return QColor.fromRgbF(
        (first.redF() + second.redF()) / 2.0,
        (first.greenF() + second.greenF()) / 2.0,
        (first.blueF() + second.blueF()) / 2.0,
    )


def is_dark() -> bool:
    """Whether the palette in use is a dark one."""
    return QGuiApplication.palette().color(_Role.Window).lightness() < 128


def colours(*, dark: bool | None = None) -> Colours:
    """The named colours that go with the palette in use, or with the one asked for."""
    return _colours(is_dark() if dark is None else dark)


@cache
def _colours(dark: bool) -> Colours:
    return Colours(**{name: QColor(value) for name, value in (_DARK if dark else _LIGHT).items()})


def colour_plots() -> None:
    """Make the ground and foreground of the palette in use pyqtgraph's defaults.

    For plots to call when they are made and when the palette has changed: whoever has no plot is
    spared the import of pyqtgraph.
    """
    import pyqtgraph

    named = colours()
    pyqtgraph.setConfigOptions(background=named.plot_ground, foreground=named.plot_text)


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
