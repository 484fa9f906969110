"""The pane about particles: its numbers, plots and clipboard, under real events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.document.sections import with_values
from app.gui.document.usual import with_usual
from app.gui.particle_statistics import plots
from app.gui.particle_statistics.numbers import Law, Numbers, numbers_of
from app.gui.particle_statistics.pane import ParticleStatisticsView
from app.gui.particle_statistics.report import lines_of, report_csv, warning_of
from app.gui.preview.results import Display, Result, Selection
from app.gui.preview.worker import PreviewWorker, Request
from app.gui.specimen_statistics import SpecimenStatistics
from sim.core.types import Particles
from sim.recipe.model import Recipe
from sim.specimen.aggregate.settings import AggregateSpecimen

pytestmark = pytest.mark.gui


def chain() -> Particles:
    """A row of four: A, A, B, A with radii 30, 40, 20 and 50 Å."""
    centres = np.array([[0.0, 0.0, 0.0], [70.0, 0.0, 0.0], [130.0, 0.0, 0.0], [200.0, 0.0, 0.0]])
    contacts = np.array([[0, 1], [1, 2], [2, 3]])
    facts = {"fact.gyration_target": np.array(60.0)}
    return Particles(centres, np.array([30.0, 40.0, 20.0, 50.0]), np.array([0, 0, 1, 0]), contacts, facts)


def numbers() -> Numbers:
    return numbers_of(chain(), AggregateSpecimen(number=4), {}, lambda: None)


@pytest.fixture(scope="module")
def make() -> Callable[..., Result]:
    """A preview of a small aggregate, or of a cluster of atoms."""
    worker = PreviewWorker()

    def build(**values: Any) -> Result:
        usual = Recipe()
        small = {"image.width": 64, "image.height": 64, "image.pixel_size": 20.0}
        wanted = {"specimen.kind": "aggregate", "specimen.number": 20, **small, **values}
        recipe = with_values(usual, with_usual(usual, wanted))
        result = worker.make(Request(1, recipe, Selection(), Display()), lambda: None)
        assert result is not None
        return result

    return build


def test_numbers_of_a_row_are_those_counted_by_hand() -> None:
    found = numbers()
    cells = {line.cells[0].strip(): line.cells[1:] for line in lines_of(found)}
    assert found.materials == ("TiO2", "WO3")
    assert cells["TiO2"][0] == "3" and cells["TiO2"][2] == "4"
    assert cells["CN"] == ("1.5", "1.33", "2")
    # Two hetero-contacts: 2/3 for A, 2 for B, and of all (2 + 2)/4.
    assert cells["HCN"] == ("1", "0.667", "2")
    assert cells["of two materials"][2] == "2"
    assert cells["Hetero fraction"][2] == "0.667"
    assert cells["Mean size"] == ("", "1.5", "1")
    assert cells["Seen by a particle"] == ("", "1.67", "1")
    assert cells["R_g, nm"][1] == "6"
    assert cells["Fractal dimension"][1] == "1.8"


def test_a_radius_of_gyration_beyond_one_per_cent_is_warned_of() -> None:
    found = numbers()
    assert "off what was asked for" in warning_of(found)
    marked = [line for line in lines_of(found) if line.warning]
    assert [line.cells[0] for line in marked] == ["R_g, nm"]
    reached = found.of("gyration_radius")
    assert reached is not None
    for share, warned in ((1.009, False), (1.011, True), (0.989, True)):
        near = replace(found, wanted={"gyration_radius": reached / share})
        assert bool(warning_of(near)) is warned
    assert warning_of(replace(found, wanted={})) == ""


def test_truth_of_the_image_goes_before_what_is_counted_anew(make: Callable[..., Result]) -> None:
    result = make()
    found = numbers_of(result.structure, result.job.specimen, result.sample.truth, lambda: None)
    alone = numbers_of(result.structure, result.job.specimen, {}, lambda: None)
    assert found.of("projected_area") and alone.of("projected_area") is None
    for name in ("hetero_fraction", "gyration_radius", "coordination_mean", "packing"):
        assert found.of(name) == pytest.approx(alone.of(name))
    assert found.several("pair_correlation") == alone.several("pair_correlation")
    assert {line.cells[0] for line in lines_of(found)} >= {"Area, nm²", "In the image"}


def test_plots_show_what_the_particles_have() -> None:
    found = numbers()
    radii = plots.radii(found)
    width = float(radii.edges[1] - radii.edges[0])
    # Densities: each material's bars have the area 1, and so have the laws but for their tails.
    assert [float(series.y.sum()) * width for series in radii.bars] == pytest.approx([1.0, 1.0])
    step = float(radii.curves[0].x[1] - radii.curves[0].x[0])
    assert float(radii.curves[0].y.sum()) * step == pytest.approx(1.0, abs=0.02)
    assert plots.coordination(found).bars[0].y.tolist() == [0.0, 0.5, 0.5, 0.0]
    hetero = plots.hetero(found)
    assert hetero.bars[0].y.tolist() == pytest.approx([1 / 3, 2 / 3, 0.0, 0.0])
    assert hetero.bars[1].y.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert hetero.said_at(1) == "1 · TiO2 0.667 · WO3 0"
    assert len(plots.pairs(found).curves) == 2
    lines = plots.plot_csv(hetero).splitlines()
    assert lines[0] == "from,to,TiO2,WO3" and lines[2].startswith("0.5,1.5,0.6666")


def test_a_law_peaks_below_its_median() -> None:
    law = Law(40.0, 0.25)
    x = np.linspace(5.0, 150.0, 4000)
    density = law.density(x)
    # The mode of a log-normal law is median · exp(−s²).
    assert x[np.argmax(density)] == pytest.approx(40.0 * np.exp(-0.0625), abs=0.1)
    half = float(density[x < 40.0].sum() / density.sum())
    assert half == pytest.approx(0.5, abs=2e-3)
    assert not Law(40.0, 0.0).density(x).any()


def test_one_material_alone_and_two_particles_can_be_shown() -> None:
    pair = Particles(
        np.array([[0.0, 0.0, 0.0], [80.0, 0.0, 0.0]]),
        np.array([40.0, 40.0]),
        np.array([0, 0]),
        np.array([[0, 1]]),
    )
    found = numbers_of(pair, AggregateSpecimen(number=2), {}, lambda: None)
    assert lines_of(found)
    for make_plot in plots.PLOTS.values():
        made = make_plot(found)
        assert np.isfinite(made.top) and made.right > made.left
        assert plots.plot_csv(made)


def test_the_csv_has_every_number_in_full() -> None:
    found = numbers()
    lines = report_csv(found).splitlines()
    assert lines[0] == "quantity,of,value,unit"
    rows = {tuple(line.split(",")[:2]): float(line.split(",")[2]) for line in lines[1:]}
    assert rows["hetero_fraction", "specimen"] == pytest.approx(2 / 3, abs=1e-9)
    assert rows["median_radius", "TiO2"] == 40.0 and rows["gyration_radius", "aim"] == 60.0
    assert rows["hetero_histogram_first", "1"] == pytest.approx(2 / 3, abs=1e-9)


def test_the_pane_counts_when_it_is_open_and_copies(qtbot: QtBot, make: Callable[..., Result]) -> None:
    view = ParticleStatisticsView()
    qtbot.addWidget(view)
    result = make()
    view.set_result(result)
    assert view.numbers is None and not view.copy_button.isEnabled()
    view.resize(380, 700)
    view.show()
    qtbot.waitExposed(view)
    qtbot.waitUntil(lambda: view.numbers is not None, timeout=20_000)
    assert view.model.rowCount() > 15 and not view.state_label.text()
    with qtbot.waitSignal(view.copied):
        QTest.mouseClick(view.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("quantity,of,value,unit\nparticles,TiO2,10,")
    view.which.setCurrentText("Hetero-coordination numbers")
    view.plot.setFocus()
    QTest.keyClick(view.plot, Qt.Key.Key_Right)
    assert "TiO2" in view.read_label.text()
    QTest.mouseClick(view.copy_plot_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("from,to,TiO2,WO3\n")
    first = view.numbers
    view.set_result(result)
    assert view.numbers is first
    view.set_result(make(**{"specimen.number": 30}))
    qtbot.waitUntil(lambda: view.numbers is not first, timeout=20_000)
    view.shutdown()
    view.close()


def test_the_pane_of_the_specimen_turns_to_what_is_imaged(qtbot: QtBot, make: Callable[..., Result]) -> None:
    pane = SpecimenStatistics()
    qtbot.addWidget(pane)
    turned: list[str] = []
    pane.turned.connect(turned.append)
    pane.set_result(make())
    assert pane.currentWidget() is pane.particles and turned == ["Particles"]
    pane.set_result(_cluster())
    assert pane.currentWidget() is pane.atoms and turned == ["Particles", "Atoms"]
    pane.shutdown()
    pane.close()


def _cluster() -> Result:
    request = Request(1, Recipe(), Selection(), Display())
    result = PreviewWorker().make(request, lambda: None)
    assert result is not None
    return result
