"""Plans of scenes: members, variants, classes, sizes, and what stays when something else changes."""

from __future__ import annotations

import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe


def plan_of(*vary, nodes=None, images=12, **specimen):
    nodes = nodes or [
        {
            "kind": "particle",
            "name": "gold",
            "count": 2,
            "orientation": {"kind": "random"},
            "placement": {"kind": "scattered"},
        },
        {"kind": "amorphous", "name": "film", "thickness": 10.0},
    ]
    tree = {
        "images": images,
        "specimen": {"kind": "scene", "name": "s", "nodes": nodes, **specimen},
        "image": {"width": "auto", "height": "auto", "pixel_size": 0.5},
        "vary": list(vary),
    }
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


RADIUS = {
    "path": "specimen.nodes.gold.volume.radius",
    "law": "uniform",
    "per": "instance",
    "low": 5.0,
    "high": 20.0,
}
COUNT = {"path": "specimen.nodes.gold.count", "law": "uniform", "low": 1, "high": 4}


def radii(job):
    return {node.name: node.volume.radius for node in job.specimen.nodes if node.kind == "particle"}


def test_a_job_names_every_member_with_its_own_values():
    first, second = plan_of(RADIUS)[0], plan_of(RADIUS)[1]
    assert list(radii(first)) == ["gold", "gold#2"]
    values = [*radii(first).values(), *radii(second).values()]
    assert len(set(values)) == 4 and all(5.0 <= value <= 20.0 for value in values)
    assert all(node.count == 1 for node in first.specimen.nodes)


def test_the_law_of_one_setting_disturbs_no_other():
    """Counts that vary, and a further law, leave the radii of the members that are there."""
    alone = [radii(job) for job in plan_of(RADIUS)]
    other = {**RADIUS, "path": "specimen.nodes.gold.defects.twins", "low": 0, "high": 2}
    for vary in ((RADIUS, COUNT), (COUNT, RADIUS), (RADIUS, other)):
        for one, job in zip(alone, plan_of(*vary), strict=True):
            both = radii(job)
            assert {name: both[name] for name in one if name in both} == {
                name: one[name] for name in one if name in both
            }


def test_growing_the_dataset_keeps_every_job():
    small = [job.model_dump() for job in plan_of(RADIUS, COUNT)]
    assert [job.model_dump() for job in plan_of(RADIUS, COUNT, images=30)][:12] == small


def test_classes_are_named_by_material_and_variant():
    nodes = [
        {"kind": "particle", "name": "a", "crystal": {"kind": "builtin", "name": "scene"}, "only_in": ["x"]},
        {"kind": "cluster", "name": "b", "only_in": ["y"]},
    ]
    vary = (
        {"path": "specimen.material", "law": "grid", "values": ["Au", "CdSe"]},
        {"path": "specimen.variant", "law": "grid", "values": ["x", "y"]},
    )
    plan = plan_of(*vary, nodes=nodes, material="Au", variant="x")
    assert plan.class_names == ("s_Au_x", "s_Au_y", "s_CdSe_x", "s_CdSe_y")
    assert [[node.name for node in plan[index].specimen.nodes] for index in range(4)] == [["a"], ["b"]] * 2
    assert {job.class_name for job in plan} == set(plan.class_names)


def test_the_image_of_automatic_size_shows_the_box_without_its_rim():
    """The rim is three widths of a spot (σ = 0.6 Å): the spots of atoms beyond the box are missing there."""
    plan = plan_of(width=60.0, height=40.0)
    assert plan[0].imaging.sigma == 0.6
    assert plan.shape == (2 * 36, 2 * 56)


def test_scenes_are_not_turned_unless_the_recipe_says_so():
    assert plan_of()[0].pose.kind == "euler"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({**RADIUS, "law": "grid", "values": [5.0, 6.0]}, "is no law that the members"),
        ({**COUNT, "per": "instance"}, "has no instances"),
        ({**RADIUS, "path": "specimen.width", "low": 50.0, "high": 60.0}, "has no instances"),
        ({**RADIUS, "path": "specimen.nodes.silver.volume.radius"}, "gold"),
        ({**RADIUS, "path": "specimen.nodes.gold.volume.semi_x"}, "is no setting of the recipe"),
        ({**RADIUS, "low": -5.0}, "0"),
    ],
)
def test_laws_that_members_cannot_have_are_refused(entry, words):
    entry = {
        key: value for key, value in entry.items() if entry["law"] != "grid" or key not in ("low", "high")
    }
    with pytest.raises(InputError, match=words):
        plan_of(entry)
