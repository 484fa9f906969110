"""The preview's row of tools: what is shown and how.  Emits wishes; the pane decides."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QIcon, QImage, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from app.gui.frame.icons import icon
from app.gui.preview import colour_maps
from app.gui.preview.arrays import Choice
from app.gui.preview.drawn_pictures import colour_list
from app.gui.preview.overflow import OverflowRow
from app.gui.preview.overlay_names import overlay_colour, overlay_title
from app.gui.preview.results import Display

#: Opacity of overlays at first, percent.
OPACITY = 80
#: Behind the words of a button that opens a menu.
OPENS = " ▾"


class PreviewTools(OverflowRow):
    """What is shown and how: array, overlays, colours, levels, zoom, profile line, scale bar, comparison."""

    shown_chosen = Signal(str)
    array_chosen = Signal(str, int)
    labels_chosen = Signal(object)
    opacity_chosen = Signal(float)
    colour_map_chosen = Signal(str)
    locked_chosen = Signal(bool)
    fit_requested = Signal()
    one_to_one_requested = Signal()
    profile_chosen = Signal(bool)
    scale_bar_chosen = Signal(bool)
    hold_requested = Signal()
    compare_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("preview.tools", parent, gap=3)
        self._labels: frozenset[str] = frozenset()
        self._offered: tuple[str, ...] = ()
        self._choices: tuple[Choice, ...] = ()
        self._line.setContentsMargins(4, 2, 4, 4)

        self.noisy_button = self._toggle("noisy", "Noisy", "The image as the detector records it")
        self.clean_button = self._toggle(
            "clean", "Noise-free", "The expected number of electrons in every pixel, before any noise"
        )
        self.noisy_button.clicked.connect(lambda: self.shown_chosen.emit("noisy"))
        self.clean_button.clicked.connect(lambda: self.shown_chosen.emit("clean"))
        self.add(self._pair(self.noisy_button, self.clean_button))

        self.array_button = self._menu_button(
            "array", "Image", "Show another detector, or the exit wave, in place of the image"
        )
        self._array_menu = QMenu(self)
        self._array_menu.setObjectName("preview.tools.array_menu")
        self.array_button.setMenu(self._array_menu)
        self.add(self.array_button)

        self.overlay_button = self._menu_button("overlays", "Overlays", "Lay the truth over the image")
        self.overlay_button.setMenu(self._overlay_menu())
        self.add(self.overlay_button)

        self.colour_box = _SwatchBox()
        self.colour_box.setObjectName("preview.tools.colour_map")
        self.colour_box.setAccessibleName("Colour map")
        self.colour_box.setToolTip("Colours of the intensities from black level to white level")
        self.colour_box.setIconSize(QSize(24, 12))
        for name in colour_maps.names():
            self.colour_box.addItem(_swatch(name), name.capitalize(), name)
        self.colour_box.activated.connect(
            lambda row: self.colour_map_chosen.emit(self.colour_box.itemData(row))
        )
        self.add(self.colour_box)

        self.auto_button = self._toggle(
            "auto",
            "Auto contrast",
            "Black and white follow every image (0.35 % and 99.65 % of its pixels)",
            "auto_contrast",
        )
        self.lock_button = self._toggle(
            "lock", "Lock levels", "Keep black and white where they are now", "lock"
        )
        self.auto_button.clicked.connect(lambda: self.locked_chosen.emit(False))
        self.lock_button.clicked.connect(lambda: self.locked_chosen.emit(True))
        contrast = self._pair(self.auto_button, self.lock_button)
        self.add(contrast)

        self.fit_button = self._toggle("fit", "Fit", "Show the whole image (0, or double click)", "fit")
        self.actual_button = self._button(
            "one_to_one", "1:1", "One image pixel to one pixel of the screen", "one_to_one"
        )
        self.fit_button.clicked.connect(self._fit_clicked)
        self.actual_button.clicked.connect(self.one_to_one_requested)
        zoom = self._pair(self.fit_button, self.actual_button, exclusive=False)
        self.add(zoom)

        self.profile_button = self._toggle(
            "profile", "Profile", "Draw a line with the mouse and see the intensity along it", "profile"
        )
        self.scale_bar_button = self._toggle(
            "scale_bar",
            "Scale bar",
            "Show the scale bar, here and in pictures that are copied or exported",
            "scale_bar",
        )
        self.scale_bar_button.setChecked(True)
        self.profile_button.clicked.connect(self.profile_chosen)
        self.scale_bar_button.clicked.connect(self.scale_bar_chosen)
        self.add(self.profile_button)
        self.add(self.scale_bar_button)

        self.compare_button = self._menu_button(
            "compare", "Compare", "Hold this image as B and compare it with what comes"
        )
        self.compare_button.setIcon(icon("compare"))
        self.compare_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.compare_button.setText(OPENS.strip())
        self.compare_button.setMenu(self._compare_menu())
        self.add(self.compare_button)
        self.set_spare((
            self.scale_bar_button, self.profile_button, zoom, self.compare_button, contrast,
            self.overlay_button, self.array_button,
        ))  # fmt: skip
        self.set_present(self.array_button, False)

    # --- construction ------------------------------------------------------------------------

    def _button(self, key: str, text: str, tip: str, icon_name: str = "") -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"preview.tools.{key}")
        button.setText(text)
        if icon_name:
            button.setIcon(icon(icon_name))
        button.setAccessibleName(text)
        button.setToolTip(f"{text}: {tip[0].lower()}{tip[1:]}" if icon_name else tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _toggle(self, key: str, text: str, tip: str, icon_name: str = "") -> QToolButton:
        button = self._button(key, text, tip, icon_name)
        button.setCheckable(True)
        return button

    def _menu_button(self, key: str, text: str, tip: str) -> QToolButton:
        button = self._button(key, text, tip)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        # The style's own mark lies on the text.
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        button.setText(f"{text}{OPENS}")
        return button

    def _pair(self, first: QToolButton, second: QToolButton, *, exclusive: bool = True) -> QWidget:
        """Two buttons that stay on one line and, where they exclude each other, always have one down."""
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(first)
        row.addWidget(second)
        if exclusive:
            group = QButtonGroup(box)
            group.addButton(first)
            group.addButton(second)
        return box

    def _overlay_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("preview.tools.overlay_menu")
        menu.setToolTipsVisible(True)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setObjectName("preview.tools.opacity")
        self._opacity.setAccessibleName("Opacity of the overlays, percent")
        self._opacity.setToolTip("Opacity of the overlays")
        self._opacity.setRange(10, 100)
        self._opacity.setValue(OPACITY)
        self._opacity.valueChanged.connect(lambda value: self.opacity_chosen.emit(value / 100.0))
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(10, 2, 10, 4)
        layout.addWidget(QLabel("Opacity"))
        layout.addWidget(self._opacity, 1)
        self._opacity_action = QWidgetAction(menu)
        self._opacity_action.setDefaultWidget(row)
        self._fill_overlay_menu(menu, ())
        return menu

    def _fill_overlay_menu(self, menu: QMenu, names: tuple[str, ...]) -> None:
        for action in menu.actions():
            menu.removeAction(action)
            if action is not self._opacity_action:
                action.deleteLater()
        for name in names:
            action = QAction(_square(name), overlay_title(name), menu)
            action.setObjectName(f"preview.tools.overlay.{name}")
            action.setCheckable(True)
            action.setChecked(name in self._labels)
            action.toggled.connect(self._label_toggler(name))
            menu.addAction(action)
        if not names:
            nothing = menu.addAction("The recipe stores no labels")
            nothing.setEnabled(False)
        menu.addSeparator()
        menu.addAction(self._opacity_action)

    def _label_toggler(self, name: str) -> Callable[[bool], None]:
        def toggled(on: bool) -> None:
            self._labels = self._labels | {name} if on else self._labels - {name}
            self.labels_chosen.emit(self._labels)

        return toggled

    def _compare_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("preview.tools.compare_menu")
        menu.setToolTipsVisible(True)
        hold = menu.addAction("Hold this image as B")
        hold.setObjectName("preview.tools.hold")
        hold.triggered.connect(lambda: self.hold_requested.emit())
        menu.addSeparator()
        group = QActionGroup(menu)
        self.compare_actions: dict[str, QAction] = {}
        for mode, text, tip in (
            ("off", "A alone", "The present image only; B is kept"),
            ("split", "Split", "A on the left, B on the right of a divider to drag"),
            ("blink", "Blink", "A and B in turn, in the same place"),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"preview.tools.compare.{mode}")
            action.setToolTip(tip)
            action.setCheckable(True)
            action.setChecked(mode == "off")
            action.setEnabled(mode == "off")
            action.triggered.connect(self._mode_chooser(mode))
            group.addAction(action)
            self.compare_actions[mode] = action
        return menu

    def _mode_chooser(self, mode: str) -> Callable[[], None]:
        return lambda: self.compare_chosen.emit(mode)

    def _fit_clicked(self) -> None:
        # Fitted is a state of the image, not of the button: it says so itself afterwards.
        self.fit_button.setChecked(True)
        self.fit_requested.emit()

    # --- what is so --------------------------------------------------------------------------

    def set_display(self, display: Display) -> None:
        """Show what is chosen; emits nothing."""
        (self.noisy_button if display.shown == "noisy" else self.clean_button).setChecked(True)
        (self.auto_button if display.levels == "auto" else self.lock_button).setChecked(True)
        self.profile_button.setChecked(display.profile is not None)
        with QSignalBlocker(self.colour_box):
            self.colour_box.setCurrentIndex(max(self.colour_box.findData(display.colour_map), 0))
        if display.labels != self._labels:
            self._labels = display.labels
            for name in self._offered:
                action = self.overlay_action(name)
                if action is not None:
                    with QSignalBlocker(action):
                        action.setChecked(name in display.labels)
        self._mark_overlays()

    def _mark_overlays(self) -> None:
        count = len(self._labels & set(self._offered))
        self.overlay_button.setText(f"Overlays ({count}){OPENS}" if count else f"Overlays{OPENS}")

    def set_overlays(self, names: tuple[str, ...]) -> None:
        """Offer the overlays that a sample has."""
        if names != self._offered:
            self._offered = names
            self._fill_overlay_menu(self.overlay_button.menu(), names)
            self._mark_overlays()

    def overlay_action(self, name: str) -> QAction | None:
        """The menu entry of an overlay, None where the sample has none of that name."""
        wanted = f"preview.tools.overlay.{name}"
        menu = self.overlay_button.menu()
        return next((action for action in menu.actions() if action.objectName() == wanted), None)

    def set_arrays(self, choices: tuple[Choice, ...], chosen: Choice) -> None:
        """Offer the arrays of an image; where it has but one, nothing is to be chosen."""
        if choices != self._choices:
            self._choices = choices
            self._fill_array_menu()
            self.set_present(self.array_button, len(choices) > 1)
        for choice, action in zip(choices, self._array_menu.actions(), strict=True):
            action.setChecked(choice == chosen)
        self.array_button.setText(f"{chosen.title[:1].upper()}{chosen.title[1:]}{OPENS}")
        for button in (self.noisy_button, self.clean_button):
            button.setEnabled(chosen.both)

    def _fill_array_menu(self) -> None:
        self._array_menu.clear()
        group = QActionGroup(self._array_menu)
        for choice in self._choices:
            action = QAction(choice.title, group)
            action.setObjectName(f"preview.tools.array.{choice.array or 'image'}.{choice.part}")
            action.setCheckable(True)
            action.triggered.connect(self._array_chooser(choice))
            self._array_menu.addAction(action)

    def _array_chooser(self, choice: Choice) -> Callable[[], None]:
        return lambda: self.array_chosen.emit(choice.array, choice.part)

    def set_fitted(self, fitted: bool) -> None:
        """Whether the whole image is shown."""
        self.fit_button.setChecked(fitted)

    def set_scale_bar(self, shown: bool) -> None:
        """Whether the scale bar is shown."""
        self.scale_bar_button.setChecked(shown)

    def set_compare(self, mode: str, held: bool) -> None:
        """How A and B are compared, and whether there is a B."""
        for name, action in self.compare_actions.items():
            action.setEnabled(held or name == "off")
            action.setChecked(name == mode)
        self.compare_button.setText({"off": "", "split": "A | B", "blink": "A / B"}[mode] + OPENS)


class _SwatchBox(QComboBox):
    """Shows the swatch of what is chosen; its name is in the list."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(1)

    def showPopup(self) -> None:
        names = self.view()
        names.setMinimumWidth(names.sizeHintForColumn(0) + 2 * self.fontMetrics().height())
        super().showPopup()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = ""
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def _swatch(name: str) -> QIcon:
    """A colour map as a small picture, black level at the left."""
    import numpy as np

    ramp = np.ascontiguousarray(np.broadcast_to(np.arange(256, dtype=np.uint8), (16, 256)))
    image = QImage(ramp.data, 256, 16, 256, QImage.Format.Format_Indexed8)
    image.setColorTable(colour_list(colour_maps.lookup(name)))
    # A copy: the icon outlives the array.
    return QIcon(QPixmap.fromImage(image.scaled(24, 12).copy()))


def _square(name: str) -> QIcon:
    square = QPixmap(12, 12)
    square.fill(overlay_colour(name))
    return QIcon(square)
