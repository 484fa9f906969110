"""Labels, tables and truth of a rendered image against scipy and numpy, with settings off their defaults."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from sim.core.settings import validate
from sim.noise import chain
from sim.plan.plan import Plan, collect_structures
from sim.recipe.kinds import IMAGING
from sim.recipe.model import Recipe
from sim.render.context import RenderContext
from sim.render.render import render

ANGLES = {"phi1": 25.0, "Phi": 40.0, "phi2": -15.0}
SHIFT = (2.5, -1.25)
HEIGHT, WIDTH, PIXEL = 56, 84, 0.3


def make(**tree):
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


def oblong(**changes):
    """One decahedron, off the centre of an oblong image."""
    tree = {
        "images": 1,
        "image": {"width": WIDTH, "height": HEIGHT, "pixel_size": PIXEL},
        "specimen": {"kind": "cluster", "geometry": "decahedron"},
        "pose": {"kind": "euler", **ANGLES, "shift_x": SHIFT[0], "shift_y": SHIFT[1]},
        "noise": {"preset": "poisson_medium"},
    }
    plan = make(**{**tree, **changes})
    return plan, render(plan[0], RenderContext(plan.catalogue))


def placed(plan):
    """Atoms in the laboratory and the bond length, by scipy from the structure alone."""
    positions = plan.catalogue[plan[0].structures[0]].positions
    turned = Rotation.from_euler("ZXZ", list(ANGLES.values()), degrees=True).apply(
        positions - positions.mean(axis=0)
    )
    nearest = np.sort(cKDTree(positions).query(positions, k=2)[0][:, 1])
    return turned + np.array([*SHIFT, 0.0]), float(nearest[(len(nearest) - 1) // 2])


@pytest.mark.parametrize("shear", [0.0, 0.15])
def test_the_particle_mask_is_the_union_of_discs_of_half_a_bond(shear):
    plan, sample = oblong(noise={"preset": "poisson_medium", "scan": {"shear": shear}})
    atoms, bond = placed(plan)
    assert sample.truth["bond_length"] == pytest.approx(bond, abs=1e-5)
    x = (np.arange(WIDTH) - (WIDTH - 1) / 2) * PIXEL
    y = ((HEIGHT - 1) / 2 - np.arange(HEIGHT)) * PIXEL
    shown_x, shown_y = x[None, :] + shear * y[:, None], np.broadcast_to(y[:, None], (HEIGHT, WIDTH))
    away = np.sqrt((shown_x[..., None] - atoms[:, 0]) ** 2 + (shown_y[..., None] - atoms[:, 1]) ** 2).min(
        axis=-1
    )
    certain = np.abs(away - bond / 2) > 1e-5
    assert certain.mean() > 0.999
    mask = sample.labels["particle_mask"]
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask[certain], (away < bond / 2)[certain])
    assert 0.02 < mask.mean() < 0.5


@pytest.mark.parametrize("fraction", [0.02, 0.45])
@pytest.mark.parametrize("scan", [{}, {"shear": 0.1}])
@pytest.mark.parametrize("film", [0.0, 1.0])
def test_the_visible_mask_is_where_the_specimen_exceeds_a_fraction_of_its_maximum(fraction, scan, film):
    """The carbon film under the specimen lights up every pixel and makes none of them visible."""
    labels = {"visible_mask": True, "visible_fraction": fraction}
    noise = {"preset": "poisson_medium", "scan": scan}
    _, bare = oblong(labels=labels, noise=noise)
    _, sample = oblong(labels=labels, noise={**noise, "background": {"thickness": film}})
    assert (sample.clean.min() > 0.0) == (film > 0.0)
    relative = bare.clean.astype(float) / bare.clean.max()
    certain = np.abs(relative - fraction) > 1e-5
    visible = sample.labels["visible_mask"]
    assert visible.dtype == np.uint8
    np.testing.assert_array_equal(visible[certain], (relative > fraction)[certain])
    assert (visible != (relative > 0.1)).any(), "the default would do as well"


@pytest.mark.parametrize(("factor", "sigma"), [(2.0, 0.6), (2.35, 0.5), (3.0, 0.4)])
def test_columns_are_resolved_beyond_a_factor_of_the_spot(factor, sigma):
    _, sample = oblong(labels={"resolution_factor": factor}, imaging={"sigma": sigma})
    columns = sample.tables["columns"]
    places = np.stack([columns["x"], columns["y"]], axis=1)
    nearest = cKDTree(places).query(places, k=2)[0][:, 1]
    np.testing.assert_array_equal(columns["resolved"], nearest > factor * sigma)
    assert 0 < columns["resolved"].sum() < len(nearest)
    assert (columns["resolved"] != (nearest > 2.35 * 0.6)).any(), "the defaults would do as well"


@pytest.mark.parametrize("tolerance", [0.2, 1.0])
def test_columns_gather_the_atoms_within_their_tolerance(tolerance):
    plan, sample = oblong(labels={"column_tolerance": tolerance})
    atoms, _ = placed(plan)
    index, columns = sample.tables["atoms"]["column_index"], sample.tables["columns"]
    count = len(columns["count"])
    assert sorted(set(index.tolist())) == list(range(count))
    np.testing.assert_array_equal(columns["count"], np.bincount(index))
    for name, axis in (("x", 0), ("y", 1)):
        means = [atoms[index == column, axis].mean() for column in range(count)]
        np.testing.assert_allclose(columns[name], means, atol=1e-5)
    away = np.hypot(atoms[:, 0] - columns["x"][index], atoms[:, 1] - columns["y"][index])
    assert 0.5 * tolerance < away.max() <= tolerance + 1e-5


def test_atoms_and_columns_beyond_the_edge_are_marked_and_counted():
    plan, sample = oblong(image={"width": 24, "height": 32, "pixel_size": PIXEL})
    atoms, _ = placed(plan)
    inside = (np.abs(atoms[:, 0]) < 12 * PIXEL) & (np.abs(atoms[:, 1]) < 16 * PIXEL)
    assert 0 < inside.sum() < 55
    np.testing.assert_array_equal(sample.tables["atoms"]["in_field"], inside)
    columns = sample.tables["columns"]
    inside_columns = (np.abs(columns["x"]) < 12 * PIXEL) & (np.abs(columns["y"]) < 16 * PIXEL)
    np.testing.assert_array_equal(columns["in_field"], inside_columns)
    assert sample.truth["atoms"] == 55
    assert sample.truth["atoms_in_field"] == inside.sum()


def test_the_truth_says_how_many_electrons_came_in_and_how_many_were_kept():
    _, sample = oblong(noise={"preset": "poisson_medium", "exposure": {"dose": 4e4}})
    assert sample.truth["electrons_per_pixel"] == pytest.approx(4e4 * PIXEL**2)
    assert sample.truth["largest_fraction"] == pytest.approx(sample.clean.max() / (4e4 * PIXEL**2))
    _, sample = oblong(
        noise={
            "preset": "poisson_medium",
            "exposure": {"source": "beam_current", "beam_current": 20.0},
            "scan": {"dwell_time": 5.0},
        }
    )
    assert sample.truth["electrons_per_pixel"] == pytest.approx(20e-12 * 5e-6 / 1.602176634e-19)


def test_labels_that_are_not_wanted_are_not_there():
    _, sample = oblong(labels={"particle_mask": False, "atoms": False})
    assert (list(sample.labels), list(sample.tables)) == ([], ["columns"])
    _, sample = oblong(labels={"visible_mask": True, "columns": False})
    assert (sorted(sample.labels), list(sample.tables)) == (["particle_mask", "visible_mask"], ["atoms"])


@pytest.mark.parametrize("tier", ["A", "B"])
def test_the_tier_of_the_imaging_model_is_that_of_the_sample(tier, monkeypatch):
    monkeypatch.setitem(IMAGING, "gaussian", dataclasses.replace(IMAGING["gaussian"], tier=tier))
    told = []
    detect = chain.detect

    def listen(*arguments, **options):
        told.append(options["tier"])
        return detect(*arguments, **options)

    monkeypatch.setattr(chain, "detect", listen)
    _, sample = oblong()
    assert sample.tier == tier
    made = {record.name: record.tier for record in sample.records()}
    assert (made["images"], made["clean"]) == (tier, tier)
    # Labels from geometry are exact whatever makes the image.
    assert {found for name, found in made.items() if name.startswith(("labels/", "atoms/", "columns/"))} == {
        "A"
    }
    assert sample.tier_of("truth") == tier
    assert told == [tier]


def test_counts_come_in_the_type_of_the_job():
    plan, _ = oblong(noise={"preset": "poisson_medium", "exposure": {"dose": 8e7}})
    job, context = plan[0], RenderContext(plan.catalogue)
    assert job.count_dtype == plan.count_dtype == "uint32"
    wide = render(job, context).image
    assert wide.dtype == np.uint32 and wide.max() > 65_535
    narrow = render(job.model_copy(update={"count_dtype": "uint16"}), context).image
    assert narrow.dtype == np.uint16
    np.testing.assert_array_equal(narrow, np.minimum(wide, 65_535))


@pytest.mark.parametrize(("shift_x", "shift_y"), [(0.0, 0.0), (20.0, 0.0), (-3.0, -31.0)])
def test_automatic_size_makes_room_for_the_shift(shift_x, shift_y):
    plan = make(
        images=6,
        image={"width": "auto", "height": "auto", "pixel_size": 0.25},
        imaging={"sigma": 2.0},
        pose={"kind": "random", "shift_x": shift_x, "shift_y": shift_y},
    )
    height, width = plan.shape
    radius = max(info.radius for info in plan.catalogue.infos.values())
    for pixels, shift in ((width, shift_x), (height, shift_y)):
        needed = 2 * (radius + abs(shift) + 3 * 2.0) / 0.25
        assert needed <= pixels < needed + 16
        assert pixels % 16 == 0
    for job in plan:
        atoms = render(job, RenderContext(plan.catalogue)).tables["atoms"]
        room = 3 * 2.0 / 0.25
        assert atoms["in_field"].all()
        assert atoms["column"].min() >= room - 0.5 and atoms["column"].max() <= width - 0.5 - room
        assert atoms["row"].min() >= room - 0.5 and atoms["row"].max() <= height - 0.5 - room


@pytest.mark.parametrize(("side", "axis"), [("width", "shift_x"), ("height", "shift_y")])
def test_automatic_size_makes_room_for_every_shift_that_is_drawn(side, axis):
    plan = make(
        images=12,
        image={"width": 40, "height": 40, "pixel_size": 0.5, side: "auto"},
        vary=[{"path": f"pose.{axis}", "law": "uniform", "low": -15.0, "high": 4.0}],
    )
    radius = max(info.radius for info in plan.catalogue.infos.values())
    assert min(plan.shape) == 40
    assert plan.shape[("height", "width").index(side)] >= 2 * (15.0 + radius) / 0.5
    for job in plan:
        assert render(job, RenderContext(plan.catalogue)).tables["atoms"]["in_field"].all()
