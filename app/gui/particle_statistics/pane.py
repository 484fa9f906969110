"""The pane about the specimen's particles: a table of descriptors and their distributions."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QLabel, QSplitter, QVBoxLayout, QWidget

from app.gui.latest import Cancel, LatestTask, Tell
from app.gui.particle_statistics.numbers import Numbers, numbers_of
from app.gui.particle_statistics.plot_view import PlotView
from app.gui.particle_statistics.plots import PLOTS, plot_csv
from app.gui.particle_statistics.report import lines_of, report_csv, warning_of
from app.gui.preview.flow_layout import FlowLayout
from app.gui.preview.inspect_pane import InspectPane, small_button
from app.gui.preview.results import Result
from app.gui.scene_statistics.lines_table import LinesTable
from app.gui.scene_statistics.table_model import LinesModel

#: Work begins this long after the last change, ms: while a slider moves nothing is counted.
PAUSE = 200
BUSY = "counting …"
#: Height of the plot at least, in lines of text.
LEAST_LINES = 9


class ParticleStatisticsView(InspectPane):
    """Contacts, mixing, clusters, extent and distributions of a specimen of particles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("particle_statistics")
        self.numbers: Numbers | None = None
        self._result: Result | None = None
        self._counted: Result | None = None
        self._task = LatestTask("nanophantom-particles", self)
        self._task.told.connect(self._take)
        self._task.failed.connect(lambda error: self._say(str(error)))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._begin)
        self._build()

    # --- construction ------------------------------------------------------------------------

    def _build(self) -> None:
        self.model = LinesModel(self)
        self.table = LinesTable(self.model, "particle_statistics.table", "Numbers about the particles")
        self.plot = PlotView()
        self.read_label = QLabel()
        self.read_label.setObjectName("particle_statistics.read")
        self.plot.read.connect(self.read_label.setText)
        self.which = QComboBox()
        self.which.setObjectName("particle_statistics.which")
        self.which.setAccessibleName("What is plotted")
        self.which.setToolTip("What is plotted")
        self.which.addItems(list(PLOTS))
        self.which.currentIndexChanged.connect(lambda *_: self._plot())
        self.copy_button = small_button(
            "particle_statistics.copy", "Copy CSV", "Copy all numbers as comma-separated values"
        )
        self.copy_button.clicked.connect(self.copy_csv)
        self.copy_plot_button = small_button(
            "particle_statistics.copy_plot", "Copy plot", "Copy what is plotted as comma-separated values"
        )
        self.copy_plot_button.clicked.connect(self.copy_plot)
        self.state_label = QLabel()
        self.state_label.setObjectName("particle_statistics.state")
        self.state_label.setWordWrap(True)
        upper, lower = QWidget(self), QWidget(self)
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(2)
        above.addWidget(self.table, 1)
        above.addWidget(self.state_label)
        row = FlowLayout(gap=5)
        row.setContentsMargins(4, 0, 4, 2)
        row.addWidget(self.copy_button)
        above.addLayout(row)
        below = QVBoxLayout(lower)
        below.setContentsMargins(2, 0, 2, 0)
        below.setSpacing(0)
        below.addWidget(self.plot, 1)
        below.addWidget(self.read_label, 0, Qt.AlignmentFlag.AlignRight)
        row = FlowLayout(gap=5)
        row.setContentsMargins(4, 0, 4, 2)
        for widget in (self.which, self.copy_plot_button):
            row.addWidget(widget)
        below.addLayout(row)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("particle_statistics.splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(lower)
        self.plot.setMinimumHeight(LEAST_LINES * self.fontMetrics().height())
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)
        self._say()

    # --- what is shown -----------------------------------------------------------------------

    def set_result(self, result: Result) -> None:
        """Count the particles of another image, once the pane is open and the changes pause."""
        self._result = result
        if not self._is_counted():
            self._task.cancel()
            self._wish()

    def shutdown(self) -> None:
        """Stop counting."""
        self._pause.stop()
        self._task.close()

    def copy_csv(self) -> None:
        """All numbers to the clipboard."""
        if self.numbers is not None:
            QGuiApplication.clipboard().setText(report_csv(self.numbers))
            self.copied.emit("statistics of the particles")

    def copy_plot(self) -> None:
        """What is plotted to the clipboard."""
        if self.plot.plot is not None:
            QGuiApplication.clipboard().setText(plot_csv(self.plot.plot))
            self.copied.emit(self.which.currentText().lower())

    # --- counting ----------------------------------------------------------------------------

    def _is_counted(self) -> bool:
        """Whether the numbers are, or will be, those of what is shown."""
        result, counted = self._result, self._counted
        if result is None or counted is None:
            return result is None
        return result.structure is counted.structure and result.sample is counted.sample

    def _wish(self) -> None:
        if self.isVisible():
            self._pause.start()
            self._say()

    def _begin(self) -> None:
        result = self._result
        if result is None or self._is_counted() or not self.isVisible():
            return
        self._counted = result

        def count(cancel: Cancel, tell: Tell) -> None:
            tell(numbers_of(result.structure, result.job.specimen, result.sample.truth, cancel))

        self._task.request(count)
        self._say()

    def _take(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.model.show_lines(lines_of(numbers))
        self.table.span_names()
        self.table.share_width()
        self._plot()
        self._say()

    def _plot(self) -> None:
        make = PLOTS[self.which.currentText()]
        self.plot.show_plot(None if self.numbers is None else make(self.numbers))
        self.plot.setAccessibleName(self.which.currentText())

    def _say(self, words: str = "") -> None:
        if not words and self.numbers is not None:
            words = warning_of(self.numbers)
        if not words and self._result is not None and self.numbers is None:
            words = BUSY
        self.state_label.setText(words)
        self.state_label.setVisible(bool(words))
        self.copy_button.setEnabled(self.numbers is not None)
        self.copy_plot_button.setEnabled(self.plot.plot is not None)

    # --- Qt ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_counted():
            self._wish()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pause.stop()
        super().hideEvent(event)
