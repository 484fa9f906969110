"""Counts become members with names, numbers and values of their own."""

from __future__ import annotations

import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen


def scene(*nodes, **values):
    return validate(SceneSpecimen, {"kind": "scene", "nodes": list(nodes), **values}, root="specimen")


def particle(name, **values):
    return {"kind": "particle", "name": name, **values}


def test_a_count_becomes_that_many_nodes_with_names_and_numbers():
    made = expanded(scene(particle("a", count=3), particle("b")))
    assert [(node.name, node.instance, node.count) for node in made.nodes] == [
        ("a", 1, 1),
        ("a#2", 2, 1),
        ("a#3", 3, 1),
        ("b", 1, 1),
    ]


def test_what_is_off_or_of_another_variant_or_of_no_number_is_dropped():
    nodes = (
        particle("off", enabled=False),
        particle("none", count=0),
        particle("small", only_in=["small"]),
        particle("large", only_in=["large"]),
        particle("any"),
    )
    assert [node.name for node in expanded(scene(*nodes, variant="large")).nodes] == ["large", "any"]
    with pytest.raises(InputError, match="= .tiny.: has no node that is switched on in this variant"):
        expanded(scene(*nodes[:4], variant="tiny"))


def test_every_member_draws_its_own_values():
    asked = []

    def draw(which, member):
        asked.append((which, member))
        return 10.0 * (which + 1) + member

    paths = ("nodes.a.volume.radius", "nodes.b.volume.radius")
    made = expanded(scene(particle("a", count=2), particle("b")), paths, draw)
    assert [node.volume.radius for node in made.nodes] == [11.0, 12.0, 21.0]
    assert sorted(asked) == [(0, 1), (0, 2), (1, 1)]


def test_values_inside_lists_go_by_name():
    change = {"kind": "substitute", "name": "alloy", "element": "Au", "by": "Ag", "share": 0.1}
    made = expanded(
        scene(particle("a", count=2, changes=[{"kind": "invert", "name": "other"}, change])),
        ("nodes.a.changes.alloy.share",),
        lambda which, member: member / 10,
    )
    assert [node.changes[1].share for node in made.nodes] == [0.1, 0.2]


def test_groups_are_copied_with_their_members_numbered_through():
    group = {
        "kind": "group",
        "name": "pair",
        "count": 2,
        "nodes": [particle("one"), particle("two", count=2)],
    }
    made = expanded(scene(group), ("nodes.pair.nodes.two.volume.radius",), lambda which, member: 5.0 + member)
    assert [node.name for node in made.all_nodes()] == [
        "pair", "one", "two", "two#2", "pair#2", "one#2", "two#3", "two#4",
    ]  # fmt: skip
    radii = {node.name: node.volume.radius for node in made.all_nodes() if node.kind == "particle"}
    assert [radii[name] for name in ("two", "two#2", "two#3", "two#4")] == [6.0, 7.0, 8.0, 9.0]
    assert radii["one"] == 15.0


def test_a_drawn_value_outside_its_range_is_refused_by_its_path():
    with pytest.raises(InputError, match="radius"):
        expanded(scene(particle("a")), ("nodes.a.volume.radius",), lambda which, member: -1.0)


@pytest.mark.parametrize("name", ["", "a.b", "a b", "ü", "a#", "x" * 61, "a#12345"])
def test_unusable_names_are_refused(name):
    with pytest.raises(InputError, match="no usable name"):
        scene(particle(name))
