"""One recipe and one seed give the same bytes, however, wherever and in whatever company a scene is built."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial import cKDTree

from sim.core.canonical import array_sha256
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.cache import StageCache
from sim.render.context import RenderContext
from sim.render.specimen import build_specimen, pose_specimen
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.generators import random_defects
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.search import kd_tree

CDSE = {
    "kind": "particle",
    "name": "cdse",
    "count": 3,
    "crystal": {"kind": "builtin", "name": "CdSe"},
    "volume": {"kind": "sphere", "radius": 10.0},
    "defects": {"h": 0.0, "k": 0.0, "l": 1.0, "minimum_separation": 4.0},
    "orientation": {"kind": "random"},
    "placement": {"kind": "scattered", "gap": 3.0},
    "changes": [{"kind": "vacancies", "name": "holes", "share": 0.05}, {"kind": "displace", "name": "warm"}],
}
FILM = {"kind": "amorphous", "name": "carbon", "thickness": 6.0}
SPECIMEN = {
    "kind": "scene",
    "width": 74.0,
    "height": 66.0,
    "crowding": "keep",
    "nodes": [
        CDSE,
        {
            "kind": "polycrystal",
            "name": "grains",
            "volume": {"kind": "sphere", "radius": 8.0},
            "grains": 3,
            "placement": {"kind": "seated", "x": 22.0, "y": -20.0, "depth": 1.0},
        },
        {"kind": "molecules", "name": "CO", "on": "grains", "number": 5},
        FILM,
    ],
}
RECIPE = {
    "name": "determinism",
    "seed": 77,
    "images": 4,
    "specimen": SPECIMEN,
    "image": {"width": 64, "height": 64},
    "vary": [
        {
            "path": "specimen.nodes.cdse.volume.radius",
            "law": "uniform",
            "per": "instance",
            "low": 7.0,
            "high": 11.0,
        },
        {"path": "specimen.nodes.cdse.count", "law": "uniform", "low": 1, "high": 4},
        {"path": "specimen.nodes.cdse.defects.I1", "law": "uniform", "per": "instance", "low": 0, "high": 1},
        {"path": "specimen.nodes.carbon.thickness", "law": "uniform", "low": 4.0, "high": 9.0},
    ],
}
#: What another process runs: the last image first.
ELSEWHERE = """
import json, sys
from sim.core.canonical import array_sha256
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.context import RenderContext
from sim.render.specimen import build_specimen

recipe = validate(Recipe, json.load(sys.stdin))
plan = Plan(recipe, collect_structures(recipe))
found = []
for index in reversed(range(len(plan))):
    built = build_specimen(plan[index], RenderContext(plan.catalogue))
    arrays = {"numbers": built.structure.numbers, "positions": built.structure.positions, **built.parts}
    found.append({name: array_sha256(array) for name, array in arrays.items()})
print(json.dumps(found))
"""


def plan_of(tree=None):
    recipe = validate(Recipe, RECIPE if tree is None else tree)
    return Plan(recipe, collect_structures(recipe))


def prints_of(built):
    """Hash of every array of a built scene."""
    arrays = {"numbers": built.structure.numbers, "positions": built.structure.positions, **built.parts}
    return {name: array_sha256(np.asarray(array)) for name, array in arrays.items()}


def prints(index, cache=None):
    """From a plan of its own."""
    plan = plan_of()
    return prints_of(build_specimen(plan[index], RenderContext(plan.catalogue, cache=cache)))


def scene(*nodes, **values):
    return expanded(validate(SceneSpecimen, {**SPECIMEN, "nodes": list(nodes), **values}, root="specimen"))


def atoms_of(built, number):
    which = built.parts["object"] == number
    return built.structure.numbers[which].tobytes() + built.structure.positions[which].tobytes()


@pytest.fixture(scope="module")
def alone():
    """Every image, each from a plan of its own and with nothing remembered."""
    return [prints(index) for index in range(RECIPE["images"])]


def test_images_differ_from_each_other(alone):
    assert len({json.dumps(each) for each in alone}) == len(alone)


def test_a_scene_built_twice_is_the_same(alone):
    assert prints(1) == alone[1]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 2, 3, 0, 1)])
def test_a_batch_in_any_order_gives_what_each_gives_alone(alone, order):
    plan = plan_of()
    for index in order:
        assert prints_of(build_specimen(plan[index], RenderContext(plan.catalogue))) == alone[index]


def test_a_longer_series_begins_with_the_shorter_one(alone):
    plan = plan_of({**RECIPE, "images": 9})
    assert prints_of(build_specimen(plan[2], RenderContext(plan.catalogue))) == alone[2]


def test_another_process_makes_the_same(alone, repository):
    finished = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=json.dumps(RECIPE),
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == alone[::-1]


def test_what_the_cache_remembers_changes_nothing(alone):
    cache = StageCache()
    for index in (0, 1, 0, 3, 1, 2):
        assert prints(index, cache) == alone[index]


def test_a_film_from_the_cache_under_a_moved_particle():
    cache, found = StageCache(), []
    for x in (0.0, 5.5, -3.25):
        seat = {"kind": "seated", "x": x, "y": 1.0}
        tree = {**RECIPE, "specimen": {**SPECIMEN, "nodes": [{**CDSE, "count": 1, "placement": seat}, FILM]}}
        plan = plan_of({**tree, "vary": []})
        remembered = build_specimen(plan[0], RenderContext(plan.catalogue, cache=cache))
        assert prints_of(remembered) == prints_of(build_specimen(plan[0], RenderContext(plan.catalogue)))
        found.append(remembered.structure.sha256)
    assert len(set(found)) == 3


def test_the_posed_scene_is_the_same_with_and_without_cache():
    plan, cache = plan_of(), StageCache()
    for index in (1, 0, 1):
        plain, quaternion = pose_specimen(plan[index], RenderContext(plan.catalogue))
        kept, same = pose_specimen(plan[index], RenderContext(plan.catalogue, cache=cache))
        assert plain.positions.tobytes() == kept.positions.tobytes()
        assert plain.numbers.tobytes() == kept.numbers.tobytes()
        assert quaternion.tobytes() == same.tobytes()
        assert {name: array_sha256(part) for name, part in plain.parts.items()} == {
            name: array_sha256(part) for name, part in kept.parts.items()
        }


def between(points, others, radius):
    """Pairs between two sets, proposed by KD-trees in an order of their own."""
    found = cKDTree(points).query_ball_tree(cKDTree(others), radius)
    pairs = np.array([(one, two) for one, near in enumerate(found) for two in near], dtype=np.int64)
    pairs = pairs.reshape(-1, 2)[::-1]
    return pairs[:, 0].copy(), pairs[:, 1].copy()


@pytest.mark.parametrize("search", [None, kd_tree])
@pytest.mark.parametrize("cross", [None, between])
def test_searches_change_nothing(alone, search, cross):
    job = plan_of()[0]
    made = build_scene(job.specimen, {}, job.orientation_seed, search=search, cross=cross)
    found = prints_of(made)
    assert found == {name: alone[0][name] for name in found}


def test_the_seed_changes_everything_random():
    first, second = (build_scene(scene(CDSE, FILM), {}, seed) for seed in (1, 2))
    assert all(atoms_of(first, number) != atoms_of(second, number) for number in (1, 2, 3, 4))


def test_a_sibling_that_comes_or_is_renamed_changes_nobody_else():
    seat = {"kind": "seated", "x": -20.0, "y": 15.0}
    other = {
        "kind": "cluster",
        "name": "b",
        "shells": 2,
        "orientation": {"kind": "random"},
        "placement": seat,
    }
    one = {**CDSE, "count": 1, "placement": {"kind": "seated", "x": 15.0, "y": -8.0}}
    without = build_scene(scene(one, FILM), {}, 5)
    for name in ("b", "zinc"):
        made = build_scene(scene(one, {**other, "name": name}, FILM), {}, 5)
        assert atoms_of(made, 1) == atoms_of(without, 1)
        # Of the film no atom moves; those under the newcomer go.
        rows = {row.tobytes() for row in without.structure.positions[without.parts["object"] == 2]}
        film = made.structure.positions[made.parts["object"] == 3]
        assert 0 < len(film) <= len(rows)
        assert {row.tobytes() for row in film} <= rows


def test_random_planes_that_would_leave_no_atoms_on_one_side_are_drawn_anew():
    """At the tip of a sphere the volume goes on beyond the last atoms."""
    ball = {**CDSE, "count": 1, "changes": [], "placement": {"kind": "fixed"}}
    ball = {**ball, "defects": {**CDSE["defects"], "I1": 2}, "volume": {"kind": "sphere", "radius": 14.6}}
    settings = scene(ball, crowding="stop")
    assert random_defects(settings.nodes[0].defects)["I1"] == 2
    for seed in range(60):
        sides = build_scene(settings, {}, seed).parts["side"]
        assert np.unique(sides).tolist() == [0, 1, 2]
