"""What one change of a scene costs: atoms are made again only where they depend on it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.canonical import sha256_of
from sim.core.settings import validate
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen

FILM = {"kind": "amorphous", "name": "film", "thickness": 8.0}
CRYSTAL = {"kind": "builtin", "name": "scene"}
PARTICLE = {
    "kind": "particle",
    "name": "p",
    "crystal": CRYSTAL,
    "volume": {"kind": "sphere", "radius": 7.0},
    "placement": {"kind": "seated"},
    "orientation": {"kind": "random"},
}
OTHER = {"kind": "cluster", "name": "c", "shells": 3, "placement": {"kind": "seated", "x": 14.0}}
COVER = {"kind": "molecules", "name": "co", "on": "p", "number": 4}


class Memory:
    """What has been made, by key, and how many things were made since last asked."""

    def __init__(self):
        self.kept, self.made = {}, 0

    def remember(self, key, make):
        digest = sha256_of(key)
        if digest not in self.kept:
            self.made += 1
            self.kept[digest] = make()
        return self.kept[digest]

    def build(self, *nodes, **values):
        tree = {
            "kind": "scene",
            "width": 50.0,
            "height": 40.0,
            "material": "Au",
            "nodes": list(nodes),
            **values,
        }
        self.made = 0
        return build_scene(
            expanded(validate(SceneSpecimen, tree, root="specimen")), {}, 3, remember=self.remember
        )


@pytest.mark.parametrize(
    ("changed", "made"),
    [
        ([FILM, {**PARTICLE, "placement": {"kind": "seated", "x": -6.0}}, OTHER, COVER], 0),
        ([FILM, {**PARTICLE, "orientation": {"kind": "zone"}}, OTHER, COVER], 0),
        ([FILM, {**PARTICLE, "priority": 3, "role": "matrix"}, OTHER, COVER], 0),
        ([FILM, PARTICLE, OTHER, {**COVER, "number": 6}], 0),
        ([OTHER, PARTICLE, FILM, COVER], 0),
        # A larger particle and its surface, a taller film, both.
        ([FILM, {**PARTICLE, "volume": {"kind": "sphere", "radius": 7.5}}, OTHER, COVER], 2),
        ([{**FILM, "thickness": 9.0}, PARTICLE, OTHER, COVER], 1),
    ],
)
def test_only_what_depends_on_a_change_is_made_again(changed, made):
    memory = Memory()
    memory.build(FILM, PARTICLE, OTHER, COVER)
    memory.build(*changed)
    assert memory.made == made


def test_another_material_leaves_the_film_alone():
    memory = Memory()
    memory.build(FILM, PARTICLE, OTHER)
    memory.build(FILM, PARTICLE, OTHER, material="Ag")
    assert memory.made == 1


def test_what_is_remembered_is_what_would_be_made():
    memory = Memory()
    memory.build(FILM, PARTICLE, OTHER, COVER)
    moved = [FILM, {**PARTICLE, "placement": {"kind": "seated", "x": -6.0}}, OTHER, COVER]
    warm, cold = memory.build(*moved), Memory().build(*moved)
    np.testing.assert_array_equal(warm.structure.positions, cold.structure.positions)
    for name, part in cold.parts.items():
        np.testing.assert_array_equal(warm.parts[name], part)
