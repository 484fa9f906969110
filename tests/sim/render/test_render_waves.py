"""Every setting of the models with electron waves changes the image, and no cache hides that.

The cases come from the settings themselves: each setting of each model gets another value on a job in which
it matters.  One warm cache serves all jobs of a model; a key that forgot the setting would hand out the
other job's result.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from sim.core.description import Quantity
from sim.core.errors import InputError
from sim.core.settings import model_fields, validate
from sim.core.types import ImageGrid, Outline, Structure
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.stem.settings import ProbeImaging, StemImaging
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job
from sim.recipe.toml import set_path
from sim.render.cache import MemoryOnly, StageCache
from sim.render.context import RenderContext
from sim.render.render import render
from sim.specimen.clusters import load_cluster

CLUSTER = load_cluster("decahedron", "relaxed")
#: Half of it silver: some settings say how elements differ.
ALLOY = Structure(np.where(np.arange(len(CLUSTER)) % 2, 79, 47), CLUSTER.positions)
STRUCTURES = {ALLOY.sha256: ALLOY}

#: Every aberration is about as strong as the others at 20 mrad.
ABERRATIONS = {
    "C30": 8e4,
    "C12": 15.0,
    "C12_azimuth": 20.0,
    "C21": 1200.0,
    "C21_azimuth": 50.0,
    "C23": 1200.0,
    "C23_azimuth": -10.0,
    "C32": 6e4,
    "C32_azimuth": 15.0,
    "C34": 6e4,
    "C34_azimuth": 5.0,
    "C41": 5e6,
    "C41_azimuth": 25.0,
    "C43": 5e6,
    "C43_azimuth": 7.0,
    "C45": 5e6,
    "C45_azimuth": 3.0,
    "C50": 3e8,
}
BEAM = {"tilt": 8.0, "tilt_azimuth": 30.0}
SLICES = {"sampling": 0.25, "slice_thickness": 3.0, "padding": 2.0, "depths": [4.0, 8.0]}
OWN = [{"element": "Au", "b_factor": 0.7}]
HRTEM = {
    "model": "hrtem",
    "beam": {"voltage": 300.0, **BEAM},
    "focus": {
        "reference": "minimum_contrast",
        "defocus": 40.0,
        "error": 3.0,
        "search_margin": 10.0,
        "coarse_step": 5.0,
        "fine_step": 1.0,
    },
    "aberrations": ABERRATIONS,
    "aperture": 18.0,
    "coherence": {"focal_spread": 30.0, "convergence": 0.8, "vibration": 0.3},
    "multislice": SLICES,
    "phonons": {"kind": "frozen", "configurations": 2, "elements": OWN},
}
AVERAGED = {
    **HRTEM,
    "focus": {"reference": "centre", "defocus": 40.0},
    "coherence": {
        "method": "focal_integration",
        "focal_spread": 60.0,
        "focal_points": 3,
        "tilt_spread": 3.0,
        "tilt_points": 3,
    },
    "phonons": {"kind": "frozen", "configurations": 1, "source": "rms", "rms": 0.12},
}
DEEP = {**HRTEM, "focus": {"reference": "exit"}, "multislice": {**SLICES, "depth": 2}}
#: Coarse and thin, for speed.
SCANNED = {"sampling": 0.3, "slice_thickness": 6.0, "padding": 0.5}
STEM = {
    "model": "stem",
    "beam": {"voltage": 200.0, **BEAM},
    "convergence": 18.0,
    "source_size": 0.9,
    "focus": {"reference": "centre", "defocus": 20.0, "error": 3.0},
    "aberrations": ABERRATIONS,
    "detectors": [
        {"kind": "annular", "name": "adf", "inner": 15.0, "outer": 27.0},
        {"kind": "bright_field", "name": "bf", "outer": 8.0},
        {"kind": "segmented", "name": "ring", "inner": 4.0, "outer": 20.0, "segments": 3, "rotation": 20.0},
    ],
    "multislice": SCANNED,
    "phonons": {"kind": "frozen", "configurations": 1, "elements": OWN},
}
STEM_AVERAGED = {
    **STEM,
    "phonons": {"kind": "frozen", "configurations": 2, "source": "rms", "rms": 0.12},
    "multislice": {**SCANNED, "depths": [6.0, 12.0], "depth": 2},
}
CAMERA = {
    **STEM,
    "detectors": [
        {"kind": "bright_field", "name": "bf", "outer": 8.0},
        {"kind": "pixelated", "name": "camera", "outer": 19.0, "pixels": 8},
    ],
}
PROBE = {
    "model": "probe",
    "beam": {"voltage": 200.0},
    "convergence": 18.0,
    "source_size": 0.9,
    "focus": {"reference": "centre", "defocus": 20.0, "error": 3.0},
    "aberrations": ABERRATIONS,
    "inner": 40.0,
    "outer": 90.0,
    "exponent": 0.2,
    "focusing": 0.2,
    "saturation": 2.0,
    "spread": 0.1,
    "phonons": {"kind": "static", "elements": OWN},
}
ALIKE = {**PROBE, "phonons": {"source": "rms", "rms": 0.12}}
LABELS = {"phase_mask": True, "exit_wave": True, "phase_threshold": 0.1, "phase_blur": 0.8}
#: Jobs to start from: (imaging, labels, rows, columns).
BASES = {
    "hrtem": (HRTEM, LABELS, 28, 32),
    "hrtem averaged": (AVERAGED, {}, 28, 32),
    "hrtem inside": (DEEP, {}, 28, 32),
    "stem": (STEM, {}, 12, 14),
    "stem averaged": (STEM_AVERAGED, {}, 10, 12),
    "stem camera": (CAMERA, {}, 8, 9),
    "probe": (PROBE, {}, 28, 32),
    "probe alike": (ALIKE, {}, 28, 32),
}

#: Values that no rule below finds.
OTHER = {
    "imaging.multislice.depths": [3.0, 5.0],
    "imaging.phonons.elements": [{"element": "Au", "b_factor": 1.4}],
    "imaging.aperture": 12.0,
    "imaging.multislice.sampling": 0.2,
    "imaging.outer": 85.0,
    "imaging.beam.voltage": 190.0,
    "imaging.focus.search_margin": 10.3,
    "imaging.focus.coarse_step": 5.3,
    "imaging.focus.fine_step": 0.3,
    "imaging.multislice.depth": 1,
    "imaging.coherence.tilt_points": 5,
    "imaging.coherence.focal_points": 5,
    "labels.phase_threshold": 0.2,
    "labels.phase_blur": 2.0,
    "labels.phase_blurs": [{"word": "c", "blur": 2.0}],
}
#: Other detectors, by base.
DETECTORS = {
    "stem": [
        {"inner": 14.0},
        {"outer": 26.0},
        {"kind": "bright_field", "outer": 20.0},
        {"place": 1, "outer": 12.0},
        {"place": 2, "inner": 5.0},
        {"place": 2, "outer": 19.0},
        {"place": 2, "segments": 4},
        {"place": 2, "rotation": 30.0},
        {"place": 2, "name": "segments"},
    ],
    "stem camera": [{"place": 1, "outer": 18.0}, {"place": 1, "pixels": 4}],
}
#: Settings that matter in one base and not in another.
ELSEWHERE = {
    "hrtem": {
        "imaging.coherence.focal_points": "hrtem averaged",
        "imaging.coherence.tilt_points": "hrtem averaged",
        "imaging.phonons.rms": "hrtem averaged",
        "imaging.multislice.depths": "hrtem inside",
    },
    "stem": {
        "imaging.phonons.rms": "stem averaged",
        "imaging.multislice.depths": "stem averaged",
        "imaging.multislice.depth": "stem averaged",
        "imaging.phonons.source": "stem averaged",
        "imaging.phonons.configurations": "stem averaged",
    },
    "probe": {"imaging.phonons.rms": "probe alike"},
}
MODELS = {"hrtem": HrtemImaging, "stem": StemImaging, "probe": ProbeImaging}
LABELLED = (
    "labels.phase_mask",
    "labels.phase_threshold",
    "labels.phase_blur",
    "labels.phase_blurs",
    "labels.exit_wave",
)
#: A change that is refused by name.
REFUSED = {"imaging.multislice.cell": "periodic"}
#: Settings of which one other word is tried: the others do the same here.
ONE_WORD = {**REFUSED, "imaging.method": "multislice"}


def tree_of(base):
    imaging, labels, height, width = BASES[base]
    return {
        "image_id": "i",
        "structure_id": "s",
        "geometry": "g",
        "class_name": "a_c_b",
        "specimen_key": "0" * 64,
        "image_key": "1" * 64,
        "replicate": 0,
        "repeat": 0,
        "orientation_seed": 7,
        "noise_seed": 11,
        "split": "train",
        "count_dtype": "uint32",
        "varied": {},
        "structures": [ALLOY.sha256],
        "specimen": {"kind": "file", "structure": "a", "files": [{"name": "a"}]},
        "pose": {"kind": "random", "shift_x": 0.4, "shift_y": -0.3},
        "image": {"pixel_size": 0.5, "width": width, "height": height},
        "imaging": imaging,
        "noise": {"exposure": {"mode": "poisson", "dose": 1e6}},
        "labels": {"atoms": False, "columns": False, "particle_mask": False, **labels},
    }


def rendered(tree, cache=None, workers=1):
    job = validate(Job, tree)
    grid_checked(job)
    sample = render(job, RenderContext(STRUCTURES, cache=cache, workers=workers))
    return {record.name: record.sha256 for record in sample.records()}, dict(sample.truth)


def grid_checked(job):
    """What the plan asks of the model before work starts."""
    grid = ImageGrid(job.image.height, job.image.width, job.image.pixel_size)
    IMAGING[job.imaging.model].check(
        job.imaging, grid, Outline(9.0, 9.0, 9.0, 55, ((47, 28), (79, 27))), None
    )


def another(leaf, now):
    """Another value than the present one, within the allowed range."""
    if leaf.path in OTHER:
        return OTHER[leaf.path]
    if leaf.choices:
        return next(word for word in leaf.choices if word != now)
    if isinstance(now, bool):
        return not now
    assert isinstance(leaf.description, Quantity), f"{leaf.path}: write another value into OTHER"
    if leaf.path.endswith("azimuth"):
        return now + 21.0
    if isinstance(now, int):
        return now + (leaf.description.step or 1)
    changed = now * 1.3 if now else 0.5
    return changed if changed <= leaf.description.high else now / 1.3


def at(tree, path):
    for name in path.split("."):
        tree = tree[name]
    return tree


def cases():
    job_of = {base: validate(Job, tree_of(base)).tree() for base in BASES}
    for model, settings in MODELS.items():
        for leaf in model_fields(settings, "imaging."):
            if leaf.path == "imaging.model":
                continue
            base = ELSEWHERE[model].get(leaf.path, model)
            if leaf.path == "imaging.detectors":
                for where in ("stem", "stem camera"):
                    for number in range(len(DETECTORS[where])):
                        yield where, leaf.path, changed_detectors(where, number)
            elif leaf.path in ONE_WORD:
                yield base, leaf.path, ONE_WORD[leaf.path]
            elif leaf.choices:
                for word in leaf.choices:
                    if word != at(job_of[base], leaf.path):
                        yield base, leaf.path, word
            else:
                yield base, leaf.path, another(leaf, at(job_of[base], leaf.path))
    leaves = {leaf.path: leaf for leaf in model_fields(Job)}
    for path in LABELLED:
        yield "hrtem", path, another(leaves[path], at(job_of["hrtem"], path))
    for path in ("imaging.coherence.focal_spread", "imaging.coherence.tilt_spread"):
        yield "hrtem averaged", path, another(leaves[path], at(job_of["hrtem averaged"], path))
    for base in BASES:
        yield base, "orientation_seed", 8
        yield base, "noise_seed", 12
        yield base, "image.pixel_size", 0.45
        yield base, "image.width", BASES[base][3] + 2
        yield base, "pose.shift_x", 0.7


def changed_detectors(base, number):
    change = dict(DETECTORS[base][number])
    entries = [dict(entry) for entry in BASES[base][0]["detectors"]]
    place = change.pop("place", 0)
    if "kind" in change:
        entries[place] = {"name": entries[place]["name"], **change}
    else:
        entries[place] |= change
    return entries


CASES = list(cases())


class Warm:
    """Samples of the jobs that are started from, and a cache that has seen them."""

    def __init__(self):
        self.expected = {}
        self.cache = StageCache()

    def base(self, base):
        if base not in self.expected:
            self.expected[base] = rendered(tree_of(base))
            assert rendered(tree_of(base), self.cache) == self.expected[base], "cold"
            assert rendered(tree_of(base), self.cache) == self.expected[base], "warm"
        return self.expected[base]


@pytest.fixture(scope="module")
def warm():
    return Warm()


@pytest.mark.parametrize(
    ("base", "path", "value"), CASES, ids=[f"{base}-{path}-{i}" for i, (base, path, _) in enumerate(CASES)]
)
def test_a_changed_setting_changes_the_result_and_no_cache_hides_it(base, path, value, warm):
    arrays, _ = warm.base(base)
    tree = set_path(tree_of(base), path, value)
    if path in REFUSED:
        with pytest.raises(InputError, match=path):
            rendered(tree)
        return
    fresh = rendered(tree)
    assert fresh[0] != arrays, "the change changes nothing, so it tests nothing"
    assert rendered(tree, warm.cache) == fresh
    assert rendered(tree, warm.cache) == fresh


@pytest.mark.parametrize("base", ["hrtem", "hrtem averaged", "stem"])
def test_threads_and_a_cache_on_disk_change_no_byte(base, warm, tmp_path):
    expected = warm.base(base)
    assert rendered(tree_of(base), workers=3) == expected
    assert rendered(tree_of(base), StageCache(directory=tmp_path)) == expected
    assert list(tmp_path.glob("*/*.bin"))
    assert rendered(tree_of(base), StageCache(directory=tmp_path)) == expected
    assert rendered(tree_of(base), MemoryOnly(StageCache(directory=tmp_path))) == expected


def test_every_setting_of_the_wave_models_is_tried():
    """A new setting is tried by itself; one that needs a value of its own fails by name above."""
    tried = {path for _, path, _ in CASES}
    leaves = {leaf.path for model in MODELS.values() for leaf in model_fields(model, "imaging.")}
    assert leaves - tried == {"imaging.model"}
    kinds = {word for leaf in model_fields(StemImaging) if leaf.path == "detectors" for word in leaf.choices}
    used = {entry["kind"] for base in DETECTORS for entry in BASES[base][0]["detectors"]}
    assert kinds <= used
    assert len(get_args(Job.model_fields["imaging"].annotation)) in (0, len(IMAGING))
