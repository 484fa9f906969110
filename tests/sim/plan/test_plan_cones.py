"""A probe that its computing cell cannot hold is refused by the plan itself, not by the first image."""

from __future__ import annotations

from typing import Any

import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe

STEM = {
    "model": "stem",
    "multislice": {"sampling": 0.1, "slice_thickness": 4.0},
    "detectors": [{"kind": "bright_field", "name": "bf"}],
}


def planned(imaging: dict[str, Any]) -> Plan:
    image = {"width": 32, "height": 32, "pixel_size": 0.5}
    recipe = validate(Recipe, {"image": image, "imaging": imaging})
    return Plan(recipe, collect_structures(recipe))


@pytest.mark.parametrize(
    ("imaging", "problem"),
    [
        ({**STEM, "convergence": 83.5}, "too coarse for this aperture"),
        ({**STEM, "convergence": 0.6}, "too small for so narrow a cone"),
        ({"model": "probe", "convergence": 0.6}, "too small for so narrow a cone"),
    ],
    ids=["at the band limit", "narrower than the field", "linear, narrower than the field"],
)
def test_a_cone_that_does_not_fit(imaging: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem) as refused:
        planned(imaging)
    assert refused.value.parameter == "imaging.convergence"
    assert refused.value.value == imaging["convergence"]
    # The limits that it names are the cell's own: a cone just within them is planned.
    words = refused.value.allowed.replace("up to ", "").split()
    assert planned({**imaging, "convergence": float(words[0])})
