"""The tables of atoms and columns."""

from __future__ import annotations

import numpy as np

from sim.core.settings import model_fields
from sim.core.types import ImageGrid
from sim.labels import tables
from sim.labels.columns import find_columns
from sim.labels.settings import LabelSettings

GRID = ImageGrid(height=10, width=20, pixel_size=0.5)
NUMBERS = np.array([79, 47, 79])
POSITIONS = np.array([[1.0, 2.0, -3.0], [1.2, 2.0, 3.5], [-4.75, -2.0, 0.25]])
# Where a distorted scan shows them: not where the straight grid would.
ROW = np.array([0.75, 1.25, 9.49])
COLUMN = np.array([12.0, 12.5, -0.51])


def test_atoms_keep_true_positions_beside_their_places_in_the_image():
    found = find_columns(POSITIONS[:, 0], POSITIONS[:, 1])
    table = tables.atom_table(NUMBERS, POSITIONS, ROW, COLUMN, found.index, GRID)
    assert table["number"].tolist() == [79, 47, 79]
    assert [table[axis].tolist() for axis in "xyz"] == POSITIONS.T.tolist()
    assert table["row"].tolist() == ROW.tolist() and table["column"].tolist() == COLUMN.tolist()
    assert table["column_index"].tolist() == [0, 0, 1]
    assert table["in_field"].tolist() == [True, True, False]
    assert {len(values) for values in table.values()} == {3}


def test_columns_stand_at_the_means_of_their_atoms():
    found = find_columns(POSITIONS[:, 0], POSITIONS[:, 1])
    table = tables.column_table(found, ROW, COLUMN, np.array([True, False]), GRID)
    np.testing.assert_allclose(table["x"], [1.1, -4.75], rtol=1e-15)
    np.testing.assert_allclose(table["y"], [2.0, -2.0], rtol=1e-15)
    assert table["row"].tolist() == [1.0, 9.49] and table["column"].tolist() == [12.25, -0.51]
    assert table["count"].tolist() == [2, 1]
    assert table["resolved"].tolist() == [True, False]
    assert table["in_field"].tolist() == [True, False]
    assert {len(values) for values in table.values()} == {2}


def test_the_field_ends_at_the_pixels_edges():
    row = np.array([-0.5, -0.51, 9.49, 9.5, 5.0, 5.0])
    column = np.array([0.0, 0.0, 0.0, 0.0, 19.49, 19.5])
    assert tables.in_field(row, column, GRID).tolist() == [True, False, True, False, True, False]


def test_geometric_and_visible_labels_have_different_names():
    assert LabelSettings(particle_mask=True, visible_mask=True).image_names() == (
        "particle_mask",
        "visible_mask",
    )
    assert LabelSettings(particle_mask=False, visible_mask=False).image_names() == ()
    assert all(leaf.description is not None for leaf in model_fields(LabelSettings))
