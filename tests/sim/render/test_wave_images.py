"""Images of the models with electron waves beside the Gaussian image of the same job, and their masks."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.settings import validate
from sim.core.types import Structure
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import set_path
from sim.render.context import RenderContext
from sim.render.render import render

#: A bent row of gold and silver with an arm: no symmetry, several heights.
ATOMS = Structure(
    np.array([79, 79, 47, 79, 47, 79, 29]),
    np.array([
        [-5.5, -4.0, 3.0], [-5.5, -1.0, -2.0], [-5.5, 2.0, 1.0], [-5.5, 5.0, -3.0],
        [-2.5, 5.0, 2.0], [0.5, 5.0, 0.0], [5.0, -4.5, -1.0],
    ]),
)  # fmt: skip
SLICES = {"sampling": 0.2, "slice_thickness": 3.0, "padding": 1.0}
RING = {"kind": "annular", "name": "adf", "inner": 20.0, "outer": 40.0}
MODELS = {
    "hrtem": {
        "model": "hrtem",
        "focus": {"reference": "centre", "defocus": 30.0},
        "coherence": {"focal_spread": 40.0},
        "multislice": SLICES,
        "phonons": {"configurations": 2},
    },
    "stem": {
        "model": "stem",
        "convergence": 15.0,
        "detectors": [RING, {"kind": "annular", "name": "inner", "inner": 25.0, "outer": 40.0}],
        "multislice": SLICES,
        "phonons": {"configurations": 1},
    },
    "probe": {"model": "probe"},
}


def job(imaging, labels=None, noise=None, **pose):
    return {
        "image_id": "i",
        "structure_id": "s",
        "geometry": "g",
        "class_name": "c",
        "specimen_key": "0" * 64,
        "image_key": "1" * 64,
        "replicate": 0,
        "repeat": 0,
        "orientation_seed": 7,
        "noise_seed": 11,
        "split": "train",
        "count_dtype": "float32",
        "varied": {},
        "structures": [ATOMS.sha256],
        "specimen": {"kind": "file", "structure": "a", "files": [{"name": "a"}]},
        "pose": {"kind": "euler", **pose},
        "image": {"pixel_size": 0.4, "width": 48, "height": 40},
        "imaging": imaging,
        "noise": {"exposure": {"mode": "none"}, **(noise or {})},
        "labels": labels or {},
    }


def rendered(tree):
    return render(validate(Job, tree), RenderContext({ATOMS.sha256: ATOMS}))


def likeness(image, other):
    return float(np.corrcoef(image.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize(
    "pose", [{}, {"phi1": 90.0, "shift_x": 0.8, "shift_y": -1.2}], ids=["flat", "turned"]
)
@pytest.mark.parametrize("scan", [{}, {"shear": 0.1}], ids=["still", "sheared"])
@pytest.mark.parametrize("model", MODELS)
def test_images_lie_as_the_gaussian_image_does(model, scan, pose):
    """Rows, columns, pose, shift and scan distortion mean the same whatever makes the image."""
    noise = {"scan": scan}
    sample = rendered(job(MODELS[model], noise=noise, **pose))
    blobs = rendered(job({"model": "gaussian", "sigma": 0.6, "alpha": 1.0}, noise=noise, **pose)).clean
    image = sample.clean.astype(float)
    if model == "hrtem":
        image = np.abs(image - 1.0)
    found = likeness(image, blobs)
    assert found > 0.75
    square = blobs[:, 4:44]
    for wrong in (blobs[::-1], blobs[:, ::-1], blobs[::-1, ::-1]):
        assert likeness(image, wrong) < 0.45
    for wrong in (square.T, square.T[::-1], square.T[:, ::-1], square.T[::-1, ::-1]):
        assert likeness(image[:, 4:44], wrong) < 0.45
    if model == "stem":
        assert likeness(sample.extras["detector_inner_clean"], image) > 0.9
        np.testing.assert_array_equal(sample.extras["detector_inner"], sample.extras["detector_inner_clean"])


def test_the_exit_wave_and_the_phase_mask_lie_as_the_image_does():
    sample = rendered(
        job(
            MODELS["hrtem"],
            labels={"phase_mask": True, "phase_threshold": 0.1, "phase_blur": 0.0, "exit_wave": True},
        )
    )
    blobs = rendered(job({"model": "gaussian", "sigma": 0.6, "alpha": 1.0})).clean
    assert likeness(sample.extras["exit_wave_phase"], blobs) > 0.6
    assert likeness(sample.labels["phase_mask"].astype(float), blobs) > 0.5
    assert likeness(sample.labels["phase_mask"][::-1].astype(float), blobs) < 0.45


# --- masks -----------------------------------------------------------------------------------

SCENE = {
    "kind": "scene",
    "width": 24.0,
    "height": 22.0,
    "nodes": [
        {
            "kind": "particle",
            "name": "gold",
            "crystal": {"kind": "builtin", "name": "Au"},
            "volume": {"kind": "sphere", "radius": 4.5},
            "placement": {"kind": "fixed", "x": -3.0, "y": 2.5, "z": 6.0},
        },
        {"kind": "amorphous", "name": "film", "thickness": 5.0},
    ],
}
#: What lies behind the specimen, or beside the microscope.
CONDITIONS = {
    "imaging.focus.defocus": -120.0,
    "imaging.focus.error": 13.0,
    "imaging.aberrations.C30": 1e5,
    "imaging.aberrations.C12": 40.0,
    "imaging.aperture": 12.0,
    "imaging.coherence.convergence": 1.0,
    "imaging.coherence.vibration": 0.5,
    "imaging.coherence.method": "focal_integration",
    "noise.exposure.dose": 50.0,
    "noise.camera.kind": "counting",
}


def scene(**changes):
    tree = {
        "images": 1,
        "specimen": SCENE,
        "image": {"width": 44, "height": 40, "pixel_size": 0.5},
        "imaging": {
            "model": "hrtem",
            "focus": {"reference": "minimum_contrast", "coarse_step": 2.0, "search_margin": 5.0},
            "multislice": {"sampling": 0.2, "slice_thickness": 2.0},
            "phonons": {"configurations": 2},
        },
        "noise": {"preset": "poisson_high"},
        "labels": {
            "phase_mask": True,
            "phase_threshold": 0.07,
            "phase_blur": 0.0,
            "atoms": False,
            "columns": False,
        },
    }
    for path, value in changes.items():
        tree = set_path(tree, path, value)
    recipe = validate(Recipe, tree)
    plan = Plan(recipe, collect_structures(recipe))
    return render(plan[0], RenderContext(plan.catalogue))


@pytest.fixture(scope="module")
def plain():
    return scene()


@pytest.mark.parametrize("path", CONDITIONS)
def test_a_phase_mask_is_the_same_under_all_conditions_of_one_structure(path, plain):
    sample = scene(**{path: CONDITIONS[path]})
    assert not np.array_equal(sample.image, plain.image)
    for name in ("phase_mask", "particle_mask"):
        np.testing.assert_array_equal(sample.labels[name], plain.labels[name])
    assert sample.truth["phase_mask_area"] == plain.truth["phase_mask_area"]
    assert sample.truth["defocus_zero"] == plain.truth["defocus_zero"]


def test_both_areas_are_told_of_the_masks_that_are_stored(plain):
    mask, geometric = plain.labels["phase_mask"], plain.labels["particle_mask"]
    assert plain.truth["phase_mask_area"] == pytest.approx(0.25 * mask.sum())
    assert plain.truth["particle_mask_area"] == pytest.approx(0.25 * geometric.sum())
    assert plain.truth["phase_mask_empty"] is False
    assert 0.02 < mask.mean() < 0.4
    # The film, which covers the image, is not in the mask.
    assert np.mean(mask[geometric == 0]) < 0.15
    # The areas are those of the distorted, cropped image, and known without the geometric label.
    bent = scene(**{"noise.scan.shear": 0.15, "labels.particle_mask": False})
    assert list(bent.labels) == ["phase_mask"]
    assert bent.truth["phase_mask_area"] == pytest.approx(0.25 * bent.labels["phase_mask"].sum())
    assert bent.truth["particle_mask_area"] == pytest.approx(
        scene(**{"noise.scan.shear": 0.15}).labels["particle_mask"].sum() * 0.25
    )


def test_an_empty_phase_mask_is_told(plain):
    sample = scene(**{"labels.phase_threshold": 3.1})
    assert sample.truth["phase_mask_empty"] is True and sample.truth["phase_mask_area"] == 0.0
    assert sample.truth["particle_mask_area"] == plain.truth["particle_mask_area"] > 0.0


def test_no_areas_without_a_phase_mask():
    sample = scene(**{"labels.phase_mask": False})
    assert not {"phase_mask_area", "particle_mask_area", "phase_mask_empty"} & set(sample.truth)
    assert list(sample.labels) == ["particle_mask"]
