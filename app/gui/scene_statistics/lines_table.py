"""The table of the statistics: a name and three values a line."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.gui.scene_statistics.table_model import LinesModel


class LinesTable(QTableView):
    """The lines; names get what values leave, and chosen lines are copied as tab-separated text.

    Parameters
    ----------
    model
        The lines.
    name, told
        Object name and accessible name.
    """

    def __init__(self, model: LinesModel, name: str, told: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(told)
        self.setModel(model)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(round(self.fontMetrics().height() * 1.35))
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_width()

    def share_width(self) -> None:
        """Values as wide as their words; names the rest."""
        if self.model() is None:
            return
        values = [self.sizeHintForColumn(column) for column in (1, 2, 3)]
        for column, width in enumerate(values, start=1):
            self.setColumnWidth(column, width)
        self.setColumnWidth(0, max(self.viewport().width() - sum(values), 40))

    def span_names(self) -> None:
        """Names stretch over the empty columns beside them."""
        self.clearSpans()
        model = self.model()
        for row in range(model.rowCount()):
            empty = 0
            while empty < 2 and not model.index(row, empty + 1).data():
                empty += 1
            if empty:
                self.setSpan(row, 0, 1, empty + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted({index.row() for index in self.selectedIndexes()})
            model = self.model()
            lines = ("\t".join(str(model.index(row, column).data()) for column in range(4)) for row in rows)
            QGuiApplication.clipboard().setText("\n".join(lines))
        else:
            super().keyPressEvent(event)
