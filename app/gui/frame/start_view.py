"""The page a new user meets: Au55 classes and aggregates one click away, shipped recipes, recent files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.gui.frame.aggregates import AGGREGATES
from app.gui.frame.clusters import CLUSTERS
from app.gui.frame.icons import icon
from app.gui.frame.start_cards import ClassCard, Row
from app.gui.frame.start_thumbnails import RenderClasses, ThumbnailMaker, render_cards
from app.gui.frame.theme import colours
from sim.recipe.toml import shipped_recipes

#: The thumbnails begin so long after the page is on the screen, milliseconds.
AFTER_SHOWING = 60
#: Rows of recent files.
MOST_RECENT = 8
WIDEST = 980
#: Names of the shipped recipes of scenes begin with this.
SCENES = "scene_"
#: Names of the shipped recipes of hetero-aggregates begin with this.
MIXED = "aggregates_"
#: How words in the names of recipes are written.
WRITTEN = {
    "au55": "Au55",
    "cdse": "CdSe",
    "mos2": "MoS₂",
    "sigma": "σ",
    "alpha": "α",
    "marks": "Marks",
    "tio2": "TiO₂",
    "wo3": "WO₃",
}


class RecentEntry(Protocol):
    """A recent file as the page needs it."""

    @property
    def path(self) -> Path: ...
    @property
    def missing(self) -> bool: ...


class RecoverableEntry(Protocol):
    """Work that a program that ended without closing has left behind."""

    @property
    def title(self) -> str: ...
    @property
    def saved_at(self) -> datetime: ...


class StartView(QWidget):
    """Shown in place of an empty document.

    Parameters
    ----------
    parent
        Owner.
    render
        Makes the thumbnails in a worker thread; the engine's own if left out.
    """

    #: Name of a shipped recipe.
    open_recipe = Signal(str)
    #: Path of a recent file.
    open_path = Signal(str)
    #: Geometry of an Au55 class.
    choose_class = Signal(str)
    #: Name of a hetero-aggregate.
    choose_aggregate = Signal(str)
    #: The user wants to look for a file.
    open_requested = Signal()
    #: The user wants a recipe of defaults.
    new_requested = Signal()
    #: A recoverable entry, as it was given to :meth:`refresh`.
    recover_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, render: RenderClasses = render_cards) -> None:
        super().__init__(parent)
        self.setObjectName("start")
        self.setAccessibleName("Start page")
        self._maker = ThumbnailMaker(render, self)
        self._maker.made.connect(self._show_picture)
        self._maker.finished.connect(self._all_made)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_SHOWING)
        self._timer.timeout.connect(self._maker.start)
        self.cards: dict[str, ClassCard] = {}
        self.aggregates: dict[str, ClassCard] = {}
        self._headings: list[QLabel] = []
        self._muted: list[QLabel] = []

        page = QWidget()
        page.setObjectName("start.page")
        page.setMaximumWidth(WIDEST)
        page.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(page)
        column.setContentsMargins(28, 22, 28, 22)
        column.setSpacing(8)
        column.addLayout(self._header())
        self._recovery = QVBoxLayout()
        self._recovery.setSpacing(4)
        column.addLayout(self._recovery)
        column.addSpacing(10)
        column.addWidget(self._heading("Gold clusters of 55 atoms"))
        column.addLayout(self._cards())
        column.addSpacing(12)
        column.addWidget(self._heading("Hetero-aggregates of TiO₂ and WO₃"))
        column.addLayout(self._aggregate_cards())
        mixed = QGridLayout()
        mixed.setHorizontalSpacing(22)
        mixed.setVerticalSpacing(4)
        for side in (0, 1):
            mixed.setColumnStretch(side, 1)
        designs = [(name, text) for name, text in shipped_recipes().items() if name.startswith(MIXED)]
        for place, (name, text) in enumerate(designs):
            mixed.addWidget(self._recipe_row(name, text, "recipe"), place // 2, place % 2)
        column.addLayout(mixed)
        column.addSpacing(12)
        shipped = shipped_recipes()
        scenes = {name: text for name, text in shipped.items() if name.startswith(SCENES)}
        others = {name: text for name, text in shipped.items() if not name.startswith((SCENES, MIXED))}
        lists = QGridLayout()
        lists.setHorizontalSpacing(22)
        lists.setVerticalSpacing(4)
        lists.addWidget(self._heading("Scenes: particles on their supports"), 0, 0, 1, 2)
        # Read along the lines, as the cards above.
        for place, (name, text) in enumerate(scenes.items()):
            lists.addWidget(self._recipe_row(name, text, "cluster"), 1 + place // 2, place % 2)
        below = 1 + (len(scenes) + 1) // 2
        lists.setRowMinimumHeight(below, 10)
        lists.addWidget(self._heading("Series of clusters"), below + 1, 0)
        lists.addWidget(self._heading("Recent files"), below + 1, 1)
        series, self._recent = QVBoxLayout(), QVBoxLayout()
        for side, rows in enumerate((series, self._recent)):
            rows.setSpacing(4)
            lists.addLayout(rows, below + 2, side, Qt.AlignmentFlag.AlignTop)
        for name, text in others.items():
            series.addWidget(self._recipe_row(name, text, "recipe"))
        lists.setColumnStretch(0, 1)
        lists.setColumnStretch(1, 1)
        column.addLayout(lists)
        column.addStretch(1)

        middle = QWidget()
        across = QHBoxLayout(middle)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(page, 100)
        across.addStretch(1)
        area = QScrollArea(self)
        area.setObjectName("start.area")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(middle)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.refresh((), ())
        self._dress()

    # --- parts -------------------------------------------------------------------------------

    def _header(self) -> QHBoxLayout:
        mark = QLabel(self)
        mark.setPixmap(icon("app").pixmap(52, 52))
        mark.setFixedSize(56, 56)
        self._name = QLabel("Nanophantom", self)
        self._name.setObjectName("start.name")
        line = QLabel("Electron-microscopy images of nanoparticles, with their exact truth.", self)
        line.setWordWrap(True)
        self._muted.append(line)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(line)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(mark)
        row.addLayout(words, 1)
        for name, text, picture, tip, signal in (
            ("new", "New recipe", "new", "Begin a recipe with the shipped defaults.", self.new_requested),
            ("open", "Open…", "open", "Open a recipe, structure files, or a dataset to take its recipe.",
             self.open_requested),
        ):  # fmt: skip
            button = QPushButton(icon(picture), text, self)
            button.setObjectName(f"start.{name}")
            button.setAccessibleName(text.rstrip("…"))
            button.setToolTip(f"{tip} Files can also be dropped on the window.")
            button.clicked.connect(lambda *_, emit=signal.emit: emit())
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text, self)
        self._headings.append(label)
        return label

    def _cards(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        for cluster in CLUSTERS:
            card = ClassCard(cluster.title, cluster.caption, self)
            card.setObjectName(f"start.class.{cluster.geometry}")
            card.setToolTip(f"{cluster.tip} in random orientations.")
            card.clicked.connect(lambda *_, chosen=cluster.geometry: self.choose_class.emit(chosen))
            self.cards[cluster.geometry] = card
            row.addWidget(card, 1)
        return row

    def _aggregate_cards(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        for aggregate in AGGREGATES:
            card = ClassCard(aggregate.title, aggregate.caption, self)
            card.setObjectName(f"start.aggregate.{aggregate.name}")
            card.setToolTip(aggregate.tip)
            card.clicked.connect(lambda *_, chosen=aggregate.name: self.choose_aggregate.emit(chosen))
            self.aggregates[aggregate.name] = card
            row.addWidget(card, 1)
        return row

    def _recipe_row(self, name: str, description: str, picture: str) -> Row:
        row = Row(title_of(name), " ".join(description.split()), icon(picture), self)
        row.setObjectName(f"start.recipe.{name}")
        row.setToolTip(f"{description}\nRecipe: {name}" if description else f"Recipe: {name}")
        row.clicked.connect(lambda *_: self.open_recipe.emit(name))
        return row

    # --- what changes ------------------------------------------------------------------------

    def refresh(self, recent: Sequence[RecentEntry], recoverable: Sequence[RecoverableEntry]) -> None:
        """Show recent files (missing ones greyed) and work that can be recovered."""
        _empty(self._recent)
        _empty(self._recovery)
        for number, entry in enumerate(recent[:MOST_RECENT]):
            folder = "no longer there" if entry.missing else _short(entry.path.parent)
            row = Row(entry.path.name, folder, icon(_kind(entry.path)), self, middle=True)
            row.setObjectName(f"start.recent.{number}")
            row.setToolTip(str(entry.path))
            row.setEnabled(not entry.missing)
            row.clicked.connect(lambda *_, path=str(entry.path): self.open_path.emit(path))
            self._recent.addWidget(row)
        if not recent:
            line = QLabel("What you open and save is listed here.", self)
            line.setWordWrap(True)
            _colour(line)
            self._recent.addWidget(line)
        for number, left in enumerate(recoverable):
            row = Row(
                f"Recover {left.title}",
                f"Unsaved changes of {left.saved_at:%d %B, %H:%M}, from a program that did not close.",
                icon("history"),
                self,
            )
            row.setObjectName(f"start.recover.{number}")
            row.setToolTip("Open the autosaved recipe; nothing is overwritten until you save.")
            row.clicked.connect(lambda *_, chosen=left: self.recover_requested.emit(chosen))
            self._recovery.addWidget(row)

    def _show_picture(self, geometry: str, image: np.ndarray) -> None:
        card = self.cards.get(geometry) or self.aggregates.get(geometry)
        if card is not None:
            levels = np.ascontiguousarray(image, dtype=np.uint8)
            height, width = levels.shape
            picture = QImage(levels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
            card.set_picture(QPixmap.fromImage(picture.copy()))

    def _all_made(self) -> None:
        for card in (*self.cards.values(), *self.aggregates.values()):
            if not card.has_picture:
                card.set_unavailable()

    # --- events ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._maker.through:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        # What is opened now is rendered, and pictures that nobody sees must not slow it down.
        self._timer.stop()
        self._maker.interrupt()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_name"):
            self._dress()

    def _dress(self) -> None:
        """Sizes of headings from the font, weak text from the theme."""
        font = self.font()
        size = font.pointSizeF() if font.pointSizeF() > 0 else 10.0
        font.setBold(True)
        for heading in self._headings:
            heading.setFont(font)
        font.setPointSizeF(size * 1.8)
        self._name.setFont(font)
        for label in self._muted:
            _colour(label)

    def shutdown(self) -> None:
        """Stop the thumbnails; safe to call twice."""
        self._timer.stop()
        self._maker.shutdown()


def title_of(name: str) -> str:
    """Title of a shipped recipe, from its name."""
    words = [WRITTEN.get(word, word) for word in name.removeprefix(SCENES).split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _empty(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _colour(label: QLabel) -> None:
    palette = label.palette()
    palette.setColor(label.foregroundRole(), colours().muted)
    label.setPalette(palette)


def _short(folder: Path) -> str:
    """A folder as people write it, ``~`` for the home folder."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)


def _kind(path: Path) -> str:
    if path.suffix.lower() == ".toml":
        return "recipe"
    return "dataset" if path.suffix.lower() in (".json", ".jsonl", "") else "structure"
