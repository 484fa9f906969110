"""Particles in the 3D view: their own sizes and colours, marks at hetero-contacts, what is said of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.structure import particles as shown
from app.gui.structure.camera import Camera
from app.gui.structure.elements import species_colour
from app.gui.structure.reference import render
from app.gui.structure.scene import outermost
from app.gui.structure.specimens import VIEWS
from app.gui.structure.sphere_painter import Kinds, scene_image
from app.gui.structure.view import StructureView
from sim.core.types import Particles

pytestmark = pytest.mark.gui

BACKGROUND, LINES = QColor(30, 31, 34), QColor(200, 200, 200)
VIEW = VIEWS["particles"]


def crooked(film: bool = False) -> Particles:
    """A chain in x, the third particle above the second: A-A-B, radii 30, 40, 20 Å."""
    centres = np.array([[-70.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 60.0, 0.0]])
    parts = {"film": np.array([50.0, 0.0, 0.0, 0.0, 0.0, 0.0, -40.0])} if film else {}
    return Particles(
        centres, np.array([30.0, 40.0, 20.0]), np.array([0, 0, 1]), np.array([[0, 1], [1, 2]]), parts
    )


def settings() -> Any:
    from sim.specimen.aggregate.settings import AggregateSpecimen

    return AggregateSpecimen(number=3)


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def test_spheres_have_their_own_radii_and_the_colours_of_their_materials() -> None:
    scene = VIEW.scene(crooked())
    assert scene.radii.tolist() == [30.0, 40.0, 20.0]
    assert [tuple(colour) for colour in scene.colours.tolist()] == [
        species_colour(0),
        species_colour(0),
        species_colour(1),
    ]
    # From −100 to 40 in x, from −40 to 80 in y: the middle of the centres' box, and the largest sphere.
    assert scene.centre.tolist() == [-35.0, 30.0, 0.0]
    assert scene.radius == pytest.approx(np.hypot(35.0, 30.0) + 40.0)


def test_painter_and_reference_show_the_same_particles(qapp: QApplication) -> None:
    scene = VIEW.scene(crooked())
    camera = Camera.along("+z").fit(scene, 1.0)
    image = pixels(scene_image(scene.without_cell(), camera, 200, 200, BACKGROUND, LINES))
    exact = render(scene, camera, 200, 200)
    seen = (image - np.array([30, 31, 34]) != 0).any(axis=2)
    assert np.mean(seen == (exact.ids >= 0)) > 0.985
    # The third particle stands above the second, and is orange.
    rows, columns = np.nonzero(exact.ids == 2)
    red, _, blue = image[int(rows.mean()), int(columns.mean())]
    assert red > 2 * blue
    rows, columns = np.nonzero(exact.ids == 0)
    red, _, blue = image[int(rows.mean()), int(columns.mean())]
    assert blue > 2 * red


def test_only_hetero_contacts_are_marked_and_the_marks_are_seen(qapp: QApplication) -> None:
    particles = crooked()
    lines = shown.marks(particles)
    # Two lines, edge and core, across the one contact at y = 40: 0.4 radii into both particles.
    assert len(lines) == 2
    assert lines[0].tolist() == [[0.0, 40.0 - 0.4 * 40.0, 0.0], [0.0, 40.0 + 0.4 * 20.0, 0.0]]
    details = shown.details_of(settings(), particles)
    assert details.marked.tolist() == [False, True]
    scene = details.scene.with_lines(details.lines, details.marked)
    camera = Camera.along("+z").fit(scene, 1.0)
    plain = pixels(scene_image(details.scene, camera, 240, 240, BACKGROUND, LINES))
    marked = pixels(scene_image(scene, camera, 240, 240, BACKGROUND, LINES))
    rows, columns = np.nonzero(np.abs(plain - marked).sum(axis=2) > 60)
    x, y, _ = camera.project(np.array([[0.0, 40.0, 0.0]]), 240, 240)
    assert abs(columns.mean() - x[0]) < 2.0
    low, high = camera.project(lines[0], 240, 240)[1]
    assert rows.min() == pytest.approx(high, abs=3.0) and rows.max() == pytest.approx(low, abs=3.0)
    # A bright edge and a dark core, on a blue and on an orange sphere.
    line = marked[round(float(y[0])) + 4, round(float(x[0])) - 4 : round(float(x[0])) + 5].sum(axis=1)
    assert line.max() > 600 and line.min() < 160


def test_a_mark_between_sintered_particles_lies_in_the_neck() -> None:
    particles = Particles(
        np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 50.0]]),
        np.array([30.0, 40.0]),
        np.array([1, 0]),
        np.array([[0, 1]]),
    )
    # (50² + 30² − 40²)/(2·50) = 18 from the first centre.
    ends = shown.marks(particles)[0]
    assert ends[:, 2].tolist() == pytest.approx([18.0 - 12.0, 18.0 + 16.0])


def test_colours_of_numbers_have_a_legend_and_differ() -> None:
    details = shown.details_of(settings(), crooked())
    by = details.colourings
    assert [words for words, _ in by["species"].legend] == ["TiO2", "WO3"]
    assert [words for words, _ in by["coordination"].legend] == ["1", "2"]
    assert [words for words, _ in by["hetero"].legend] == ["0", "1"]
    legend = dict(by["hetero"].legend)
    assert [tuple(colour) for colour in by["hetero"].colours.tolist()] == [
        legend["0"],
        legend["1"],
        legend["1"],
    ]
    assert next(words for words, _ in by["size"].legend) == "r 2 nm"
    cluster = by["cluster"].colours.tolist()
    assert cluster[0] == cluster[1] != cluster[2]


def test_words_about_particles() -> None:
    details = shown.details_of(settings(), crooked())
    assert VIEW.in_words(crooked()) == "3 particles, 2 contacts"
    assert VIEW.counted(1) == "1 particle"
    first, second = VIEW.read_out(crooked(), 2, np.array([1.0, 2.0, -30.0]))
    assert first == "particle 3 · r 2 nm · x 0.00  y 6.00  z 0.00 nm"
    assert second == "in the image's frame · x 0.10  y 0.20  z −3.00 nm"
    assert details.said_of(1) == "TiO2 · 2 contacts, 1 of them hetero · in a cluster of 2 TiO2"
    assert details.said_of(2) == "WO3 · 1 contact, 1 of them hetero · alone in its material"


def test_equal_particles_are_the_same_and_others_are_not() -> None:
    assert VIEW.same(crooked(), crooked())
    assert not VIEW.same(crooked(), crooked(film=True))
    other = crooked()
    other.species[0] = 1
    assert not VIEW.same(crooked(), other)


def test_a_film_is_a_box_below() -> None:
    scene = VIEW.scene(crooked(film=True))
    corners = scene.corners()
    assert corners[:, 2].min() == -90.0 and corners[:, 2].max() == -40.0
    assert corners[:, 0].min() < -100.0 and corners[:, 0].max() > 40.0


def test_thousands_of_sizes_need_few_pictures_and_no_hulls(qapp: QApplication) -> None:
    rng = np.random.default_rng(3)
    count = 400
    particles = Particles(
        rng.uniform(-300.0, 300.0, (count, 3)),
        rng.lognormal(np.log(20.0), 0.3, count),
        np.arange(count) % 2,
        np.zeros((0, 2), dtype=np.int64),
    )
    scene = VIEW.scene(particles)
    kinds = Kinds.of(scene)
    assert len(kinds.colours) == 2 and not kinds.alike
    assert outermost(scene.positions, scene.radii) is None
    camera = Camera.along("+x").fit(scene, 1.0)
    image = pixels(scene_image(scene, camera, 640, 640, BACKGROUND, LINES))
    seen = (image - np.array([30, 31, 34]) != 0).any(axis=2)
    assert np.mean(seen == (render(scene, camera, 640, 640).ids >= 0)) > 0.98


def test_particles_are_shown_picked_and_coloured(qtbot: QtBot) -> None:
    view = StructureView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    qtbot.waitExposed(view)
    details = shown.details_of(settings(), crooked())
    half_turn = np.array([0.0, 0.0, 0.0, 1.0])
    view.set_structure(crooked(), half_turn, VIEW, details)
    assert [words for words, _ in view.overlay_content.legend] == ["TiO2", "WO3"]
    x, y, _ = view.camera.project(view.scene.positions[2:3], view.width(), view.height())
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(int(x[0]), int(y[0])))
    lines = view.overlay_content.read_out
    assert lines[0].startswith("particle 3 · r 2 nm") and lines[1].startswith("WO3")
    # Turned about the centre of mass, which is the origin, not about the mean of the centres.
    assert lines[2] == "in the image's frame · x 0.00  y −6.00  z 0.00 nm"
    before = view.grab().toImage()
    view.colour_particles_by = "coordination"
    assert [words for words, _ in view.overlay_content.legend] == ["1", "2"]
    assert view.grab().toImage() != before
    state = view.camera_state()
    other = StructureView()
    qtbot.addWidget(other)
    other.restore_camera(state)
    assert other.colour_particles_by == "coordination" and other.colour_by == "element"
    with pytest.raises(ValueError, match="species"):
        view.colour_particles_by = "element"  # type: ignore[assignment]
    view.show_volumes = False
    assert not len(view._shown_scene().lines)
    view.close()
    other.close()


def test_objects_of_kinds_without_nodes_go_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.gui.structure import details as module
    from sim.core.types import SpecimenObject

    kind = SimpleNamespace(
        objects=lambda settings: (SpecimenObject("TiO2#1", "particle"), SpecimenObject("TiO2#2", "particle"))
    )
    monkeypatch.setattr(module, "SPECIMENS", {"filled": kind})
    found = module.members_of(SimpleNamespace(kind="filled"))
    assert found == {"TiO2#1": (1,), "TiO2": (1, 2), "TiO2#2": (2,)}
