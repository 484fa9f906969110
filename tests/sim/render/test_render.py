"""Render: a pure function of the job, whatever surrounds it; geometry against an independent sum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sim.core.errors import Cancelled, InputError
from sim.core.settings import validate
from sim.core.types import Structure
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.cache import Stage, StageCache
from sim.render.context import RenderContext
from sim.render.render import render

EVERYTHING = {
    "noise": {"preset": "fast_scan", "background": {"thickness": 2.0}},
    "labels": {"visible_mask": True},
    "image": {"width": 72, "height": 56},
    "pose": {"kind": "random", "shift_x": 1.0},
}


def make(**tree):
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


def hashes(sample):
    return [(record.name, record.dtype, record.shape, record.sha256) for record in sample.records()]


def test_the_cache_never_changes_a_byte(tmp_path, monkeypatch):
    """Off, cold, warm in memory, warm on disk and damaged on disk."""
    stages = {
        "render": ("PROJECTION", "SCAN", "FRACTION"),
        "atom_truth": ("COLUMNS", "PLACES", "MASK"),
        "atoms": ("SPECIMEN", "POSE", "BOND"),
        "stages": ("NODE",),
    }
    for module, names in stages.items():
        for name in names:
            where = f"sim.render.{module}.{name}"
            stage = getattr(__import__(f"sim.render.{module}", fromlist=[name]), name)
            monkeypatch.setattr(where, Stage(stage.name, stage.revision, on_disk=True))
    plan = make(images=4, vary=[{"path": "imaging.alpha", "law": "grid", "values": [0.8, 1.2]}], **EVERYTHING)
    plain = [hashes(render(job, RenderContext(plan.catalogue))) for job in plan]

    def through(cache):
        return [hashes(render(job, RenderContext(plan.catalogue, cache=cache))) for job in plan]

    cache = StageCache(directory=tmp_path)
    assert through(cache) == plain
    assert through(cache) == plain
    assert through(StageCache(directory=tmp_path)) == plain
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        content = bytearray(path.read_bytes())
        content[len(content) * 2 // 3] ^= 0xFF
        path.write_bytes(content)
    assert through(StageCache(directory=tmp_path)) == plain


def test_the_clean_image_is_the_documented_sum():
    """Written again with numpy and scipy: y up, x right, Bunge angles, electrons per pixel."""
    angles = (20.0, 35.0, -50.0)
    plan = make(
        images=1,
        image={"width": 70, "height": 64, "pixel_size": 0.25},
        imaging={"model": "gaussian", "sigma": 0.7, "alpha": 1.3, "collected_fraction": 0.004},
        noise={"preset": "poisson_medium", "exposure": {"dose": 2e4}},
        pose={
            "kind": "euler",
            "phi1": angles[0],
            "Phi": angles[1],
            "phi2": angles[2],
            "shift_x": 1.5,
            "shift_y": -0.75,
        },
        specimen={"kind": "cluster", "geometry": "garzon"},
    )
    (job,) = plan
    structure = plan.catalogue[job.structures[0]]
    turned = Rotation.from_euler("ZXZ", angles, degrees=True).apply(
        structure.positions - structure.positions.mean(axis=0)
    )
    turned += [1.5, -0.75, 0.0]
    x = (np.arange(70) - 34.5) * 0.25
    y = (31.5 - np.arange(64)) * 0.25
    total = np.zeros((64, 70))
    for atom_x, atom_y, _ in turned:
        total += np.exp(-((x[None, :] - atom_x) ** 2 + (y[:, None] - atom_y) ** 2) / (2 * 0.7**2))
    expected = total * (79 / 6) ** 1.3 / (79 / 6) * 0.004 * 2e4 * 0.25**2
    sample = render(job, RenderContext(plan.catalogue))
    np.testing.assert_allclose(sample.clean, expected, rtol=2e-6, atol=1e-6 * expected.max())
    atoms = sample.tables["atoms"]
    np.testing.assert_allclose(np.stack([atoms["x"], atoms["y"], atoms["z"]], 1), turned, atol=2e-6)
    np.testing.assert_allclose(atoms["column"], turned[:, 0] / 0.25 + 34.5, atol=1e-5)
    np.testing.assert_allclose(atoms["row"], 31.5 - turned[:, 1] / 0.25, atol=1e-5)
    assert sample.truth["quaternion"] == pytest.approx(
        Rotation.from_euler("ZXZ", angles, degrees=True).as_quat(scalar_first=True)
    )


def test_counts_scatter_about_the_clean_image():
    plan = make(images=1, noise={"preset": "poisson_high"}, repeats=1)
    sample = render(plan[0], RenderContext(plan.catalogue))
    bright = sample.clean > 5.0
    score = (sample.image[bright] - sample.clean[bright]) / np.sqrt(sample.clean[bright])
    assert abs(score.mean()) < 5 / np.sqrt(score.size)
    assert abs(score.var() - 1) < 5 * np.sqrt(2 / score.size)


def test_labels_move_with_the_image():
    """Under a strong shear of the scan the atoms' places still lie on the bright spots of the image."""
    tree = {
        "images": 1,
        "image": {"width": 128, "height": 128},
        "pose": {"kind": "zone_axis", "u": 0.0, "v": 0.0, "w": 1.0},
        "specimen": {"kind": "cluster", "geometry": "cuboctahedron"},
    }
    still, sheared = make(**tree), make(noise={"preset": "poisson_medium", "scan": {"shear": 0.15}}, **tree)
    straight = render(still[0], RenderContext(still.catalogue))
    moved = render(sheared[0], RenderContext(sheared.catalogue))
    assert np.abs(moved.tables["columns"]["column"] - straight.tables["columns"]["column"]).max() > 2.5

    def on_spots(sample):
        rows = np.round(sample.tables["columns"]["row"]).astype(int)
        cols = np.round(sample.tables["columns"]["column"]).astype(int)
        return sample.clean[rows, cols] / sample.tables["columns"]["count"]

    np.testing.assert_allclose(on_spots(moved), on_spots(straight), rtol=0.1)
    inside = moved.labels["particle_mask"].astype(bool)
    assert moved.clean[inside].sum() > 0.9 * moved.clean.sum()
    assert (moved.labels["particle_mask"] != straight.labels["particle_mask"]).any()


def test_a_carbon_film_is_no_visible_particle():
    tree = {"images": 1, "labels": {"visible_mask": True}, "imaging": {"model": "gaussian", "sigma": 0.5}}
    plain, filmed = (
        make(**tree),
        make(noise={"preset": "poisson_medium", "background": {"thickness": 50.0}}, **tree),
    )
    masks = [
        render(plan[0], RenderContext(plan.catalogue)).labels["visible_mask"] for plan in (plain, filmed)
    ]
    np.testing.assert_array_equal(*masks)
    assert 0.05 < masks[0].mean() < 0.5


def test_saturated_pixels_are_counted():
    """A converter of 8 bits that 100 electrons a pixel overflow in the bright places."""
    detector = {"adc_bits": 8, "adc_gain": 10.0, "adc_offset": 5.0}
    plan = make(images=1, noise={"preset": "poisson_medium", "detector": detector})
    sample = render(plan[0], RenderContext(plan.catalogue))
    assert sample.truth["saturated_pixels"] == np.count_nonzero(sample.image == 255) > 50
    easy = make(images=1)
    assert render(easy[0], RenderContext(easy.catalogue)).truth["saturated_pixels"] == 0


def test_a_converter_that_only_saturates_is_refused():
    with pytest.raises(InputError, match=r"noise\.detector\.adc_offset = 500.*255"):
        make(noise={"preset": "mixed_low", "detector": {"adc_bits": 8}})


def test_one_count_type_serves_preview_and_export():
    plan = make(images=1)
    assert render(plan[0], RenderContext(plan.catalogue)).image.dtype == plan.count_dtype
    plan = make(images=1, noise={"preset": "none"})
    sample = render(plan[0], RenderContext(plan.catalogue))
    assert sample.image.dtype == np.float32
    np.testing.assert_array_equal(sample.image, sample.clean)


def test_cancel_ends_a_rendering():
    plan = make(images=1)

    def cancel():
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        render(plan[0], RenderContext(plan.catalogue, cancel=cancel))


def test_progress_names_the_stages_in_order():
    plan = make(images=1, **EVERYTHING)
    seen = []
    render(plan[0], RenderContext(plan.catalogue, progress=seen.append))
    assert seen == ["structure", "scan", "projection", "background", "detector", "labels"]


def test_no_atom_in_the_field_is_refused():
    plan = make(images=1, pose={"kind": "random", "shift_x": 18.1})
    with pytest.raises(InputError, match="no atom of Au55_icosahedron"):
        render(plan[0], RenderContext(plan.catalogue))


def test_more_than_the_whole_beam_is_refused():
    plan = make(images=1, imaging={"model": "gaussian", "alpha": 5.0})
    with pytest.raises(InputError, match=r"imaging\.collected_fraction"):
        render(plan[0], RenderContext(plan.catalogue))


def test_a_missing_structure_is_named():
    plan = make(images=1)
    empty: dict[str, Structure] = {}
    with pytest.raises(InputError, match="sha256"):
        render(plan[0], RenderContext(empty))
