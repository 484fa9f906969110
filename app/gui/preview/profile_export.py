"""Pyqtgraph's export dialog for the profile plot.  Imports pyqtgraph: import it late."""

from __future__ import annotations

import importlib
from typing import Any

import pyqtgraph
from pyqtgraph.exporters import CSVExporter, Exporter, ImageExporter, SVGExporter
from pyqtgraph.GraphicsScene.exportDialog import ExportDialog
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTreeWidgetItem, QWidget

# The module, not the class that hides it under the same name in its package.
_svg: Any = importlib.import_module("pyqtgraph.exporters.SVGExporter")
_correct_coordinates = _svg.correctCoordinates


def _correct_open_paths(node: Any, *others: Any) -> None:
    """Take the mark of closed paths off, which pyqtgraph 0.14 reads as a point and stumbles over.

    Qt writes the last point of a closed path anyway (pyqtgraph's issue 3495).
    """
    for path in node.getElementsByTagName("path"):
        path.setAttribute("d", " ".join(part for part in path.getAttribute("d").split() if part != "Z"))
    _correct_coordinates(node, *others)


_svg.correctCoordinates = _correct_open_paths


class CurveSvg(SVGExporter):
    """SVG with the curve as one line, not as the segments that are faster on the screen."""

    def export(self, *args: Any, **kwargs: Any) -> Any:
        lines = [item.curve for item in self.item.curves]
        modes = [line.opts["segmentedLineMode"] for line in lines]
        for line in lines:
            line.setSegmentedLineMode("off")
        try:
            return super().export(*args, **kwargs)
        finally:
            for line, mode in zip(lines, modes, strict=True):
                line.setSegmentedLineMode(mode)


# Of the others one needs matplotlib, and the rest is of no use for one curve.
Exporter.Exporters[:] = [ImageExporter, CurveSvg, CSVExporter]


class ExportProfile(ExportDialog):
    """The dialog for the one plot there is.

    It and what it opens are children of the plot: they go with the window, and do not keep the program
    alive.

    Parameters
    ----------
    plot
        A ``PlotWidget``.
    """

    def __init__(self, plot: Any) -> None:
        super().__init__(plot.scene())
        self.setParent(plot, Qt.WindowType.Dialog)
        self.setObjectName("preview.profile.export_dialog")
        self.setWindowTitle("Export profile")
        self.resize(340, 420)
        self._item = plot.plotItem
        self.ui.label.hide()
        self.ui.itemTree.hide()

    def show(self, item: object = None) -> None:
        """Show; always for the whole plot."""
        super().show(self._item)

    def updateItemList(self, select: object = None) -> None:
        entry = QTreeWidgetItem(["Plot"])
        entry.gitem = self._item  # type: ignore[attr-defined]
        self.ui.itemTree.clear()
        self.ui.itemTree.addTopLevelItem(entry)
        self.ui.itemTree.setCurrentItem(entry)

    def exportFormatChanged(self, item: Any, previous: Any) -> None:
        super().exportFormatChanged(item, previous)
        for button in self.ui.paramTree.findChildren(pyqtgraph.ColorButton):
            _adopt(button, button.colorDialog)

    def exportClicked(self) -> None:
        super().exportClicked()
        chooser = getattr(self.currentExporter, "fileDialog", None)
        if chooser is not None and chooser.isVisible():
            _adopt(self, chooser)
            chooser.show()


def _adopt(parent: QWidget, dialog: QDialog) -> None:
    if dialog.parent() is None:
        dialog.setParent(parent, dialog.windowFlags())
