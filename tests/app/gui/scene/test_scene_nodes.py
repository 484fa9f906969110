"""Nodes added, copied, moved and taken out: what a recipe becomes, without a window."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gui.document import lists, sections, sweep
from app.gui.document.references import nodes_of
from app.gui.scene import nodes
from sim.core.errors import InputError
from sim.core.settings import validate
from sim.recipe.model import Recipe
from sim.specimen.scene.nodes import Amorphous, Cluster, Group, Molecules, Particle
from sim.specimen.scene.orientations import AlignedOrientation, SeatedPlace
from sim.specimen.scene.volumes import FacetsVolume

TOP = "specimen.nodes"


def scene(*found):
    return sections.with_values(Recipe(), {"specimen.kind": "scene", TOP: found})


def order(recipe, parent=""):
    level = recipe.specimen.nodes
    for path, node in nodes_of(recipe):
        if path == parent:
            level = node.nodes
    return [node.name for node in nodes.ranked(level)]


FULL = scene(
    Amorphous(name="film"),
    Particle(name="dot", placement=SeatedPlace(on="film")),
    Group(name="pair", nodes=(Cluster(name="gold"), Molecules(name="gas", on="gold"))),
    Particle(name="shell", orientation=AlignedOrientation(to="dot")),
)


def valid(recipe):
    """The recipe as reading it from a file gives it."""
    assert validate(Recipe, recipe.sparse_tree()) == recipe
    return recipe


@pytest.mark.parametrize("word", nodes.kinds())
def test_every_kind_can_be_added(word):
    recipe, path = nodes.added(FULL, word)
    assert valid(recipe) and path == f"{TOP}.{word}"
    again, second = nodes.added(recipe, word, "specimen.nodes.pair")
    assert second == f"{TOP}.pair.nodes.{word}_2", "into the chosen group, under a name of its own"
    assert valid(again) and nodes.about_kind(word).endswith(".")


def test_copy_has_names_of_its_own():
    recipe = sweep.with_entry(
        FULL, f"{TOP}.pair.nodes.gold.bond", {"law": "uniform", "low": 2.5, "high": 3.0, "per": "instance"}
    )
    recipe = sweep.with_entry(recipe, f"{TOP}.pair.nodes.gas.number", {"law": "grid", "values": [5, 10]})
    copied, path = nodes.duplicated(recipe, f"{TOP}.pair")
    assert path == f"{TOP}.pair_2"
    inner = {node.name: node for _, node in nodes_of(copied)}
    assert inner["gas_2"].on == "gold_2" and inner["gas"].on == "gold"
    drawn = [entry.path for entry in copied.vary]
    assert drawn == [
        f"{TOP}.pair.nodes.gold.bond",
        f"{TOP}.pair.nodes.gas.number",
        f"{TOP}.pair_2.nodes.gold_2.bond",
    ]
    valid(copied)


def test_what_named_a_node_names_nothing_when_it_is_gone():
    recipe = valid(nodes.removed(FULL, f"{TOP}.dot"))
    assert [node.orientation.kind for node in recipe.specimen.nodes if node.name == "shell"] == ["none"]
    recipe = valid(nodes.removed(FULL, f"{TOP}.film"))
    assert next(node for node in recipe.specimen.nodes if node.name == "dot").placement.on == ""
    with pytest.raises(InputError, match="is empty"):
        nodes.removed(scene(Particle(name="last")), f"{TOP}.last")


def test_moved_into_a_group_and_out_again():
    recipe = sweep.with_entry(FULL, f"{TOP}.dot.volume.radius", {"law": "uniform", "low": 5.0, "high": 9.0})
    recipe, path = nodes.moved(recipe, f"{TOP}.dot", f"{TOP}.pair", 1)
    assert path == f"{TOP}.pair.nodes.dot" and order(recipe, f"{TOP}.pair") == ["gold", "dot", "gas"]
    assert [entry.path for entry in recipe.vary] == [f"{TOP}.pair.nodes.dot.volume.radius"]
    recipe, path = nodes.moved(valid(recipe), path, "", 0)
    assert path == f"{TOP}.dot" and order(recipe)[0] == "dot"
    valid(recipe)


def test_group_cannot_go_into_itself():
    inner = scene(Group(name="a", nodes=(Group(name="b"),)))
    with pytest.raises(InputError, match="itself"):
        nodes.moved(inner, f"{TOP}.a", f"{TOP}.a.nodes.b", 0)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_order_of_the_tree_is_the_order_of_priority(data):
    """After a move the tree shows what was asked for, and nothing else changed places."""
    priorities = data.draw(
        st.lists(st.sampled_from([-1000, -999, -5, 0, 0, 0, 1, 7, 999, 1000]), min_size=1, max_size=7)
    )
    recipe = scene(*(Particle(name=f"p{i}", priority=p) for i, p in enumerate(priorities)))
    before = order(recipe)
    name = data.draw(st.sampled_from(before))
    row = data.draw(st.integers(0, len(before)))
    wanted = [*before[:row], name + "!", *before[row:]]
    wanted.remove(name)
    wanted = [one.rstrip("!") for one in wanted]
    moved, _ = nodes.moved(recipe, f"{TOP}.{name}", "", row)
    assert order(moved) == wanted
    assert [node.name for node in moved.specimen.nodes] == [node.name for node in recipe.specimen.nodes]
    assert all(-1000 <= node.priority <= 1000 for node in moved.specimen.nodes)


def test_move_changes_no_more_than_it_must():
    recipe = scene(*(Particle(name=name, priority=p) for name, p in (("a", 30), ("b", 20), ("c", 10))))
    moved, _ = nodes.moved(recipe, f"{TOP}.c", "", 1)
    assert [node.priority for node in moved.specimen.nodes] == [30, 20, 21]


def test_member_of_a_node_is_found_by_its_name():
    assert nodes.find(FULL, "gold") == f"{TOP}.pair.nodes.gold"
    assert nodes.find(FULL, "dot#3") == f"{TOP}.dot" and nodes.find(FULL, "nobody") == ""


def test_what_varies_goes_along_with_entries_without_names():
    path = f"{TOP}.dot.volume.facets"
    recipe = scene(Particle(name="dot", volume=FacetsVolume()))
    recipe = sweep.with_entry(recipe, f"{path}.0.distance", {"law": "uniform", "low": 5.0, "high": 9.0})
    swapped = lists.with_entries(recipe, path, [1, 0])
    assert [entry.path for entry in swapped.vary] == [f"{path}.1.distance"]
    assert swapped.specimen.nodes[0].volume.facets[0].distance == 17.0
    assert lists.with_entries(swapped, path, [0]).vary == ()
