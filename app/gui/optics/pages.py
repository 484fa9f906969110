"""The pages whose contents follow from the settings alone: transfer, map, probe, phase, detectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.gui.frame.sentence_label import SentenceLabel
from app.gui.latest import Cancel
from app.gui.optics.lines_plot import Line, Lines, LinesPlot, Place
from app.gui.optics.microscope import Microscope
from app.gui.optics.plane import (
    detector_plane,
    detector_warnings,
    phase_facts,
    phase_plane,
    transfer_plane,
)
from app.gui.optics.plane_view import PlaneView
from app.gui.optics.probe_shape import (
    PhaseMap,
    ProbeShape,
    phase_map,
    probe_csv,
    probe_facts,
    probe_shape,
    read_probe,
)
from app.gui.optics.transfer_curves import (
    CONVENTIONS,
    NAMED_ZEROS,
    TransferCurve,
    curve_csv,
    facts,
    read_curve,
    scherzer_offer,
    transfer_curve,
    transfer_map,
)
from app.gui.preview.flow_layout import FlowLayout
from app.gui.preview.inspect_pane import small_button
from sim.physics.optics.transfer import ScherzerConvention

#: Computes what a page shows, in a thread.
Compute = Callable[[Cancel], Any]


def fitting_sentence(name: str) -> SentenceLabel:
    """A sentence that is as high as its words need at its width: the picture gets the rest."""
    sentence = SentenceLabel()
    sentence.setObjectName(name)
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    sentence.setSizePolicy(policy)
    return sentence


class Page(QWidget):
    """A picture, what is read off it, and a sentence.

    Signals
    -------
    copied
        Something was copied to the clipboard (what).
    changed
        A choice on the page asks for another picture.
    """

    copied = Signal(str)
    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"optics.{name}")
        self.read_label = QLabel()
        self.read_label.setObjectName(f"optics.{name}.read")
        self.read_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.read_label.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence = fitting_sentence(f"optics.{name}.facts")

    def lay_out(self, picture: QWidget, controls: tuple[QWidget, ...] = ()) -> None:
        """The picture above, then the read-out, the controls and the sentence."""
        column = QVBoxLayout(self)
        column.setContentsMargins(3, 3, 3, 3)
        column.setSpacing(2)
        column.addWidget(picture, 1)
        column.addWidget(self.read_label)
        if controls:
            row = FlowLayout(gap=5)
            for control in controls:
                row.addWidget(control)
            column.addLayout(row)
        column.addWidget(self.sentence)

    def compute(self, microscope: Microscope) -> Compute | None:
        """What has to be computed for these settings; None if nothing."""
        del microscope
        return None

    def show_found(self, found: Any, microscope: Microscope) -> None:
        """Show what was computed."""

    def show_failure(self, words: str) -> None:
        """Say why there is nothing to show."""
        self.sentence.say("error", words)

    def _copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(what)


class TransferPage(Page):
    """The contrast transfer function along one direction, and Scherzer's focus.

    Signals
    -------
    defocus_chosen
        The button was pressed: the defocus in Å, and the name of the step.
    """

    defocus_chosen = Signal(float, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("transfer", parent)
        self.curve: TransferCurve | None = None
        self._microscope: Microscope | None = None
        self._held = ""
        self.plot = LinesPlot("optics.transfer.plot", "Contrast transfer function")
        self.plot.read.connect(self.read_label.setText)
        self.azimuth = QDoubleSpinBox()
        self.azimuth.setObjectName("optics.transfer.azimuth")
        self.azimuth.setAccessibleName("Direction of the curve, degrees")
        self.azimuth.setToolTip("Direction of the curve, −180° to 180° from +x (right) towards +y (up)")
        self.azimuth.setRange(-180.0, 180.0)
        self.azimuth.setDecimals(0)
        self.azimuth.setSingleStep(15.0)
        self.azimuth.setSuffix("°")
        self.azimuth.setPrefix("along ")
        self.azimuth.valueChanged.connect(lambda *_: self.changed.emit())
        self.scherzer_label = fitting_sentence("optics.transfer.scherzer_words")
        self._build_scherzer()
        self.copy_button = small_button(
            "optics.transfer.copy", "Copy CSV", "Copy k, sin χ, transfer and envelopes as CSV"
        )
        self.copy_button.clicked.connect(self._copy_curve)
        self.lay_out(self.plot, (self.azimuth, self.scherzer_button, self.copy_button))
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.scherzer_label)

    def _build_scherzer(self) -> None:
        self.scherzer_button = QToolButton()
        self.scherzer_button.setObjectName("optics.transfer.scherzer")
        self.scherzer_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.scherzer_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.scherzer_button.clicked.connect(self._press)
        menu = QMenu(self.scherzer_button)
        menu.setObjectName("optics.transfer.conventions")
        group = QActionGroup(menu)
        self.conventions: dict[ScherzerConvention, QAction] = {}
        for convention, words in CONVENTIONS.items():
            action = menu.addAction(words)
            action.setCheckable(True)
            group.addAction(action)
            self.conventions[convention] = action
        next(iter(self.conventions.values())).setChecked(True)
        group.triggered.connect(lambda *_: self._offer())
        self.scherzer_button.setMenu(menu)
        self._offer()

    @property
    def convention(self) -> ScherzerConvention:
        """Which of the conventions is chosen."""
        return next(name for name, action in self.conventions.items() if action.isChecked())

    def hold(self, reason: str) -> None:
        """The defocus cannot be set for a reason; empty: it can."""
        self._held = reason
        self._offer()

    def compute(self, microscope: Microscope) -> Compute | None:
        self._microscope = microscope
        self._offer()
        azimuth = self.azimuth.value()
        return lambda cancel: transfer_curve(microscope, azimuth, cancel)

    def show_found(self, found: TransferCurve, microscope: Microscope) -> None:
        self.curve = found
        wavelength = microscope.wavelength
        self.plot.show_lines(
            Lines(
                found.k,
                tuple(_lines_of(found)),
                tuple(_places_of(found)),
                (-1.05, 1.55),
                "k, Å⁻¹",
                f"sin χ and transfer along {found.azimuth:g}°".replace("-", "−"),
                lambda k: read_curve(found, k, wavelength),
            )
        )
        self.sentence.say("muted", facts(found))

    def show_failure(self, words: str) -> None:
        self.curve = None
        self.plot.show_lines(None, words)
        self.sentence.say("muted", "")

    def _offer(self) -> None:
        name = self.convention
        self.scherzer_button.setText(f"Scherzer ({name})" if name != "scherzer" else "Scherzer (√4/3)")
        self.scherzer_button.setAccessibleName("Set Scherzer’s defocus")
        if self._microscope is None:
            self.scherzer_button.setEnabled(False)
            return
        offer = scherzer_offer(self._microscope, name)
        words = offer.words if offer.defocus is None or not self._held else self._held
        possible = offer.defocus is not None and not self._held
        self.scherzer_button.setEnabled(possible)
        self.scherzer_button.setToolTip(f"Set the defocus. {words}" if possible else words)
        self.scherzer_label.say("muted", words)

    def _press(self) -> None:
        if self._microscope is None or self._held:
            return
        offer = scherzer_offer(self._microscope, self.convention)
        if offer.defocus is not None:
            # A tenth of an ångström is far below any focal spread.
            self.defocus_chosen.emit(round(offer.defocus, 1), f"Scherzer focus ({self.convention})")

    def _copy_curve(self) -> None:
        if self.curve is not None:
            self._copy(curve_csv(self.curve), "contrast transfer function")


def _lines_of(found: TransferCurve) -> list[Line]:
    lines = [Line("sin χ", found.sine, "faint")]
    singles = (
        Line("focal spread", found.focal_spread, "first"),
        Line("illumination", found.convergence, "second"),
        Line("vibration", found.vibration, "third"),
    )
    acting = [line for line in singles if float(line.y.min()) < 0.999]
    lines += acting
    if acting:
        lines.append(Line("all envelopes" if len(acting) > 1 else "", found.envelope, "whole"))
        lines.append(Line("", -found.envelope, "whole"))
    return [*lines, Line("transfer", found.transfer, "main")]


def _places_of(found: TransferCurve) -> list[Place]:
    places = []
    for number, zero in enumerate(found.zeros[:NAMED_ZEROS].tolist()):
        # Only the first is named in the plot: the next ones lie close, the sentence below has them.
        places.append(Place(zero, f"{1.0 / zero:.2f} Å" if number == 0 else "", strong=False))
    if found.limit:
        places.append(Place(found.limit, f"limit {1.0 / found.limit:.2f} Å"))
    if found.aperture:
        places.append(Place(found.aperture, "aperture"))
    places.append(Place(found.nyquist, "Nyquist"))
    return places


class MapPage(Page):
    """The contrast transfer function in all directions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("map", parent)
        self.view = PlaneView("optics.map.view", "Contrast transfer in all directions")
        self.view.read.connect(self.read_label.setText)
        self.lay_out(self.view)

    def compute(self, microscope: Microscope) -> Compute | None:
        def work(cancel: Cancel) -> Any:
            return transfer_plane(transfer_map(microscope, cancel), microscope)

        return work

    def show_found(self, found: Any, microscope: Microscope) -> None:
        self.view.show_plane(found)
        self.sentence.say("muted", "sin χ with the envelopes: black −1, grey 0, white 1.")


class ProbePage(Page):
    """Intensity of the probe against distance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("probe", parent)
        self.shape: ProbeShape | None = None
        self.plot = LinesPlot("optics.probe.plot", "Profile of the probe")
        self.plot.read.connect(self.read_label.setText)
        self.copy_button = small_button(
            "optics.probe.copy", "Copy CSV", "Copy distance and intensity with and without source size as CSV"
        )
        self.copy_button.clicked.connect(self._copy_profile)
        self.lay_out(self.plot, (self.copy_button,))

    def compute(self, microscope: Microscope) -> Compute | None:
        return lambda cancel: probe_shape(microscope, cancel)

    def show_found(self, found: ProbeShape, microscope: Microscope) -> None:
        self.shape = found
        lines = [Line("with source size" if microscope.source_size else "", found.blurred, "main")]
        if microscope.source_size:
            lines.insert(0, Line("point source", found.coherent, "first"))
        places = [Place(found.d59 / 2.0, "d59/2")]
        if math.isfinite(found.fwhm):
            places.append(Place(found.fwhm / 2.0, "FWHM/2"))
        self.plot.show_lines(
            Lines(
                found.r,
                tuple(lines),
                tuple(places),
                (0.0, 1.3),
                "Distance, Å",
                "Intensity, mean over directions",
                lambda r: read_probe(found, r),
            )
        )
        self.sentence.say("muted", probe_facts(found))

    def show_failure(self, words: str) -> None:
        self.shape = None
        self.plot.show_lines(None, words)
        self.sentence.say("muted", "")

    def _copy_profile(self) -> None:
        if self.shape is not None:
            self._copy(probe_csv(self.shape), "profile of the probe")


class PhasePage(Page):
    """The aberration phase over the probe's aperture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("phase", parent)
        self.view = PlaneView("optics.phase.view", "Aberration phase over the aperture")
        self.view.read.connect(self.read_label.setText)
        self.lay_out(self.view)

    def compute(self, microscope: Microscope) -> Compute | None:
        def work(cancel: Cancel) -> Any:
            found: PhaseMap = phase_map(microscope, cancel)
            return phase_plane(found, microscope), phase_facts(found, microscope)

        return work

    def show_found(self, found: Any, microscope: Microscope) -> None:
        self.view.show_plane(found[0])
        self.sentence.say("muted", found[1])


class DetectorsPage(Page):
    """The detectors in the diffraction plane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("detectors", parent)
        self.view = PlaneView("optics.detectors.view", "Detectors in the diffraction plane")
        self.view.read.connect(self.read_label.setText)
        self.lay_out(self.view)

    def compute(self, microscope: Microscope) -> Compute | None:
        # A few circles: nothing to wait for.
        self.view.show_plane(detector_plane(microscope))
        warnings = detector_warnings(microscope)
        if warnings:
            self.sentence.say("warning", "\n".join(warnings))
        elif microscope.band_limit:
            limit = microscope.angle(microscope.band_limit)
            self.sentence.say("muted", f"All detectors lie within the band limit of {limit:.0f} mrad.")
        else:
            self.sentence.say("muted", "The linear model samples no wave and has no band limit.")
        return None
