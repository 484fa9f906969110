"""The pane about the specimen's atoms: a table of numbers and g(r), both computed in threads."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QSplitter, QVBoxLayout, QWidget

from app.gui.latest import Cancel, LatestTask, Tell
from app.gui.preview.flow_layout import FlowLayout
from app.gui.preview.inspect_pane import InspectPane, small_button
from app.gui.preview.results import Result
from app.gui.scene_statistics.composition import Specimen, amounts
from app.gui.scene_statistics.curve_plot import CurvePlot
from app.gui.scene_statistics.distribution import Curve, Pairs, distribution
from app.gui.scene_statistics.lines_table import LinesTable
from app.gui.scene_statistics.near_pairs import near_pairs
from app.gui.scene_statistics.report import Report, curve_csv, lines_of, report_csv
from app.gui.scene_statistics.table_model import LinesModel
from app.gui.structure.details import Details
from app.gui.structure.scene import Scene
from sim.core.errors import InputError, NanophantomError
from sim.physics.elements import symbol_of

#: Work begins this long after the last change, ms: while a slider moves nothing is counted.
PAUSE = 200
#: g(r) is counted to this at first, and at most, Å.
LARGEST, MOST = 8.0, 30.0
BUSY = "counting …"
EVERYTHING = "Whole specimen"
#: Height of the plot at least, in lines of text.
LEAST_LINES = 8


class SceneStatisticsView(InspectPane):
    """Composition, densities, distances, coordination and g(r) of the specimen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene_statistics")
        self.report: Report | None = None
        self._specimen: Specimen | None = None
        self._node = ""
        self._counted: Specimen | None = None
        self._curve_of: tuple[Specimen | None, Pairs, float] | None = None
        self._numbers = LatestTask("nanophantom-atoms", self)
        self._numbers.told.connect(self._take_report)
        self._numbers.failed.connect(self._say_failure)
        self._curves = LatestTask("nanophantom-pairs", self)
        self._curves.told.connect(self._take_curve)
        self._curves.failed.connect(self._say_no_curve)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._begin)
        self._build()

    # --- construction ------------------------------------------------------------------------

    def _build(self) -> None:
        self.model = LinesModel(self)
        self.table = LinesTable(self.model, "scene_statistics.table", "Numbers about the specimen's atoms")
        self.plot = CurvePlot()
        self.read_label = QLabel()
        self.read_label.setObjectName("scene_statistics.read")
        self.plot.read.connect(self.read_label.setText)
        self.whose = QComboBox()
        self.whose.setObjectName("scene_statistics.whose")
        self.whose.setAccessibleName("Atoms of which g(r) is counted")
        self.whose.setToolTip(
            "Atoms of which g(r) is counted: all, over what encloses them, or those inside each object of "
            "the chosen node, over its volume"
        )
        self.whose.addItem(EVERYTHING)
        self.pairs = QComboBox()
        self.pairs.setObjectName("scene_statistics.pairs")
        self.pairs.setAccessibleName("Elements whose pairs are counted")
        self.pairs.setToolTip("Elements whose pairs are counted")
        self.pairs.addItem("All pairs", None)
        self.largest = QDoubleSpinBox()
        self.largest.setObjectName("scene_statistics.largest")
        self.largest.setAccessibleName("Largest distance, Å")
        self.largest.setToolTip(f"Largest distance, 1 to {MOST:g} Å; twice as far takes eight times as long")
        self.largest.setRange(1.0, MOST)
        self.largest.setDecimals(1)
        self.largest.setValue(LARGEST)
        self.largest.setSuffix(" Å")
        self.largest.setKeyboardTracking(False)
        for box in (self.whose, self.pairs):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(11)
            box.currentIndexChanged.connect(lambda *_: self._wish_curve())
        self.largest.valueChanged.connect(lambda *_: self._wish_curve())
        self.copy_button = small_button(
            "scene_statistics.copy", "Copy CSV", "Copy all numbers as comma-separated values"
        )
        self.copy_button.clicked.connect(self.copy_csv)
        self.copy_curve_button = small_button(
            "scene_statistics.copy_curve", "Copy g(r)", "Copy r (Å), g and the counted pairs as CSV"
        )
        self.copy_curve_button.clicked.connect(self.copy_curve)
        self.state_label = QLabel()
        self.state_label.setObjectName("scene_statistics.state")
        self.state_label.setWordWrap(True)
        upper, lower = QWidget(self), QWidget(self)
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(2)
        above.addWidget(self.table, 1)
        row = FlowLayout(gap=5)
        row.setContentsMargins(4, 0, 4, 2)
        row.addWidget(self.copy_button)
        row.addWidget(self.state_label)
        above.addLayout(row)
        below = QVBoxLayout(lower)
        below.setContentsMargins(2, 0, 2, 0)
        below.setSpacing(0)
        below.addWidget(self.plot, 1)
        below.addWidget(self.read_label, 0, Qt.AlignmentFlag.AlignRight)
        row = FlowLayout(gap=5)
        row.setContentsMargins(4, 0, 4, 2)
        for widget in (self.whose, self.pairs, QLabel("to"), self.largest, self.copy_curve_button):
            row.addWidget(widget)
        below.addLayout(row)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("scene_statistics.splitter")
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
        """Count the atoms of another specimen, once the pane is open and the changes pause."""
        details = result.details or Details(Scene.of(result.structure))
        shown = self._specimen
        if shown is not None and shown.structure is result.structure and shown.details is details:
            return
        motions = np.asarray(result.parts.get("motions", np.zeros((0, 3, 4))))
        self._specimen = Specimen(result.structure, details, result.job.specimen, motions)
        self._numbers.cancel()
        self._curves.cancel()
        self._offer_pairs()
        self._offer_node()
        self._wish()

    def set_node(self, name: str) -> None:
        """The node that is chosen in the window: its own g(r) is offered."""
        if name != self._node:
            self._node = name
            self._offer_node()

    def shutdown(self) -> None:
        """Stop counting."""
        self._pause.stop()
        self._numbers.close()
        self._curves.close()

    def copy_csv(self) -> None:
        """All numbers to the clipboard."""
        if self.report is not None:
            QGuiApplication.clipboard().setText(report_csv(self.report))
            self.copied.emit("statistics of the atoms")

    def copy_curve(self) -> None:
        """g(r) to the clipboard."""
        if self.plot.curve is not None:
            QGuiApplication.clipboard().setText(curve_csv(self.plot.curve))
            self.copied.emit("g(r)")

    # --- choices -----------------------------------------------------------------------------

    def chosen_pairs(self) -> Pairs:
        """Whose pairs are to be counted."""
        node = self.whose.currentData() if self.whose.currentIndex() > 0 else ""
        return Pairs(self.pairs.currentData(), node or "")

    def _offer_pairs(self) -> None:
        assert self._specimen is not None
        # Of a million atoms np.unique would take longer than a frame.
        elements = np.flatnonzero(np.bincount(self._specimen.structure.numbers)).tolist()
        offered = list(combinations_with_replacement(elements, 2))
        if offered == [self.pairs.itemData(index) for index in range(1, self.pairs.count())]:
            return
        chosen = self.pairs.currentData()
        with QSignalBlocker(self.pairs):
            while self.pairs.count() > 1:
                self.pairs.removeItem(1)
            for one, two in offered:
                self.pairs.addItem(f"{symbol_of(one)}–{symbol_of(two)}", (one, two))
            self.pairs.setCurrentIndex(offered.index(chosen) + 1 if chosen in offered else 0)

    def _offer_node(self) -> None:
        known = self._specimen is not None and self._has_atoms(self._specimen, self._node)
        before = self.chosen_pairs()
        with QSignalBlocker(self.whose):
            on_node = self.whose.currentIndex() == 1
            while self.whose.count() > 1:
                self.whose.removeItem(1)
            if known:
                self.whose.addItem(f"Node {self._node}", self._node)
                self.whose.setCurrentIndex(1 if on_node else 0)
        if self.chosen_pairs() != before:
            self._wish_curve()

    @staticmethod
    def _has_atoms(specimen: Specimen, name: str) -> bool:
        numbers = specimen.details.numbers_of(name) if name else ()
        # An object with atoms has a grain.
        return any(specimen.details.grains[number] for number in numbers)

    # --- counting ----------------------------------------------------------------------------

    def _wish(self) -> None:
        if self.isVisible():
            self._pause.start()
            self._say()

    def _wish_curve(self) -> None:
        self._curves.cancel()
        self._wish()

    def _begin(self) -> None:
        specimen = self._specimen
        if specimen is None or not self.isVisible():
            return
        if self._counted is not specimen:
            self._counted = specimen

            def count(cancel: Cancel, tell: Tell) -> None:
                found = amounts(specimen, cancel)
                own = specimen.structure
                near = near_pairs(own.numbers, own.positions, specimen.details.object_of, cancel)
                tell(Report(found, near, specimen.details.objects))

            self.report = None
            self._numbers.request(count)
        wanted = (specimen, self.chosen_pairs(), self.largest.value())
        if wanted != self._curve_of:
            self._curve_of = wanted
            self.plot.show_curve(None, BUSY)

            def curve(cancel: Cancel, tell: Tell) -> None:
                tell(distribution(specimen, wanted[1], wanted[2], cancel))

            self._curves.request(curve)
        self._say()

    def _take_report(self, report: Report) -> None:
        self.report = report
        self.model.show_lines(lines_of(report))
        self.table.span_names()
        self.table.share_width()
        self._say()

    def _take_curve(self, curve: Curve) -> None:
        if curve.pairs.any():
            self.plot.show_curve(curve)
        else:
            self.plot.show_curve(None, "No such pair of atoms within this distance.")
        self._say()

    def _say_failure(self, error: Exception) -> None:
        self._say(str(error))

    def _say_no_curve(self, error: Exception) -> None:
        sentence = str(error) if isinstance(error, NanophantomError) else f"g(r) failed: {error}"
        if isinstance(error, InputError):
            said = f"{error.parameter} {error.problem}."
            sentence = said[:1].upper() + said[1:]
        self.plot.show_curve(None, sentence)
        self._say()

    def _say(self, words: str = "") -> None:
        busy = self._specimen is not None and (self.report is None or self._counted is not self._specimen)
        self.state_label.setText(words or (BUSY if busy else ""))
        self.copy_button.setEnabled(self.report is not None)
        self.copy_curve_button.setEnabled(self.plot.curve is not None)

    # --- Qt ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._specimen is not None:
            self._wish()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pause.stop()
        super().hideEvent(event)
