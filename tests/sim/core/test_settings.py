"""One description of a parameter: ranges, sentences, schema and leaves all come from it."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field, field_validator

from sim.core.errors import InputError, InputErrors
from sim.core.settings import About, Quantity, Settings, model_fields, validate


class Probe(Settings):
    kind: Literal["probe"] = "probe"
    width: Annotated[float, Quantity("Å", low=0.05, high=5, symbol="σ", about="Width of the spot.")] = 0.6
    mode: Literal["sharp", "soft"] = "soft"
    fine: Annotated[bool, About("More points.", label="Fine grid", advanced=True)] = False


class Sheet(Settings):
    kind: Literal["sheet"] = "sheet"
    side: Annotated[int | Literal["auto"], Quantity("px", low=8, high=100, about="Side.")] = 10
    points: Annotated[tuple[float, ...], About("Some numbers.")] = ()
    named: dict[str, bool | str] = {}  # noqa: RUF012


class Whole(Settings):
    side: int


class Root(Settings):
    whole: Whole | None = None
    fair: float = 0.5
    part: Annotated[Probe | Sheet, Field(discriminator="kind")] = Probe()
    seed: Annotated[int, Quantity(low=0)] = 3
    parts: tuple[Probe, ...] = ()

    @field_validator("fair")
    @classmethod
    def _half(cls, value: float) -> float:
        if value != 0.5:
            raise ValueError("must be one half")
        return value


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"part": {"kind": "probe", "width": -1}}, ["part.width = -1", "0.05 to 5 Å"]),
        ({"part": {"kind": "probe", "width": "0,6"}}, ["part.width = '0,6'", "not a number", "0.05 to 5 Å"]),
        ({"part": {"kind": "probe", "width": True}}, ["part.width = True", "not a number"]),
        ({"part": {"kind": "probe", "width": float("nan")}}, ["part.width = nan", "not a finite number"]),
        ({"part": {"kind": "probe", "width": float("inf")}}, ["part.width = inf", "not a finite number"]),
        ({"part": {"kind": "probe", "wdth": 1.0}}, ["part.wdth: unknown key", "did you mean 'width'?"]),
        ({"part": {"kind": "prob"}}, ["part.kind = 'prob'", "probe, sheet", "did you mean 'probe'?"]),
        ({"part": {"width": 1.0}}, ["part.kind", "required"]),
        (
            {"part": {"kind": "probe", "mode": "shrp"}},
            ["part.mode = 'shrp'", "sharp, soft", "did you mean 'sharp'?"],
        ),
        ({"part": {"kind": "sheet", "side": 1}}, ["part.side = 1", "8 to 100 px"]),
        ({"part": {"kind": "sheet", "points": [1.0, "x"]}}, ["part.points.1 = 'x'", "not a number"]),
        ({"seed": 1.5}, ["seed = 1.5", "not a whole number"]),
        ({"parts": [{"width": 9.0}]}, ["parts.0.width = 9.0", "0.05 to 5 Å"]),
        ({"part": 3}, ["part = 3", "not a table"]),
        (
            {"part": {"kind": "sheet", "named": {"a": [1]}}},
            ["part.named.a = [1]", "neither true or false nor text"],
        ),
        ({"whole": {}}, ["whole.side: is required and missing"]),
        ({"whole": {"side": 3, "sid": 4}}, ["whole.sid: unknown key", "did you mean 'side'?"]),
        ({"fair": 0.3}, ["fair: must be one half"]),
    ],
)
def test_every_bad_value_gets_one_sentence(tree, words):
    with pytest.raises(InputError) as caught:
        validate(Root, tree)
    for word in words:
        assert word in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_errors_are_all_named():
    with pytest.raises(InputErrors) as caught:
        validate(Root, {"seed": -1, "sed": 2})
    assert {error.parameter for error in caught.value.errors} == {"seed", "sed"}


def test_a_tree_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(InputError, match="nested too deeply|no number, text, list or table"):
        validate(Root, {"parts": endless})


def test_a_value_of_a_foreign_type_is_named():
    with pytest.raises(InputError, match=r"^root\.parts\.0\.width = \{1\}: is no number, text"):
        validate(Root, {"parts": [{"width": {1}}]}, root="root")


def test_whole_numbers_are_numbers_and_nothing_else_is():
    assert validate(Root, {"part": {"kind": "probe", "width": 1}}).part.width == 1.0


def test_leaves_carry_description_default_and_choices():
    leaves = {leaf.path: leaf for leaf in model_fields(Root)}
    assert leaves["part.width"].description.unit == "Å"
    assert leaves["part.width"].default == 0.6
    assert leaves["part.mode"].choices == ("sharp", "soft")
    assert leaves["seed"].default == 3


def test_schema_holds_unit_range_and_text():
    properties = Root.model_json_schema()["$defs"]["Probe"]["properties"]["width"]
    assert properties["unit"] == "Å"
    assert (properties["minimum"], properties["maximum"]) == (0.05, 5)
    assert properties["description"] == "Width of the spot."
    assert properties["title"] == "Width"


def test_a_label_is_the_title_of_the_schema_and_stays_out_of_the_digest():
    assert Root.model_json_schema()["$defs"]["Probe"]["properties"]["fine"]["title"] == "Fine grid"
    assert Quantity(label="Spot").__get_pydantic_json_schema__({}, lambda _: {})["title"] == "Spot"
    leaf = next(leaf for leaf in model_fields(Probe) if leaf.path == "fine")
    assert (leaf.description.label, leaf.description.advanced) == ("Fine grid", True)
    assert Probe().canonical == {"kind": "probe", "width": 0.6, "mode": "soft", "fine": False}


def test_the_label_of_a_group_is_not_that_of_its_kind():
    class Grouped(Settings):
        part: Annotated[
            Annotated[Probe | Sheet, Field(discriminator="kind")], About("What it is.", label="Part")
        ] = Probe()

    kind = next(leaf for leaf in model_fields(Grouped) if leaf.path == "part.kind")
    assert (kind.description.about, kind.description.label) == ("What it is.", "")


@pytest.mark.parametrize(
    ("quantity", "inside", "outside"),
    [
        (Quantity(low=0, high=1), [0, 1], [-1e-9, 1 + 1e-9]),
        (Quantity(low=0, above=True), [1e-300], [0.0, -1]),
        (Quantity(high=2), [-1e9, 2], [2.1]),
    ],
)
def test_bounds_are_inclusive_unless_said_otherwise(quantity, inside, outside):
    assert all(map(quantity.contains, inside))
    assert not any(map(quantity.contains, outside))


def test_leaves_of_a_union_say_what_holds_for_which_kind():
    leaves = {leaf.path: leaf for leaf in model_fields(Root)}
    assert leaves["part.kind"].choices == ("probe", "sheet") and leaves["part.kind"].only_if == ""
    assert leaves["part.kind"].groups == (Probe, Sheet)
    assert leaves["part.width"].only_if == "part.kind = probe"
    assert leaves["part.side"].only_if == "part.kind = sheet"
    assert leaves["whole.side"].only_if == "" and leaves["part.mode"].groups == ()
    assert leaves["parts"].groups == (Probe,) and "parts.width" not in leaves
