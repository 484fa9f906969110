"""Kinds that are imported when they are met are to everybody else the union that they would be otherwise."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from sim.core.description import members_of, tag_of
from sim.core.errors import InputError, InputErrors
from sim.core.kinds import Kinds
from sim.core.settings import About, Quantity, Settings, model_fields, validate


class Plain(Settings):
    kind: Literal["plain"] = "plain"
    width: Annotated[float, Quantity("Å", low=0, high=5, about="Width.")] = 1.0


class Point(Settings):
    x: Annotated[float, Quantity("Å", low=-5, high=5)] = 0.0


class Large(Settings):
    kind: Literal["large"] = "large"
    height: Annotated[float, Quantity("Å", low=0, high=9, about="Height.")] = 2.0
    points: tuple[Point, ...] = (Point(),)


class Met:
    """Counts how often the large kind is asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> type[Settings]:
        self.times += 1
        return Large


def holder(annotation: Any) -> type[Settings]:
    fields: dict[str, Any] = {"part": (Annotated[annotation, About("A part.", label="Part")], Plain())}
    return create_model("Holder", __base__=Settings, **fields)


AT_ONCE = holder(Annotated[Plain | Large, Field(discriminator="kind")])
LATE = holder(Kinds("kind", {"plain": Plain, "large": lambda: Large}))

TREES = [
    {},
    {"part": {"kind": "plain", "width": 2}},
    {"part": {"kind": "large"}},
    {"part": {"kind": "large", "points": [{"x": 1.5}, {"x": -1}]}},
    {"part": {"kind": "large", "points": [{"x": 1.5}, {"x": -7}]}},
    {"part": {"kind": "large", "height": float("nan"), "points": 3}},
    {"part": {"kind": "large", "height": 10**30, "hight": "ä"}},
    {"part": {"kind": "large", "points": [3, []]}, "prt": 1},
    {"part": {"kind": "lrge"}},
    {"part": {"height": 1.0}},
    {"part": 3},
    {"part": None},
]


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_values_and_sentences_are_those_of_the_union(tree: dict[str, Any]) -> None:
    def outcome(model: type[Settings]) -> Any:
        try:
            made = validate(model, tree)
        except (InputError, InputErrors) as error:
            return str(error)
        return made.tree(), made.model_dump_json(), made.digest, repr(made)

    assert outcome(LATE) == outcome(AT_ONCE)


def test_python_values_are_as_strict_as_in_the_union() -> None:
    """Lists pass for tuples from JSON only; what is valid already stays the same object."""
    part = Large(points=(Point(x=1.0),))
    for model in (AT_ONCE, LATE):
        assert model.model_validate({"part": part}).part is part  # type: ignore[attr-defined]
        assert model.model_validate({"part": part.tree()}).part == part  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match=r"part\.large\.points"):
            model.model_validate({"part": {"kind": "large", "points": []}})


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_schema_and_leaves_are_those_of_the_union(mode: Any) -> None:
    assert LATE.model_json_schema(mode=mode) == AT_ONCE.model_json_schema(mode=mode)
    assert list(model_fields(LATE)) == list(model_fields(AT_ONCE))
    for model in (AT_ONCE, LATE):
        info = model.model_fields["part"]
        assert (tag_of(info), members_of(info.annotation)) == ("kind", [Plain, Large])


def test_a_kind_is_asked_for_when_it_is_met_and_no_sooner() -> None:
    met = Met()
    model = holder(Kinds("kind", {"plain": Plain, "large": met}))
    made = validate(model, {"part": {"kind": "plain"}})
    assert made.tree() == {"part": {"kind": "plain", "width": 1.0}}
    assert met.times == 0
    validate(model, {"part": {"kind": "large"}})
    assert met.times == 1
