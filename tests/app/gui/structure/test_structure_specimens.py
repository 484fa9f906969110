"""What a specimen yields decides how it is drawn, counted and told of."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.structure.scene import Scene
from app.gui.structure.specimens import VIEWS, SpecimenView, view_of
from app.gui.structure.view import StructureView
from sim.core.types import Structure
from sim.recipe.kinds import SPECIMENS, Yield


def test_every_specimen_kind_can_be_shown() -> None:
    assert set(VIEWS) == set(get_args(Yield))
    assert all(view_of(kind) is VIEWS[entry.yields] for kind, entry in SPECIMENS.items())


def test_atoms_are_counted_in_words() -> None:
    counted = view_of("cluster").counted
    assert [counted(number) for number in (1, 55, 10_000)] == ["1 atom", "55 atoms", "10,000 atoms"]


@pytest.mark.gui
def test_the_view_asks_the_entry_it_is_given(qtbot: QtBot) -> None:
    """Spheres stand for atoms and for whole particles alike: the view itself knows neither."""
    discs = SpecimenView(
        lambda count: Scene.of(Structure(np.full(count, 6), np.eye(3)[:count] * 9.0)),
        lambda number: f"{number} particles",
        lambda count, index, in_beam: (f"particle {index} of {count}",),
        lambda one, other: one == other,
    )
    view = StructureView()
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    qtbot.waitExposed(view)
    view.set_structure(3, None, discs)
    assert len(view.scene) == 3
    x, y, _ = view.camera.project(view.scene.positions[1:2], view.width(), view.height())
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(int(x[0]), int(y[0])))
    assert view.overlay_content.read_out == ("particle 1 of 3",)
    view.set_structure(3, None, discs)
    assert view.selected == 1, "the same specimen keeps what was picked"
    view.set_structure(2, None, discs)
    assert len(view.scene) == 2 and view.selected == -1
    view.set_structure(Structure(np.array([79]), np.zeros((1, 3))))
    assert len(view.scene) == 1, "another entry is another specimen"
    view.close()
