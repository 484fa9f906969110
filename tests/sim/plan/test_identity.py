"""What every random value is keyed by: its path, its specimen, its sweep point, its repeat, the seed."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest

from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe

FOUR = ["icosahedron", "cuboctahedron", "decahedron", "garzon"]
SMALL = {"width": 16, "height": 16}


def make(**tree):
    recipe = validate(Recipe, {"image": SMALL, **tree})
    return Plan(recipe, collect_structures(recipe))


def grid(path, *values):
    return {"path": path, "law": "grid", "values": list(values)}


def law(kind, path, **more):
    """Laws of one kind with the same numbers, whatever the path: equal draws would be equal values."""
    numbers = {
        "uniform": {"low": 0.4, "high": 1.6},
        "normal": {"mean": 1.0, "deviation": 0.1},
        "truncated_normal": {"mean": 1.0, "deviation": 0.3, "low": 0.4, "high": 1.6},
        "choice": {"values": [0.5, 0.75, 1.0, 1.25, 1.5]},
    }
    return {"path": path, "law": kind, **numbers[kind], **more}


def uncorrelated(first, second):
    """Within five standard errors of no correlation."""
    return abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(len(first))


@pytest.mark.parametrize("kind", ["uniform", "normal", "choice"])
def test_paths_with_the_same_law_draw_independently(kind):
    """Two at the image, two at the structure, one of the image's taken once a structure."""
    paths = ["imaging.sigma", "imaging.alpha", "pose.shift_x", "pose.shift_y", "noise.scan.vibration_scale"]
    vary = [law(kind, path) for path in paths[:-1]] + [law(kind, paths[-1], per="structure")]
    plan = list(make(images=250, vary=vary))
    drawn = {path: np.array([job.varied[path] for job in plan]) for path in paths}
    for one, two in combinations(paths, 2):
        assert uncorrelated(drawn[one], drawn[two]), (one, two)
        assert np.mean(drawn[one] == drawn[two]) < (0.4 if kind == "choice" else 1e-3)
    for path in paths:
        assert uncorrelated(drawn[path][1:], drawn[path][:-1]), path


def test_paths_with_different_laws_draw_independently():
    vary = [law("uniform", "imaging.sigma"), law("truncated_normal", "imaging.alpha")]
    plan = list(make(images=250, vary=vary))
    first, second = ([job.varied[entry["path"]] for job in plan] for entry in vary)
    assert uncorrelated(first, second)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_repeats_draw_their_own_values(kind):
    plan = make(images=400, repeats=20, vary=[law(kind, "imaging.sigma")])
    by_specimen = defaultdict(list)
    for job in plan:
        by_specimen[job.specimen_key].append(job.varied["imaging.sigma"])
    table = np.array(list(by_specimen.values()))
    assert table.shape == (20, 20)
    assert len(np.unique(table)) == 400
    assert uncorrelated(table[:, :-1].ravel(), table[:, 1:].ravel())
    assert uncorrelated(table[:-1].ravel(), table[1:].ravel())


def test_repeats_and_sweep_points_have_their_own_noise_and_name():
    """With nothing drawn, too; the pose is the specimen's."""
    plan = list(make(images=60, repeats=5, vary=[grid("imaging.alpha", 0.5, 1.0, 1.5)]))
    for name in ("noise_seed", "image_id", "image_key"):
        assert len({getattr(job, name) for job in plan}) == 60
    assert len({job.orientation_seed for job in plan}) == len({job.specimen_key for job in plan}) == 4


def test_sweep_points_draw_their_own_values():
    """The points of two grids, all of one specimen and one repeat."""
    alphas, doses = [0.5, 0.6, 0.7, 0.8], [1e3, 2e3, 3e3]
    vary = [
        grid("imaging.alpha", *alphas),
        grid("noise.exposure.dose", *doses),
        law("uniform", "imaging.sigma"),
        law("uniform", "pose.shift_x"),
    ]
    plan = list(make(images=240, vary=vary))
    by_specimen = defaultdict(dict)
    for job in plan:
        point = job.imaging.alpha, job.noise.exposure.dose
        by_specimen[job.specimen_key][point] = job.imaging.sigma
    sigmas = [sigma for points in by_specimen.values() for sigma in points.values()]
    assert len(by_specimen) == 20 and len(set(sigmas)) == 240
    for one, two in combinations([(alpha, dose) for alpha in alphas for dose in doses], 2):
        pairs = [(points[one], points[two]) for points in by_specimen.values()]
        assert all(first != second for first, second in pairs)
    # What belongs to the structure is the same at every sweep point.
    for key in by_specimen:
        assert len({job.pose.shift_x for job in plan if job.specimen_key == key}) == 1


def test_structure_points_draw_their_own_values():
    """Classes share neither the values of their structures nor those of their images."""
    vary = [
        grid("specimen.geometry", *FOUR),
        grid("pose.shift_y", 0.0, 1.0),
        law("uniform", "pose.shift_x"),
        law("uniform", "imaging.sigma"),
        law("uniform", "imaging.alpha", per="structure"),
    ]
    plan = list(make(images=160, vary=vary))
    for path in ("pose.shift_x", "imaging.sigma", "imaging.alpha"):
        assert len({job.varied[path] for job in plan}) == 160
        table = np.array([job.varied[path] for job in plan]).reshape(20, 8)
        assert uncorrelated(table[:, :-1].ravel(), table[:, 1:].ravel())
    assert len({job.orientation_seed for job in plan}) == 160
    assert len({job.noise_seed for job in plan}) == 160


def test_replicates_draw_their_own_values():
    plan = make(images=50, vary=[law("uniform", "pose.shift_x"), law("uniform", "imaging.sigma")])
    assert {job.replicate for job in plan} == set(range(50))
    for path in ("pose.shift_x", "imaging.sigma"):
        assert len({job.varied[path] for job in plan}) == 50


def test_another_seed_draws_other_values():
    vary = [law("uniform", "imaging.sigma"), law("uniform", "pose.shift_x")]
    first, second = make(images=30, seed=1, vary=vary), make(images=30, seed=2, vary=vary)
    for path in ("imaging.sigma", "pose.shift_x"):
        assert {job.varied[path] for job in first}.isdisjoint({job.varied[path] for job in second})


def classes_by_split(split_by, seed):
    plan = make(
        images=120,
        seed=seed,
        vary=[grid("specimen.geometry", *FOUR), grid("imaging.alpha", 0.5, 1.0)],
        dataset={"split": {"train": 0.4, "validation": 0.3, "test": 0.3, "split_by": split_by}},
    )
    splits = defaultdict(set)
    for job in plan:
        splits[job.class_name].add(job.split)
    assert set(splits) == set(FOUR)
    return splits


def test_splitting_by_file_keeps_classes_whole():
    """Every class in one split, and over a few seeds each split has its turn with each class."""
    seen = defaultdict(set)
    for seed in range(10):
        for name, splits in classes_by_split("file", seed).items():
            assert len(splits) == 1
            seen[name] |= splits
    assert all(len(splits) == 3 for splits in seen.values())


def test_splitting_by_specimen_divides_classes():
    assert all(
        splits == {"train", "validation", "test"} for splits in classes_by_split("specimen", 0).values()
    )


#: Literal results of one recipe.  They are the published meaning of a seed: whoever has to change them
#: gives every recipe other images, and must say so in the change log.
RECIPE = {
    "images": 40,
    "repeats": 2,
    "seed": 2**53 + 5,
    "image": {"width": 64, "height": 48},
    "vary": [
        grid("specimen.geometry", "garzon", "icosahedron"),
        law("uniform", "pose.shift_x"),
        grid("imaging.alpha", 0.5, 1.5),
        law("normal", "imaging.sigma"),
        law("choice", "noise.preset") | {"values": ["poisson_low", "poisson_high"], "weights": [1.0, 3.0]},
        {"path": "noise.background.thickness", "law": "sobol", "low": 0.0, "high": 8.0},
        {"path": "noise.scan.shear", "law": "latin_hypercube", "low": -0.1, "high": 0.1},
    ],
}
PINNED = {
    0: {
        "image_id": "Au55_garzon_00000_ffb63cc8376b",
        "specimen_key": "0b1fd026fd0f0954",
        "orientation_seed": 11886757190778647196,
        "noise_seed": 18137072456349799102,
        "split": "train",
        "varied": {
            "specimen.geometry": "garzon",
            "pose.shift_x": 0.4539135155029381,
            "imaging.alpha": 0.5,
            "imaging.sigma": 1.0118777355758153,
            "noise.preset": "poisson_high",
            "noise.background.thickness": 7.906392922523804,
            "noise.scan.shear": -0.0185447712181826,
        },
    },
    3: {
        "image_id": "Au55_garzon_00000_abdd1093ec8d",
        "specimen_key": "0b1fd026fd0f0954",
        "orientation_seed": 11886757190778647196,
        "noise_seed": 11090084787895623787,
        "split": "train",
        "varied": {
            "specimen.geometry": "garzon",
            "pose.shift_x": 0.4539135155029381,
            "imaging.alpha": 1.5,
            "imaging.sigma": 0.8714414567783686,
            "noise.preset": "poisson_high",
            "noise.background.thickness": 2.9063929225238043,
            "noise.scan.shear": -0.03590111859178112,
        },
    },
    6: {
        "image_id": "Au55_icosahedron_00000_080570f34c41",
        "specimen_key": "51adaf10daf72cd1",
        "orientation_seed": 18326589606217903377,
        "noise_seed": 7795748907987332516,
        "split": "validation",
        "varied": {
            "specimen.geometry": "icosahedron",
            "pose.shift_x": 1.2175655772456624,
            "imaging.alpha": 1.5,
            "imaging.sigma": 0.9700613786366163,
            "noise.preset": "poisson_high",
            "noise.background.thickness": 3.9063929225238043,
            "noise.scan.shear": 0.03255681327634155,
        },
    },
    39: {
        "image_id": "Au55_icosahedron_00004_d3424ef62330",
        "specimen_key": "f6b109bc8a544299",
        "orientation_seed": 16552583867753037198,
        "noise_seed": 3309828803326686062,
        "split": "train",
        "varied": {
            "specimen.geometry": "icosahedron",
            "pose.shift_x": 1.2258994430335735,
            "imaging.alpha": 1.5,
            "imaging.sigma": 1.070188265346482,
            "noise.preset": "poisson_high",
            "noise.background.thickness": 0.5313929225238043,
            "noise.scan.shear": 0.05645185001259634,
        },
    },
}


@pytest.mark.parametrize("index", PINNED)
def test_a_seed_means_what_it_meant(index):
    job = make(**RECIPE)[index]
    found = {
        "image_id": job.image_id,
        "specimen_key": job.specimen_key[:16],
        "orientation_seed": job.orientation_seed,
        "noise_seed": job.noise_seed,
        "split": job.split,
        "varied": job.varied,
    }
    assert found == PINNED[index]
