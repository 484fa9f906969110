"""Which tilt a refusal names where a support film would stand along the beam."""

from __future__ import annotations

import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe


def plan_of(pose: dict[str, object], *vary: dict[str, object]) -> Plan:
    recipe = validate(
        Recipe,
        {
            "specimen": {"kind": "aggregate", "number": 3, "film": {"thickness": 50.0}},
            "pose": {"kind": "euler", **pose},
            "image": {"width": 40, "height": 40, "pixel_size": 20.0},
            "imaging": {"model": "mass_thickness"},
            "vary": list(vary),
        },
    )
    return Plan(recipe, collect_structures(recipe))


def law(low: float, high: float) -> dict[str, object]:
    return {"path": "pose.Phi", "law": "uniform", "low": low, "high": high, "per": "image"}


@pytest.mark.parametrize(
    ("low", "high", "named"),
    [
        (-160.0, 170.0, 90.0),
        (-170.0, 160.0, -90.0),
        (0.0, 88.0, 88.0),
        (-88.0, 0.0, -88.0),
        (260.0, 300.0, 270.0),
    ],
)
def test_the_tilt_that_is_named_is_one_that_stands(low, high, named):
    with pytest.raises(InputError) as caught:
        plan_of({}, law(low, high))
    assert caught.value.parameter == "pose.Phi" and caught.value.value == named


@pytest.mark.parametrize("tilt", [-92.5, -87.5, 87.5, 92.5, 272.5, -267.5])
def test_every_upright_tilt_is_refused(tilt):
    with pytest.raises(InputError, match="along the beam") as caught:
        plan_of({"Phi": tilt})
    assert caught.value.value == tilt


@pytest.mark.parametrize("tilt", [-93.0, -87.0, 0.0, 87.0, 93.0, 180.0, 267.0, 273.0, 360.0])
def test_what_lies_flatter_is_planned(tilt):
    assert len(plan_of({"Phi": tilt})) > 0
