"""Every setting of a job is in the keys of the stages it changes.

One warm cache serves every job here.  Each job differs from one already rendered in a single value; where
a stage's key forgot that value, the cache would hand out the other job's result.
"""

from __future__ import annotations

import pytest

from sim.core.settings import model_fields, validate
from sim.labels.settings import OF_PARTICLES
from sim.recipe.model import Job
from sim.recipe.toml import set_path
from sim.render.cache import StageCache
from sim.render.context import RenderContext
from sim.render.render import render
from sim.specimen.clusters import load_cluster

#: Kinds whose settings are tried elsewhere.
OTHER_SPECIMENS = {
    "specimen.kind = scene",
    "specimen.kind = aggregate",
    "specimen.kind = aggregate_atoms",
    "specimen.kind = aggregate or aggregate_atoms",
    "specimen.kind = scene or aggregate_atoms",
}
FILM = {"thickness": 20.0, "scattering": 2e-4, "roughness": 0.2, "shortest_wavelength": 6.0}
NO_FILM = {**FILM, "thickness": 0.0}
SCAN = {
    "dwell_time": 15.0,
    "flyback_time": 70.0,
    "drift_x": 2.0,
    "drift_y": -3.0,
    "slow_frequency": 5.0,
    "slow_amplitude": 0.5,
    "vibration_frequencies": [120.0, 430.0],
    "vibration_amplitudes": [0.2, 0.1],
    "vibration_scale": 1.5,
    "jitter_x": 0.1,
    "jitter_y": 0.05,
    "shear": 0.02,
    "scale": -0.01,
    "settling_amplitude": 0.6,
    "settling_time": 40.0,
}
MOVES = ("drift_x", "drift_y", "slow_amplitude", "vibration_scale", "jitter_x", "jitter_y", "shear", "scale",
         "settling_amplitude")  # fmt: skip
STILL = {**SCAN, **dict.fromkeys(MOVES, 0.0)}
EXPOSURE = {"mode": "poisson", "source": "dose", "dose": 3e4, "beam_current": 12.0}
DETECTOR = {
    "gain": 1.5,
    "gain_spread": 0.3,
    "afterglow_time": 9.0,
    "dark": 2.0,
    "read_noise": 1.5,
    "adc_bits": 14,
    "adc_gain": 2.0,
    "adc_offset": 30.0,
}

NOISE = {
    f"noise.{group}.{name}": value
    for group, values in {
        "background": {"thickness": 25.0, "scattering": 3e-4, "roughness": 0.1, "shortest_wavelength": 7.0},
        "scan": {
            "dwell_time": 16.0,
            "flyback_time": 5.0,
            "drift_x": 2.5,
            "drift_y": -2.5,
            "slow_frequency": 6.0,
            "slow_amplitude": 0.4,
            "vibration_frequencies": [120.0, 431.0],
            "vibration_amplitudes": [0.2, 0.15],
            "vibration_scale": 1.25,
            "jitter_x": 0.15,
            "jitter_y": 0.06,
            "shear": 0.03,
            "scale": 0.01,
            "settling_amplitude": 0.5,
            "settling_time": 50.0,
        },
        "exposure": {"mode": "expected", "source": "beam_current", "dose": 4e4},
        "detector": {
            "gain": 1.25,
            "gain_spread": 0.4,
            "afterglow_time": 8.0,
            "dark": 3.0,
            "read_noise": 2.5,
            "adc_bits": 8,
            "adc_gain": 3.0,
            "adc_offset": 40.0,
        },
    }.items()
    for name, value in values.items()
}
#: Settings that every job has, and another value for each.
COMMON = {
    "image.pixel_size": 0.45,
    "image.width": 33,
    "image.height": 29,
    "imaging.sigma": 0.75,
    "imaging.alpha": 1.1,
    "imaging.mode": "linear",
    "imaging.normalisation": "area",
    "imaging.collected_fraction": 0.005,
    "pose.shift_x": 0.5,
    "pose.shift_y": -0.5,
    "labels.particle_mask": False,
    "labels.visible_mask": False,
    "labels.visible_fraction": 0.3,
    "labels.atoms": False,
    "labels.columns": False,
    "labels.column_tolerance": 1.2,
    "labels.resolution_factor": 1.2,
    "labels.mask_radius": 0.7,
    "labels.instance_map": True,
    "labels.overlap_map": True,
    "labels.grain_map": True,
    "labels.domain_map": True,
    "labels.defect_traces": True,
    "labels.objects": True,
    "labels.thickness_map": False,
    "labels.composition_map": False,
    "labels.elements": [6, 79],
    "labels.thickness_blur": 2.0,
    "noise_seed": 12,
    "specimen.form": "ideal",
}
WITHOUT_FILM = {path for path in NOISE if path.startswith("noise.background.")}
WITHOUT_MOTION = {path for path in NOISE if path.startswith("noise.scan.")} - {
    f"noise.scan.{name}" for name in ("dwell_time", "flyback_time", *MOVES)
}
EULER = {"pose.phi1": 21.0, "pose.Phi": 36.0, "pose.phi2": -51.0}

#: Jobs to start from: (pose, film, scan, exposure, what is changed in turn).
BASES = {
    "random pose": ({"kind": "random"}, FILM, SCAN, EXPOSURE, {"orientation_seed": 8, **NOISE}),
    "zone axis": (
        {"kind": "zone_axis", "u": 1.0, "v": 0.5, "w": 2.0, "in_plane": 10.0},
        FILM,
        SCAN,
        {**EXPOSURE, "source": "beam_current"},
        {
            "pose.u": 1.5,
            "pose.v": 0.0,
            "pose.w": 2.5,
            "pose.in_plane": 11.0,
            "noise.exposure.beam_current": 13.0,
            "noise.scan.dwell_time": 16.0,
        },
    ),
    "no film": (
        {"kind": "euler", "phi1": 20.0, "Phi": 35.0, "phi2": -50.0},
        NO_FILM,
        SCAN,
        EXPOSURE,
        {**EULER, "noise.background.thickness": 5.0, "noise.scan.shear": 0.03},
    ),
    "still": (
        {"kind": "euler", "phi1": 20.0, "Phi": 35.0, "phi2": -50.0},
        FILM,
        STILL,
        EXPOSURE,
        {**EULER, **{path: value for path, value in NOISE.items() if path not in WITHOUT_MOTION}},
    ),
    "still and no film": (
        {"kind": "random"},
        NO_FILM,
        STILL,
        {**EXPOSURE, "mode": "none"},
        {"orientation_seed": 8, "noise.exposure.mode": "poisson", "noise.scan.shear": 0.03},
    ),
}
#: What the camera of the last job to start from is, and what becomes of it.
CAMERA = {
    "kind": "integrating",
    "mtf_weight": 0.6,
    "mtf_first": 0.4,
    "mtf_second": 0.1,
    "ntf_weight": 0.7,
    "ntf_first": 0.5,
    "ntf_second": 0.2,
    "efficiency": 0.9,
    "hot_pixels": 0.02,
    "hot_signal": 500.0,
    "dead_pixels": 0.02,
}
OTHER_CAMERA = {
    "kind": "counting",
    "mtf_weight": 0.5,
    "mtf_first": 0.45,
    "mtf_second": 0.12,
    "ntf_weight": 0.6,
    "ntf_first": 0.55,
    "ntf_second": 0.25,
    "efficiency": 0.8,
    "hot_pixels": 0.04,
    "hot_signal": 600.0,
    "dead_pixels": 0.05,
}
BASES["camera"] = (
    {"kind": "random"},
    NO_FILM,
    STILL,
    EXPOSURE,
    {f"noise.camera.{name}": value for name, value in OTHER_CAMERA.items()},
)
#: In mode "none" there is nothing random left in an image without film and motion.
VAIN = {("still and no film", "noise_seed")}
CASES = [
    (base, path, value)
    for base, (*_, own) in BASES.items()
    for path, value in {**COMMON, **own}.items()
    if (base, path) not in VAIN
]

#: Settings that change nothing by themselves: names, hashes, and values already laid out in the job.
NO_EFFECT = {"specimen.sha256", "specimen.geometry", "specimen.structure", "specimen.files", "noise.preset"}
KINDS = {"specimen.kind", "pose.kind", "imaging.model"}

CLUSTERS = {form: load_cluster("decahedron", form) for form in ("relaxed", "ideal")}
OTHER = load_cluster("garzon", "relaxed")
STRUCTURES = {structure.sha256: structure for structure in (*CLUSTERS.values(), OTHER)}


def tree_of(base):
    pose, film, scan, exposure, _ = BASES[base]
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
        "count_dtype": "uint16",
        "varied": {},
        "structures": [CLUSTERS["relaxed"].sha256],
        "specimen": {"kind": "cluster", "geometry": "decahedron", "form": "relaxed"},
        "pose": {**pose, "shift_x": 0.4, "shift_y": -0.3},
        "image": {"pixel_size": 0.4, "width": 32, "height": 28},
        "imaging": {"sigma": 0.7, "alpha": 1.2, "collected_fraction": 0.004},
        "noise": {
            "background": film,
            "scan": scan,
            "exposure": exposure,
            "detector": DETECTOR,
            "camera": CAMERA if base == "camera" else {},
        },
        "labels": {
            "visible_mask": True,
            "column_tolerance": 0.5,
            "resolution_factor": 2.35,
            "thickness_map": True,
            "composition_map": True,
            "elements": [79],
        },
    }


def rendered(tree, cache=None):
    sample = render(validate(Job, tree), RenderContext(STRUCTURES, cache=cache))
    return {record.name: record.sha256 for record in sample.records()} | dict(sample.truth)


@pytest.fixture(scope="module")
def bases():
    return {base: rendered(tree_of(base)) for base in BASES}


@pytest.fixture(scope="module")
def cache(bases):
    """A cache that has seen all jobs that are started from."""
    warm = StageCache()
    for base, expected in bases.items():
        assert rendered(tree_of(base), warm) == expected
        assert rendered(tree_of(base), warm) == expected
    return warm


def check(tree, base, bases, cache):
    fresh = rendered(tree)
    assert fresh != bases[base], "the change changes nothing, so it tests nothing"
    assert rendered(tree, cache) == fresh
    assert rendered(tree, cache) == fresh


@pytest.mark.parametrize(("base", "path", "value"), CASES)
def test_a_changed_setting_is_not_served_from_the_cache(base, path, value, bases, cache):
    tree = set_path(tree_of(base), path, value)
    if path == "specimen.form":
        tree["structures"] = [CLUSTERS[value].sha256]
    check(tree, base, bases, cache)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", ["cluster", "file"])
def test_another_structure_under_the_same_name_is_not_served_from_the_cache(base, kind, bases, cache):
    """The file on disk was replaced: nothing in the job but the structure's hash says so."""
    tree = tree_of(base)
    if kind == "file":
        tree["specimen"] = {"kind": "file", "structure": "a", "files": [{"name": "a"}]}
        assert rendered(tree, cache) == bases[base]
    check({**tree, "structures": [OTHER.sha256]}, base, bases, cache)


def test_every_setting_of_a_job_is_tried():
    """A new setting fails here until another value of it is written above."""
    sections = ("specimen", "pose", "image", "imaging", "noise", "labels")
    # Of a scene the whole settings are in the key of its stage: tests/sim/render/test_render_scenes.py.
    # Aggregates and their labels: tests/sim/render/test_render_aggregates.py.
    # What only models with electron waves have: tests/sim/render/test_render_waves.py.
    leaves = {
        leaf.path
        for leaf in model_fields(Job)
        if leaf.path.partition(".")[0] in sections
        and leaf.only_if not in OTHER_SPECIMENS
        and not (leaf.only_if.startswith("imaging.model = ") and "gaussian" not in leaf.only_if)
        and not leaf.path.startswith(("labels.phase_", "labels.exit_wave"))
        and leaf.path.removeprefix("labels.") not in OF_PARTICLES
    }
    tried = {path for _, path, _ in CASES}
    assert leaves - tried - NO_EFFECT - KINDS == set()
    assert tried - leaves == {"orientation_seed", "noise_seed"}
