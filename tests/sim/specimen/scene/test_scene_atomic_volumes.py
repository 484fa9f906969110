"""The volumes of a scene's atoms add up to those of its nodes."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.settings import validate
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen

SPHERE = {"kind": "sphere", "radius": 16.0}
BALL = 4.0 / 3.0 * np.pi * 16.0**3
TWICE = [{"kind": "strain", "xx": 0.1, "yy": 0.1, "zz": 0.1}]


def node_volume(node):
    tree = {"kind": "scene", "width": 60.0, "height": 50.0, "nodes": [{"name": "n", **node}]}
    built = build_scene(expanded(validate(SceneSpecimen, tree, root="specimen")), {}, 3)
    assert len(built.parts["volumes"]) == len(built.structure)
    return built.parts["volumes"].sum(), len(built.structure)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"kind": "particle", "volume": SPHERE, "crystal": {"kind": "builtin", "name": "CdSe"}}, BALL),
        ({"kind": "particle", "volume": SPHERE, "changes": TWICE}, BALL * 1.1**3),
        ({"kind": "multi_twin", "volume": SPHERE}, BALL),
        ({"kind": "polycrystal", "volume": SPHERE}, BALL),
        ({"kind": "core_shell", "volume": {"kind": "sphere", "radius": 10.0}, "thickness": 6.0}, BALL),
        ({"kind": "amorphous", "film": False, "volume": SPHERE, "role": "matrix"}, BALL),
        ({"kind": "amorphous", "thickness": 12.0, "material": "silica"}, 60.0 * 50.0 * 12.0),
        ({"kind": "sheet", "material": "MoS2", "layers": 2}, 60.0 * 50.0 * 2 * 6.15),
    ],
)
def test_volumes_add_up_to_that_of_the_node(node, expected):
    """Within what surfaces and boundaries leave open; the sheets' spacing is 6.15 Å (Wyckoff 1963)."""
    assert node_volume(node)[0] == pytest.approx(expected, rel=0.08)


def test_clusters_are_close_packed():
    found, atoms = node_volume({"kind": "cluster", "shells": 4, "bond": 2.9})
    assert atoms == 147 and found == pytest.approx(147 * 2.9**3 / np.sqrt(2.0))


def test_core_and_shell_have_the_volumes_of_their_crystals():
    node = {
        "kind": "core_shell",
        "volume": {"kind": "sphere", "radius": 8.0},
        "thickness": 5.0,
        "crystal": {"kind": "builtin", "name": "Cu"},
        "shell": {"kind": "builtin", "name": "Pb"},
    }
    tree = {"kind": "scene", "width": 60.0, "height": 50.0, "nodes": [{"name": "n", **node}]}
    built = build_scene(expanded(validate(SceneSpecimen, tree, root="specimen")), {}, 3)
    volumes, numbers = built.parts["volumes"], built.structure.numbers
    np.testing.assert_allclose(volumes[numbers == 29], 3.6157**3 / 4)
    np.testing.assert_allclose(volumes[numbers == 82], 4.95**3 / 4, rtol=2e-3)
