"""The class of an image is known without making its job."""

from __future__ import annotations

import pytest

from sim.core.errors import Cancelled
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe

GEOMETRIES = ["icosahedron", "decahedron", "cuboctahedron"]


@pytest.mark.parametrize("law", ["grid", "choice"])
def test_class_names_agree_with_the_jobs(law: str) -> None:
    """A grid lists the classes in turn; a choice draws them, and the order is that of its list."""
    vary = [{"path": "specimen.geometry", "law": law, "values": GEOMETRIES}]
    recipe = validate(Recipe, {"images": 60, "vary": vary})
    plan = Plan(recipe, collect_structures(recipe))
    names = [job.class_name for job in plan]
    assert [plan.class_name(index) for index in range(len(plan))] == names
    assert plan.class_names == tuple(GEOMETRIES)
    assert set(names) == set(plan.class_names)


def test_last_block_has_its_own_order() -> None:
    """Fewer images than combinations: classes are served in turn all the same."""
    recipe = load_recipe("au55_four_classes").model_copy(update={"images": 7})
    plan = Plan(recipe, collect_structures(recipe))
    assert [plan.class_name(index) for index in range(7)] == [job.class_name for job in plan]


def test_class_of_an_image_that_is_not_there() -> None:
    recipe = Recipe()
    plan = Plan(recipe, collect_structures(recipe))
    for index in (-1, len(plan)):
        with pytest.raises(IndexError):
            plan.class_name(index)


@pytest.mark.parametrize("law", ["grid", "choice"])
@pytest.mark.parametrize("images", [2, 7, 18, 31, 40])
def test_next_of_class_agrees_with_a_search(law: str, images: int) -> None:
    """Every class from every index in both directions: full blocks, the last block and the ends.

    Two geometries in two forms each are four structure points of two classes; with two values of σ and
    repeats a block holds 16 images.
    """
    vary = [
        {"path": "specimen.geometry", "law": law, "values": GEOMETRIES[:2]},
        {"path": "specimen.form", "law": "grid", "values": ["ideal", "relaxed"]},
        {"path": "imaging.sigma", "law": "grid", "values": [0.5, 0.7]},
    ]
    recipe = validate(Recipe, {"images": images, "repeats": 2, "vary": vary})
    plan = Plan(recipe, collect_structures(recipe))
    names = [job.class_name for job in plan]
    for wanted in (*plan.class_names, "another"):
        for start in range(-1, images + 1):
            ahead = [index for index in range(max(start, 0), images) if names[index] == wanted]
            behind = [index for index in range(min(start, images - 1), -1, -1) if names[index] == wanted]
            inside = 0 <= start < images
            found = plan.next_of_class(start, wanted, 1), plan.next_of_class(start, wanted, -1)
            assert found == (ahead[0] if inside and ahead else None, behind[0] if inside and behind else None)


def test_search_for_a_drawn_class_can_be_stopped() -> None:
    def cancel() -> None:
        raise Cancelled("enough")

    vary = [{"path": "specimen.geometry", "law": "choice", "values": GEOMETRIES}]
    recipe = validate(Recipe, {"images": 60, "vary": vary})
    plan = Plan(recipe, collect_structures(recipe))
    with pytest.raises(Cancelled):
        plan.next_of_class(0, GEOMETRIES[2], 1, cancel)
