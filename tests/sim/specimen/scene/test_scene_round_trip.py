"""A scene survives TOML and JSON without loss, whatever it is made of."""

from __future__ import annotations

import json
import string
import tomllib
from typing import Any, Literal, get_args, get_origin

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.description import Quantity, is_settings, members_of
from sim.core.settings import Settings, validate
from sim.specimen.scene.changes import ChangeSettings
from sim.specimen.scene.crystals import CrystalSettings
from sim.specimen.scene.nodes import NodeSettings, Particle
from sim.specimen.scene.orientations import OrientationSettings, PlacementSettings
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.scene.volumes import VolumeSettings

DEEPEST = 5
WORDS = st.text(string.ascii_letters + string.digits + "_-", max_size=12).map("n{}".format)
#: What any free text may hold.
TEXTS = st.one_of(st.sampled_from(["", "Å γ₂ [110] #\"'\\ = 1e5", "日本"]), WORDS)
#: References have to name a node that is there.
NAMES = {"on": st.sampled_from(["", "base"]), "to": st.just("base"), "name": WORDS}


def models(annotation: Any) -> list[type[Settings]]:
    return [item for item in members_of(annotation) if is_settings(item)]


def quantity_of(metadata: Any) -> Quantity | None:
    return next((item for item in metadata if isinstance(item, Quantity)), None)


def numbers(kind: type, quantity: Quantity | None) -> Any:
    low = None if quantity is None else quantity.low
    high = None if quantity is None else quantity.high
    if kind is int:
        return st.integers(low, min(high, 3) if high is not None and (low or 0) >= 0 else high)
    above = bool(quantity and quantity.above)
    return st.floats(low, high, exclude_min=above, allow_nan=False, allow_infinity=False)


def values(name: str, annotation: Any, metadata: Any, depth: int) -> Any:
    """A strategy for one field, from its description alone."""
    members = members_of(annotation)
    groups = models(annotation)
    if groups:
        # Deep down only what holds no further groups of its own kind.
        chosen = groups if depth < DEEPEST else groups[:1]
        return st.sampled_from(chosen).flatmap(lambda model: tree_of(model, depth + 1))
    for item in members:
        if get_origin(item) is Literal:
            return st.sampled_from(get_args(item))
        if get_origin(item) is tuple:
            inner = get_args(item)[0]
            if inner is str:
                return st.lists(WORDS, max_size=2)
            entry = values(name, inner, (), depth + 1)
            least = 1 if name == "basis" else 0
            unique = (
                (lambda tree: tree["name"]) if all("name" in m.model_fields for m in models(inner)) else None
            )
            most = max(least, 2 if depth < 2 else 1)
            return st.lists(entry, min_size=least, max_size=most, unique_by=unique)
        if item is bool:
            return st.booleans()
        if item in (int, float):
            return numbers(item, quantity_of(metadata))
        if item is str:
            if name == "sha256":
                return st.sampled_from(["", "0f" * 32])
            longest = next((entry.longest for entry in metadata if hasattr(entry, "longest")), 1000)
            return NAMES.get(name, TEXTS).filter(lambda text, most=longest: len(text) <= most)
    raise AssertionError(f"no strategy for {name}: {annotation}")


def tree_of(model: type[Settings], depth: int = 0) -> Any:
    return st.fixed_dictionaries(
        {
            name: values(name, info.annotation, info.metadata, depth)
            for name, info in model.model_fields.items()
        }
    )


def check(node: dict[str, Any]) -> None:
    base = {"kind": "particle", "name": "base"}
    names = {"base"}

    def rename(tree: dict[str, Any]) -> None:
        # Nodes of all groups share one namespace.
        while tree["name"] in names:
            tree["name"] += "x"
        names.add(tree["name"])
        for member in tree.get("nodes", ()):
            rename(member)

    rename(node)
    scene = validate(
        SceneSpecimen, {"kind": "scene", "material": "CdSe", "nodes": [base, node]}, root="specimen"
    )
    assert validate(SceneSpecimen, json.loads(json.dumps(scene.tree())), root="specimen") == scene
    text = tomli_w.dumps(scene.tree())
    again = validate(SceneSpecimen, tomllib.loads(text), root="specimen")
    assert again == scene
    assert again.digest == scene.digest
    assert tomli_w.dumps(again.tree()) == text


def kinds(union: Any) -> list[Any]:
    found = models(union)
    assert len(found) > 1
    return [pytest.param(model, id=model.__name__) for model in found]


@pytest.mark.parametrize("model", kinds(NodeSettings))
@settings(max_examples=15)
@given(data=st.data())
def test_every_kind_of_node(model, data):
    check(data.draw(tree_of(model)))


@pytest.mark.parametrize(
    ("model", "field"),
    [
        pytest.param(model, field, id=f"{field}-{model.__name__}")
        for field, union in (
            ("volume", VolumeSettings),
            ("crystal", CrystalSettings),
            ("orientation", OrientationSettings),
            ("placement", PlacementSettings),
            ("changes", ChangeSettings),
        )
        for model in models(union)
    ],
)
@settings(max_examples=8)
@given(data=st.data())
def test_every_kind_of_part(model, field, data):
    part = data.draw(tree_of(model, 1))
    node = Particle(name="node").tree()
    check({**node, field: [part] if field == "changes" else part})


def test_numbers_keep_every_bit():
    node = {"kind": "particle", "name": "p", "volume": {"kind": "sphere", "radius": 0.1 + 0.2}}
    scene = validate(SceneSpecimen, {"kind": "scene", "nodes": [node]}, root="specimen")
    again = validate(SceneSpecimen, tomllib.loads(tomli_w.dumps(scene.tree())), root="specimen")
    assert again.nodes[0].volume.radius == 0.30000000000000004
