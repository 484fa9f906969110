"""The shipped recipes with electron waves: planned whole, made small, verified and rebuilt."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

WHOLE = {
    "hrtem_defocus": (5632, (512, 512)),
    "hrtem_dose": (2560, (512, 512)),
    "hrtem_structures": (9216, (512, 512)),
    "haadf_au55": (40, (128, 128)),
    "stem_4d_au55": (16, (64, 64)),
}
#: Small ones with as many images as a test has time for, and less work for each.
SMALL = {
    "hrtem_defocus": (11, ["imaging.phonons.configurations=2", "imaging.multislice.sampling=0.16"]),
    "hrtem_dose": (5, ["imaging.phonons.configurations=2", "imaging.multislice.sampling=0.16"]),
    "hrtem_structures": (3, ["imaging.phonons.configurations=1", "imaging.multislice.sampling=0.16"]),
    "haadf_au55": (
        2,
        [
            "image.width=16",
            "image.height=16",
            "image.pixel_size=0.9",
            "imaging.multislice.sampling=0.1",
            "imaging.detectors.haadf.inner=40",
            "imaging.detectors.haadf.outer=80",
        ],
    ),
    "stem_4d_au55": (
        2,
        [
            "image.width=8",
            "image.height=8",
            "image.pixel_size=1.8",
            "imaging.multislice.sampling=0.15",
            "imaging.detectors.adf.outer=50",
            "imaging.detectors.camera.outer=30",
        ],
    ),
}


def planned(name: str):
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.toml import read_recipe

    recipe = read_recipe(name).recipe()
    return Plan(recipe, collect_structures(recipe))


@pytest.mark.parametrize("name", WHOLE)
def test_the_published_series_are_planned_whole(name):
    """512 structures a set: 11 defoci, 5 doses, 18 sets (FACTS of the HRTEM transfer-learning study)."""
    images, shape = WHOLE[name]
    plan = planned(name)
    assert (len(plan), plan.shape) == (images, shape)
    first = plan[0]
    if name.startswith("hrtem"):
        assert first.imaging.beam.voltage == 300.0 and first.imaging.phonons.configurations == 8
        assert first.imaging.multislice.sampling == 0.1 and first.image.pixel_size == 0.2
        assert first.imaging.focus.reference == "minimum_contrast" and first.labels.phase_mask
        assert first.imaging.coherence.focal_spread == 10.0
    if name == "hrtem_structures":
        assert len(plan.class_names) == 18
        jobs = [plan[index] for index in range(36)]
        blurs = {job.class_name: job.labels.blur_of(job.class_name) for job in jobs}
        assert blurs["sphere_Fe_small"] == blurs["sphere_C_large"] == blurs["sphere_Co3O4_small"] == 1.0
        assert blurs["sphere_Fe3O4_small"] == blurs["sphere_Cu_large"] == 1.6


def test_dose_and_defocus_series_share_their_structures():
    """The same structures and simulations: one atom list for one structure of either series."""
    from sim.render.context import RenderContext
    from sim.render.specimen import build_specimen

    made = []
    for name, images in (("hrtem_defocus", (0, 11)), ("hrtem_dose", (0, 5))):
        plan = planned(name)
        context = RenderContext(structures=plan.catalogue)
        made.append([build_specimen(plan[index], context).structure.sha256 for index in images])
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_small_series_is_made_verified_and_rebuilt(name, invoke, tmp_path: Path):
    images, cheaper = SMALL[name]
    directory = tmp_path / name
    settings = [word for setting in cheaper for word in ("--set", setting)]
    made = invoke(
        "run",
        f"{name}_small",
        "--images",
        str(images),
        "--output",
        str(directory),
        "--workers",
        "2",
        *settings,
    )
    assert made.code == 0, made.err
    assert invoke("verify", str(directory)).code == 0
    lines = [json.loads(line) for line in (directory / "manifest.jsonl").read_text().splitlines()]
    tiers = {array["name"]: array["tier"] for array in lines[-1]["arrays"]}
    assert tiers["images"] == "B"
    again = invoke("regenerate", str(directory), "--image-id", lines[-1]["image_id"])
    assert again.code == 0, again.out + again.err
    with h5py.File(directory / "stack.h5") as stack:
        clean = stack["dataset/clean/data"][:]
        assert np.all(np.isfinite(clean)) and np.all(np.ptp(clean, axis=(1, 2)) > 0.0)
        if name.startswith("hrtem"):
            masks = stack["dataset/labels/phase_mask/data"][:]
            keys = [line["job"]["specimen_key"] for line in lines]
            first = {key: masks[keys.index(key)] for key in keys}
            for key, mask in zip(keys, masks, strict=True):
                np.testing.assert_array_equal(mask, first[key])
            # Vacuum is 1: the mean stays near the dose of a pixel.
            electrons = np.array([line["job"]["noise"]["exposure"]["dose"] for line in lines]) * 0.04
            np.testing.assert_allclose(clean.mean(axis=(1, 2)) / electrons, 1.0, atol=0.05)
        if name.startswith("stem"):
            camera = stack["dataset/detector_camera/data"]
            assert camera.shape == (images, 8, 8, 32, 32)
