"""Sheets that close over the edges of their scene, and those that are cut there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from sim.core.settings import validate
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.settings import SceneSpecimen


def sheet(closed):
    nodes = [{"kind": "sheet", "name": "g", "material": "graphene", "closed": closed, "in_plane": 3.0}]
    return validate(SceneSpecimen, {"kind": "scene", "width": 61.0, "height": 47.0, "nodes": nodes})


def shortest_over_the_edges(settings):
    points = build_scene(settings, {}, 5).structure.positions
    box = np.array([settings.width, settings.height])
    tree = cKDTree(np.mod(points[:, :2] + box / 2, box), boxsize=box)
    return tree.query(tree.data, k=4)[0]


def test_a_closed_sheet_has_three_neighbours_everywhere():
    distances = shortest_over_the_edges(sheet(True))
    np.testing.assert_allclose(distances[:, 1:], 1.42, atol=0.06)


def test_an_open_sheet_does_not_meet_itself():
    distances = shortest_over_the_edges(sheet(False))
    assert np.abs(distances[:, 1:] - 1.42).max() > 0.2


@pytest.mark.parametrize("closed", [True, False])
def test_only_a_closed_one_is_said_to_go_on(closed):
    assert sheet(closed).periodic is closed
