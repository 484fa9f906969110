"""A small aggregate of atoms through plan and render: every label of atoms, and images of electron waves."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.context import RenderContext
from sim.render.render import render
from sim.render.specimen import pose_specimen

PIXEL = 0.4
SIDE = 160
LABELS = {
    "particle_mask": True,
    "instance_map": True,
    "overlap_map": True,
    "thickness_map": True,
    "composition_map": True,
    "objects": True,
    "atoms": True,
}
SPECIES = {"median_radius": 10.0, "deviation": 0.1}


def planned(imaging=None, specimen=None, **more):
    tree = {
        "name": "filled",
        "seed": 5,
        "images": 1,
        "specimen": {
            "kind": "aggregate_atoms",
            "number": 3,
            "overlap": 0.1,
            "first": {"material": "TiO2", **SPECIES},
            "second": {"material": "WO3", **SPECIES},
            **(specimen or {}),
        },
        "pose": {"kind": "random", "shift_x": 2.5, "shift_y": -1.5},
        "image": {"width": SIDE, "height": SIDE, "pixel_size": PIXEL},
        "imaging": imaging or {"model": "gaussian"},
        "noise": {"exposure": {"mode": "none"}},
        **more,
    }
    recipe = validate(Recipe, tree)
    plan = Plan(recipe, collect_structures(recipe))
    return plan, RenderContext(structures=plan.catalogue)


@pytest.fixture(scope="module")
def made():
    plan, context = planned(labels=LABELS)
    specimen, _ = pose_specimen(plan[0], context)
    return plan, specimen, render(plan[0], context)


def test_posed_atoms_stay_in_their_posed_spheres(made) -> None:
    """A random turn and a shift: places of particles and of atoms turn about one and the same point."""
    _, specimen, _ = made
    away = np.linalg.norm(
        specimen.positions - specimen.parts["origins"][specimen.parts["object"] - 1], axis=1
    )
    radii = specimen.parts["radii"][specimen.parts["object"] - 1]
    assert (away <= radii + 1e-5).all()
    assert away.max() > radii.min() - 1.0


def test_the_table_of_objects_has_the_spheres(made) -> None:
    plan, specimen, sample = made
    table = sample.tables["objects"]
    origins = specimen.parts["origins"]
    assert plan[0].class_name == "TiO2_WO3"
    assert table["number"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(table["atoms"], np.bincount(specimen.parts["object"])[1:])
    np.testing.assert_allclose(table["column"], origins[:, 0] / PIXEL + 0.5 * (SIDE - 1), atol=1e-9)
    np.testing.assert_allclose(table["row"], 0.5 * (SIDE - 1) - origins[:, 1] / PIXEL, atol=1e-9)
    np.testing.assert_allclose(table["radius"], specimen.parts["radii"] / PIXEL)


def test_labels_know_the_particles(made) -> None:
    """The instance map shows each particle about its place, titanium only where TiO2 is."""
    _, specimen, sample = made
    instances = sample.labels["instance_map"]
    rows, columns = np.indices(instances.shape)
    for number, (x, y, _) in enumerate(specimen.parts["origins"].tolist(), start=1):
        shown = instances == number
        assert shown.any()
        away = np.hypot(columns - x / PIXEL - 79.5, rows - 79.5 + y / PIXEL)[shown] * PIXEL
        assert away.max() < specimen.parts["radii"][number - 1] + 2.5
    assert set(np.unique(instances).tolist()) == {0, 1, 2, 3}
    assert (sample.labels["particle_mask"].astype(bool) == (instances > 0)).mean() > 0.97
    # The volume of all atoms stands in the map of thickness.
    total = float(sample.labels["thickness_total"].sum()) * PIXEL**2
    assert total == pytest.approx(specimen.parts["volumes"].sum(), rel=1e-3)


def test_bounds_of_the_plan_hold_for_the_image(made) -> None:
    plan, specimen, _ = made
    assert plan.memory_bytes > 8 * SIDE * SIDE
    assert len(specimen) < 1500


def test_plans_refuse_too_many_atoms() -> None:
    """Before any work; a varied setting is refused for the largest that it reaches."""
    with pytest.raises(InputError, match="may come to"):
        planned(specimen={"number": 250, "first": {"median_radius": 80.0}})
    vary = [{"path": "specimen.first.median_radius", "law": "uniform", "low": 20.0, "high": 400.0}]
    with pytest.raises(InputError, match="may come to"):
        planned(specimen={"number": 30}, vary=vary)


@pytest.mark.slow
@pytest.mark.parametrize(
    "imaging",
    [
        {
            "model": "stem",
            "convergence": 20.0,
            "detectors": [{"kind": "annular", "name": "adf", "inner": 22.0, "outer": 32.0}],
            "multislice": {"sampling": 0.25, "slice_thickness": 4.0, "padding": 1.0},
            "phonons": {"configurations": 1},
        },
        {
            "model": "hrtem",
            "multislice": {"sampling": 0.2, "slice_thickness": 4.0, "padding": 2.0},
            "phonons": {"configurations": 1},
        },
    ],
    ids=["stem", "hrtem"],
)
def test_waves_see_what_the_gaussian_image_shows(imaging) -> None:
    """Contrast lies where the particles are; fringes beyond their rims are far weaker."""
    size = {"median_radius": 6.0}
    small = {"first": {"material": "TiO2", **size}, "second": {"material": "WO3", **size}}
    field = {"width": 20, "height": 20, "pixel_size": 2.0}
    plan, context = planned(imaging, small, labels={"instance_map": True}, image=field)
    sample = render(plan[0], context)
    inside = sample.labels["instance_map"] > 0
    assert sample.clean[inside].std() > 3.0 * sample.clean[~inside].std()
