"""Plans of aggregates: tilt series, growth of the training design, and what is refused before any image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.numerics.rotations import quaternion_to_matrix, rotate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.kinds import IMAGING, SPECIMENS
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe
from sim.render.cache import StageCache
from sim.render.context import RenderContext
from sim.render.render import render
from sim.render.specimen import build_specimen, pose_specimen

SPECIES = {"median_radius": 30.0, "deviation": 0.2}
TREE: dict[str, Any] = {
    "name": "aggregates",
    "seed": 11,
    "images": 8,
    "specimen": {
        "kind": "aggregate",
        "number": 6,
        "trials": 2,
        "first": {"material": "TiO2", **SPECIES},
        "second": {"material": "WO3", **SPECIES},
    },
    "image": {"width": 40, "height": 36, "pixel_size": 10.0},
    "imaging": {"model": "mass_thickness"},
    "labels": {"instance_map": True},
}
TILTS = [-40.0, 0.0, 35.0, 60.0]
TILT_BY_IMAGE = {"path": "pose.Phi", "law": "grid", "values": TILTS, "per": "image"}


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    found = dict(first)
    for name, value in second.items():
        found[name] = merged(first[name], value) if isinstance(value, dict) and name in first else value
    return found


def plan_of(*vary: dict[str, Any], **more: Any) -> Plan:
    recipe = validate(Recipe, merged(TREE, {**more, "vary": list(vary)}))
    return Plan(recipe, collect_structures(recipe))


# --- tilt series ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def series() -> Plan:
    return plan_of(TILT_BY_IMAGE, pose={"kind": "euler"})


def test_a_tilt_series_is_one_specimen(series):
    """Two specimens, each in four poses: everything but pose, noise and image identity is one."""
    jobs = list(series)
    assert [job.pose.Phi for job in jobs] == TILTS * 2
    for name in ("specimen_key", "orientation_seed", "split", "replicate"):
        values = [getattr(job, name) for job in jobs]
        assert len(set(values[:4])) == len(set(values[4:])) == 1, name
    assert jobs[0].specimen_key != jobs[4].specimen_key
    assert jobs[0].orientation_seed != jobs[4].orientation_seed
    for name in ("noise_seed", "image_id", "image_key"):
        assert len({getattr(job, name) for job in jobs}) == 8, name
    assert [job.varied for job in jobs] == [{"pose.Phi": tilt} for tilt in TILTS * 2]


def test_a_tilt_series_has_the_same_particles_turned_about_x(series):
    context = RenderContext(series.catalogue)
    built = [build_specimen(job, context) for job in series]
    for first, members in ((built[0], built[:4]), (built[4], built[4:])):
        for other in members:
            for name in ("centres", "radii", "species", "contacts"):
                np.testing.assert_array_equal(getattr(first, name), getattr(other, name))
    assert not np.array_equal(built[0].radii, built[4].radii)
    for job, particles in zip(series, built, strict=True):
        posed, quaternion = pose_specimen(job, context)
        tilt = np.radians(job.pose.Phi)
        x, y, z = particles.centres.T
        expected = [x, y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)]
        np.testing.assert_allclose(posed.centres, np.stack(expected, axis=1), atol=1e-5)
        np.testing.assert_array_equal(posed.radii, particles.radii)
        np.testing.assert_allclose(
            rotate(quaternion_to_matrix(quaternion), particles.centres), posed.centres, atol=1e-5
        )


def test_a_tilt_series_keeps_what_does_not_depend_on_the_pose(series):
    """Descriptors in space are one number for all; tables hold the same radii; the noise is each image's."""
    kept = StageCache()
    samples = [render(job, RenderContext(series.catalogue, cache=kept)) for job in list(series)[:4]]
    for name in ("hetero_fraction", "contacts", "hetero_coordination_first", "solid_volume"):
        assert len({sample.truth[name] for sample in samples}) == 1, name
    assert len({sample.truth["projected_area"] for sample in samples}) > 1
    for name in ("sphere_radius", "species", "coordination", "x"):
        for sample in samples[1:]:
            np.testing.assert_array_equal(
                sample.tables["particles"][name], samples[0].tables["particles"][name]
            )
    heights = [sample.tables["particles"]["z"] for sample in samples]
    assert not np.allclose(heights[0], heights[1])


def test_the_tilt_decides_nothing_but_the_pose():
    """Other angles, more of them, another order: the same specimens."""
    one = plan_of(TILT_BY_IMAGE, pose={"kind": "euler"})
    other = plan_of({**TILT_BY_IMAGE, "values": [10.0, -40.0, 5.0]}, pose={"kind": "euler"}, images=6)
    assert [one[0].specimen_key, one[4].specimen_key] == [other[0].specimen_key, other[3].specimen_key]
    assert [one[0].orientation_seed, one[4].orientation_seed] == [
        other[0].orientation_seed,
        other[3].orientation_seed,
    ]
    same = {job.pose.Phi: job for job in one if job.replicate == 0}[-40.0]
    again = {job.pose.Phi: job for job in other if job.replicate == 0}[-40.0]
    assert same.noise_seed == again.noise_seed and same.image_id == again.image_id


def test_without_per_every_pose_is_a_specimen_of_its_own():
    entry = {name: value for name, value in TILT_BY_IMAGE.items() if name != "per"}
    jobs = list(plan_of(entry, pose={"kind": "euler"}))
    assert len({job.specimen_key for job in jobs}) == len({job.orientation_seed for job in jobs}) == 8


def test_random_tilts_by_image_keep_the_specimen():
    law = {"path": "pose.Phi", "law": "uniform", "low": -60.0, "high": 60.0, "per": "image"}
    grid = {"path": "imaging.defocus", "law": "grid", "values": [0.0, 100.0, 200.0, 300.0]}
    jobs = list(plan_of(law, grid, pose={"kind": "euler"}))
    assert len({job.pose.Phi for job in jobs}) == 8
    assert len({job.specimen_key for job in jobs}) == len({job.orientation_seed for job in jobs}) == 2


@pytest.mark.parametrize("path", ["specimen.mixing", "specimen.first.median_radius", "specimen.number"])
def test_the_specimen_may_not_vary_by_image(path):
    low, high = {"specimen.number": (5, 9)}.get(path, (0.3, 0.6) if "mixing" in path else (30.0, 40.0))
    entry = {"path": path, "law": "grid", "values": [low, high], "per": "image"}
    with pytest.raises(InputError, match=r"vary\.0\.per.*belongs to the structure"):
        plan_of(entry)


def test_the_shipped_tilt_series_are_of_three_aggregates():
    plan = Plan(
        load_recipe("aggregates_tilt_series"), collect_structures(load_recipe("aggregates_tilt_series"))
    )
    jobs = list(plan)
    assert len(jobs) == 87 and len({job.specimen_key for job in jobs}) == 3
    for start in range(0, 87, 29):
        own = jobs[start : start + 29]
        assert [job.pose.Phi for job in own] == [-70.0 + 5.0 * step for step in range(29)]
        assert len({(job.specimen_key, job.split) for job in own}) == 1


# --- the training design --------------------------------------------------------------------------


def shipped(name: str) -> Plan:
    recipe = load_recipe(name)
    return Plan(recipe, collect_structures(recipe))


def test_the_small_recipe_is_the_beginning_of_the_large_one():
    """Not only its images: jobs to the bit, in the large dataset's own numbering."""
    small, large = shipped("aggregates_tio2_wo3_small"), shipped("aggregates_tio2_wo3")
    assert (len(small), len(large)) == (200, 10_000)
    for index in (*range(0, 200, 23), 199):
        assert small[index].image_id == large[index].image_id
        assert small[index].digest == large[index].digest
    assert small.shape == large.shape and small.count_dtype == large.count_dtype
    one, two = small[3], large[3]
    for job in (one, two):
        assert job.specimen.number == one.specimen.number and job.noise_seed == one.noise_seed


@pytest.mark.slow
def test_images_of_the_small_recipe_are_those_of_the_large_one():
    small, large = shipped("aggregates_tio2_wo3_small"), shipped("aggregates_tio2_wo3")
    for index in (0, 117):
        one, two = (render(plan[index], RenderContext(plan.catalogue)) for plan in (small, large))
        assert one.records() == two.records() and one.truth == two.truth


def test_the_training_design_covers_its_eight_parameters_evenly():
    plan = shipped("aggregates_tio2_wo3")
    jobs = [plan[index] for index in range(256)]
    bounds = {entry.path: (entry.low, entry.high) for entry in plan.recipe.vary}
    assert len(bounds) == 8
    for path, (low, high) in bounds.items():
        values = np.array([job.varied[path] for job in jobs], dtype=float)
        assert low <= values.min() and values.max() <= high
        quarters = np.floor((values - low) / (high - low) * 4.0 * (1 - 1e-12)).astype(int)
        # A whole number between 20 and 120 falls on the borders of quarters.
        assert np.abs(np.bincount(quarters, minlength=4) - 64).max() <= (4 if "number" in path else 0)
    assert len({job.specimen_key for job in jobs}) == 256
    assert {"train", "validation", "test"} >= {job.split for job in jobs} > {"train"}


def test_planning_ten_thousand_images_builds_nothing(monkeypatch):
    """Neither an aggregate nor a job before one is asked for; one job costs one job."""
    made = []
    real = Plan._job
    monkeypatch.setattr(Plan, "_job", lambda self, *rest: made.append(1) or real(self, *rest))
    monkeypatch.setattr("sim.specimen.aggregate.specimen.build_aggregate", None)
    plan = shipped("aggregates_tio2_wo3")
    assert len(plan) == 10_000 and made == []
    assert plan[9_999].image_id != plan[0].image_id
    assert len(made) == 2
    assert plan.shard_count > 1 and plan.bytes_per_image > 256 * 256 * 6


# --- sizes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pose", [{"kind": "euler"}, {"kind": "random"}])
def test_images_of_automatic_size_show_the_particles(pose):
    """Practically every aggregate is inside, and the image is not much larger than the largest."""
    plan = plan_of(pose=pose, image={"width": "auto", "height": "auto"}, images=20)
    height, width = plan.shape
    assert height == width and height % 16 == 0
    kept = StageCache()
    reach, outside = 0.0, 0
    for job in plan:
        posed, _ = pose_specimen(job, RenderContext(plan.catalogue, cache=kept))
        farthest = np.abs(posed.centres[:, :2]).max(axis=1) + posed.radii
        outside += int((farthest > 0.5 * height * 10.0).sum())
        reach = max(reach, float(farthest.max()))
    assert outside <= 1
    assert height * 10.0 < 4.0 * reach


def test_automatic_size_follows_the_largest_aggregate_of_the_laws():
    law = {"path": "specimen.number", "law": "uniform", "low": 6, "high": 60}
    auto = {"width": "auto", "height": "auto"}
    small, large = plan_of(image=auto), plan_of(law, image=auto)
    assert large.shape > small.shape
    assert plan_of(image=auto, specimen={"number": 60}).shape == large.shape


# --- refused before any image -----------------------------------------------------------------------


def refusal(*vary: dict[str, Any], **more: Any) -> str:
    with pytest.raises(InputError) as caught:
        plan_of(*vary, **more)
    text = str(caught.value)
    assert "\n" not in text and text.count(". ") <= 1, text
    return text


@pytest.mark.parametrize(
    "name",
    ["grain_map", "domain_map", "defect_traces", "composition_map", "objects", "phase_mask", "exit_wave"],
)
def test_labels_of_atoms_are_refused_on_particles(name):
    text = refusal(labels={name: True})
    assert text.startswith(f"labels.{name} = True") and "particles" in text and "switch it off" in text


@pytest.mark.parametrize("name", ["semantic_map", "contact_map", "material_maps"])
def test_labels_of_particles_are_refused_on_atoms(name):
    tree = {"images": 1, "specimen": {"kind": "cluster"}, "labels": {name: True}}
    recipe = validate(Recipe, tree)
    says = rf"labels\.{name} = True: says nothing of a specimen of atoms; switch it off"
    with pytest.raises(InputError, match=says):
        Plan(recipe, collect_structures(recipe))


@pytest.mark.parametrize("specimen", [word for word in SPECIMENS if word != "file"])
@pytest.mark.parametrize("model", list(IMAGING))
def test_models_are_refused_for_what_they_cannot_image(specimen, model):
    """Every pair of the tables: planned, or refused with the models that would do."""
    given: dict[str, Any] = {
        "scene": {"nodes": [{"kind": "cluster", "name": "gold", "shells": 2}]},
        "aggregate": TREE["specimen"],
        "aggregate_atoms": {"number": 2, **{name: {**SPECIES, "median_radius": 6.0} for name in ("first",)}},
    }.get(specimen, {})
    tree = {"images": 1, "specimen": {**given, "kind": specimen}, "imaging": {"model": model}}
    tree["image"] = {"width": 64, "height": 64, "pixel_size": 0.4}
    if SPECIMENS[specimen].yields in IMAGING[model].accepts:
        validate(Recipe, tree)
        return
    with pytest.raises(InputError) as caught:
        validate(Recipe, tree)
    possible = [word for word, entry in IMAGING.items() if SPECIMENS[specimen].yields in entry.accepts]
    assert f"imaging.model = '{model}'" in str(caught.value)
    assert f"allowed: {', '.join(possible)}" in str(caught.value)


@pytest.mark.parametrize("where", ["first", "second", "film"])
@pytest.mark.parametrize(("name", "words"), [("Foo", "Foo"), ("LaCoO3", "density")])
def test_an_unknown_material_is_refused_by_the_plan(where, name, words):
    text = refusal(specimen={where: {"material": name}})
    assert text.startswith(f"specimen.{where}.material = '{name}'") and words in text
    plan_of(specimen={where: {"material": "LaCoO3", "density": 7.3}})


def test_an_unknown_material_of_a_law_is_refused_by_the_plan():
    entry = {"path": "specimen.second.material", "law": "grid", "values": ["WO3", "Foo"]}
    assert "specimen.second.material = 'Foo'" in refusal(entry)


@pytest.mark.parametrize(
    ("imaging", "specimen", "words"),
    [
        ({}, {"first": {"material": "CeO2"}}, "CeO2"),
        ({}, {"film": {"material": "Si3N4", "thickness": 30.0}}, "Si3N4"),
        ({"voltage": 120.0}, {}, "imaging.voltage = 120.0"),
        ({"outer": 400.0}, {}, "imaging.outer = 400.0"),
        ({"signal": "bf", "collection": 300.0}, {}, "imaging.collection = 300.0"),
    ],
)
def test_what_the_lookup_does_not_have_is_refused_by_the_plan(imaging, specimen, words):
    assert words in refusal(imaging={"constants": "lookup", **imaging}, specimen=specimen)


def test_a_varied_material_that_the_lookup_does_not_have_is_refused_by_the_plan():
    entry = {"path": "specimen.first.material", "law": "grid", "values": ["TiO2", "CeO2"]}
    assert "CeO2" in refusal(entry, imaging={"constants": "lookup"})
    plan_of(entry)


@pytest.mark.parametrize(
    ("pose", "vary"),
    [
        ({"kind": "euler", "Phi": 90.0}, ()),
        ({"kind": "euler"}, ({**TILT_BY_IMAGE, "values": [0.0, 89.0]},)),
        ({"kind": "random"}, ()),
        ({"kind": "zone_axis", "u": 1.0, "v": 0.0, "w": 0.0}, ()),
        ({"kind": "euler", "Phi": -90.0}, ()),
        ({"kind": "euler"}, ({"path": "pose.Phi", "law": "uniform", "low": 0.0, "high": 180.0},)),
    ],
)
def test_a_film_that_may_stand_along_the_beam_is_refused_by_the_plan(pose, vary):
    film = {"film": {"thickness": 50.0}}
    assert "film" in refusal(*vary, pose=pose, specimen=film)
    plan_of(*vary, pose=pose)


@pytest.mark.parametrize("tilt", [80.0, -86.0, 170.0])
def test_a_film_that_is_only_steep_is_imaged(tilt):
    film = {"film": {"thickness": 50.0, "holes": "square", "hole_radius": 80.0, "hole_spacing": 300.0}}
    plan = plan_of(pose={"kind": "euler", "Phi": tilt}, specimen=film, labels={"thickness_map": True})
    sample = render(plan[0], RenderContext(plan.catalogue))
    film_map = sample.labels["thickness_total"] - sample.labels["thickness_particles"]
    assert film_map.max() == pytest.approx(50.0 / abs(np.cos(np.radians(tilt))), rel=1e-4)


def test_settings_of_one_section_that_do_not_fit_are_refused():
    law = {"path": "imaging.inner", "law": "uniform", "low": 50.0, "high": 250.0}
    assert "imaging.inner = 250.0" in refusal(law)
    holes = {"thickness": 50.0, "holes": "square", "hole_radius": 100.0, "hole_spacing": 150.0}
    assert "specimen.film.hole_spacing = 150.0" in refusal(specimen={"film": holes})
    assert "noise.background.thickness" in refusal(
        imaging={"signal": "bf"}, noise={"background": {"thickness": 5.0}}
    )
    assert "labels.visible_mask" in refusal(imaging={"signal": "bf"}, labels={"visible_mask": True})


def test_a_second_material_that_is_not_named_is_the_usual_one():
    """Where only the sizes of the second particles are given, they are still of tungsten oxide."""
    recipe = validate(Recipe, merged(TREE, {"specimen": {"second": {"material": "WO3"}}}))
    tree = merged(TREE, {})
    tree["specimen"] = {**tree["specimen"], "second": {"median_radius": 30.0, "deviation": 0.2}}
    assert validate(Recipe, tree).specimen == recipe.specimen
