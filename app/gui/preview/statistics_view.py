"""Numbers of the shown image, and the truth behind it, as a table to read and copy."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.preview.inspect_pane import InspectPane
from app.gui.preview.results import Result
from app.gui.preview.truth_rows import Row, truth_rows

#: Part of the width that names take at most: in a narrow pane it is the values that are to be read.
NAMES_PART = 0.55


class _Table(QTableWidget):
    """A table whose chosen rows are copied as tab-separated text."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_width()

    def share_width(self) -> None:
        """Give names what they need, and values the rest."""
        most = round(NAMES_PART * self.viewport().width())
        self.setColumnWidth(0, min(self.sizeHintForColumn(0), most))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted({index.row() for index in self.selectedIndexes()})
            QGuiApplication.clipboard().setText("\n".join(self._line(row) for row in rows))
        else:
            super().keyPressEvent(event)

    def _line(self, row: int) -> str:
        cells = (self.item(row, column) for column in range(self.columnCount()))
        return "\t".join("" if cell is None else cell.text() for cell in cells)


class StatisticsView(InspectPane):
    """Statistics of the image and truth of its sample, in groups."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.statistics")
        self.table = _Table(0, 2)
        self.table.setObjectName("preview.statistics.table")
        self.table.setAccessibleName("Statistics and truth of the image")
        self.table.setToolTip("Choose rows and copy them with Ctrl+C")
        self.table.horizontalHeader().hide()
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(round(self.fontMetrics().height() * 1.35))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self._shown: list[Row] = []

    def set_result(self, result: Result) -> None:
        """Show another image's numbers; only cells that differ are touched."""
        rows = truth_rows(result)
        if [row.name for row in rows] != [row.name for row in self._shown]:
            self._rebuild(rows)
        for number, (row, before) in enumerate(zip(rows, self._shown, strict=True)):
            if row.value != before.value:
                item = self.table.item(number, 1)
                if item is not None:
                    item.setText(row.value)
                    item.setToolTip(row.value)
        self._shown = rows

    def _rebuild(self, rows: list[Row]) -> None:
        self.table.clearSpans()
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            name = QTableWidgetItem(row.name)
            name.setToolTip(row.about or row.name)
            value = QTableWidgetItem(row.value)
            value.setToolTip(row.value)
            if row.heading:
                font = name.font()
                font.setBold(True)
                name.setFont(font)
                name.setFlags(Qt.ItemFlag.ItemIsEnabled)
                value.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self.table.setSpan(number, 0, 1, 2)
            self.table.setItem(number, 0, name)
            self.table.setItem(number, 1, value)
        self.table.share_width()
        self._shown = rows
