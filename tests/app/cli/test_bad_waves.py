"""Electron waves that cannot be: exit code 2, one sentence with setting, value, range and remedy; no file."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import sim.plan.bounds

Table = dict[str, Any]

SLICES = {"sampling": 0.25, "slice_thickness": 4.0}
RING = {"kind": "annular", "name": "adf", "inner": 30.0, "outer": 70.0}
HRTEM: Table = {"model": "hrtem", "multislice": SLICES, "phonons": {"configurations": 1}}
STEM: Table = {
    "model": "stem",
    "multislice": {"sampling": 0.1, "slice_thickness": 4.0},
    "phonons": {"configurations": 1},
    "detectors": [RING],
}
PROBE: Table = {"model": "probe"}
GAUSSIAN: Table = {"model": "gaussian"}
SCENE: Table = {
    "kind": "scene",
    "width": 30.0,
    "height": 30.0,
    "nodes": [
        {
            "kind": "particle",
            "name": "gold",
            "crystal": {"kind": "builtin", "name": "Au"},
            "volume": {"kind": "sphere", "radius": 6.0},
        },
        {"kind": "amorphous", "name": "film", "thickness": 6.0},
    ],
}
SMALL: Table = {"width": 32, "height": 32, "pixel_size": 0.5}
WIDE: Table = {**SMALL, "width": 128}


def hrtem(**groups: Table) -> Table:
    """Imaging with some groups changed."""
    made = copy.deepcopy(HRTEM)
    for name, values in groups.items():
        made.setdefault(name, {}).update(values)
    return made


def aperture(value: float) -> Table:
    return {**HRTEM, "aperture": value}


def stem(*detectors: Table, **more: Any) -> Table:
    return {**STEM, **more, "detectors": list(detectors) or [RING]}


def recipe(imaging: Table, **sections: Any) -> Table:
    tree = {
        "name": "bad",
        "images": 2,
        "specimen": {"kind": "cluster", "geometry": "decahedron"},
        "image": SMALL,
        "imaging": imaging,
        "noise": {"preset": "poisson_low"},
    }
    return {**tree, **sections}


def motion(*entries: str) -> Table:
    return hrtem(phonons={"elements": [{"element": entry, "b_factor": 0.5} for entry in entries]})


def vary(path: str, low: float, high: float) -> list[Table]:
    return [{"path": path, "law": "uniform", "low": low, "high": high}]


SEGMENTS = {"kind": "segmented", "name": "ring"}
CAMERA = {"kind": "pixelated", "name": "camera", "outer": 70.0}
#: Recipes, and words of the sentence: setting and value, range, remedy.
CASES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "volts": (
        recipe(hrtem(beam={"voltage": 300_000.0})),
        ("imaging.beam.voltage = 300000.0", "1 to 3000 kV", "write 300 for 300000 V"),
    ),
    "volts for a probe": (
        recipe({**PROBE, "beam": {"voltage": 80_000.0}}),
        ("imaging.beam.voltage", "write 80 for 80000 V"),
    ),
    "varied volts": (
        recipe(HRTEM, vary=vary("imaging.beam.voltage", 80.0, 3e5)),
        ("vary.0.high = 300000.0", "1 to 3000 kV"),
    ),
    "negative aperture": (recipe(aperture(-5.0)), ("imaging.aperture = -5.0", "0 to 500 mrad")),
    "negative convergence": (
        recipe({**STEM, "convergence": -5.0}),
        ("imaging.convergence = -5.0", "0.5 to 150 mrad"),
    ),
    "slices thicker than the specimen": (
        recipe(hrtem(multislice={"slice_thickness": 19.0})),
        ("imaging.multislice.slice_thickness = 19.0", "up to 12.2 Å", "thinner slices"),
    ),
    "slices thicker than any": (
        recipe(hrtem(multislice={"slice_thickness": 50.0})),
        ("slice_thickness = 50.0", "0.1 to 20 Å"),
    ),
    "coarse for the aperture": (
        recipe(aperture(40.0)),
        ("imaging.aperture = 40.0", "up to 26.2 mrad", "multislice.sampling to 0.164 Å"),
    ),
    "coarse for a varied aperture": (
        recipe(HRTEM, vary=vary("imaging.aperture", 5.0, 60.0)),
        ("imaging.aperture = 60.0", "up to 26.2 mrad", "multislice.sampling to 0.109 Å"),
    ),
    "coarse for the detector": (
        recipe(stem({**RING, "outer": 200.0})),
        ("imaging.detectors.adf.outer = 200.0", "up to 83.5 mrad", "multislice.sampling to 0.041 Å"),
    ),
    "coarse for a varied detector": (
        recipe(STEM, vary=vary("imaging.detectors.adf.outer", 60.0, 300.0)),
        ("imaging.detectors.adf.outer = 300.0", "up to 83.5 mrad"),
    ),
    "coarse for the corners of a camera": (
        recipe(stem(RING, CAMERA)),
        ("imaging.detectors.camera.outer = 70.0", "98.99 mrad", "up to 59.1 mrad", "sampling to 0.084 Å"),
    ),
    "coarse for the probe": (
        recipe({**STEM, "convergence": 120.0}),
        ("imaging.convergence = 120.0", "up to 83.5 mrad", "sampling to 0.069 Å"),
    ),
    "no snapshot": (
        recipe(hrtem(phonons={"configurations": 0})),
        ("imaging.phonons.configurations = 0", "1 to 1,000"),
    ),
    "unknown element": (
        recipe(motion("Xx")),
        ("imaging.phonons.elements.0.element = 'Xx'", "no chemical element", "symbol such as Au"),
    ),
    "element twice": (recipe(motion("Au", "Au")), ("elements.1.element = 'Au'", "listed twice", "keep one")),
    "out of the image": (
        recipe(HRTEM, pose={"kind": "random", "shift_x": 90.0}),
        ("pose.shift_x = 90.0", "out of the image", "-13.6 to 13.6 Å", "image.width larger"),
    ),
    "phase mask without a wave": (
        recipe(GAUSSIAN, labels={"phase_mask": True}),
        ("labels.phase_mask = True", "hrtem", "switch it off"),
    ),
    "exit wave of a probe": (
        recipe(STEM, labels={"exit_wave": True}),
        ("labels.exit_wave = True", "hrtem", "switch it off"),
    ),
    "visible where vacuum is bright": (
        recipe(HRTEM, labels={"visible_mask": True}),
        ("labels.visible_mask = True", "gaussian, stem, probe", "switch it off"),
    ),
    "no threshold": (
        recipe(HRTEM, labels={"phase_mask": True, "phase_threshold": 0.0}),
        ("labels.phase_threshold = 0.0", "above 0 and up to 3.14 rad"),
    ),
    "film of noise": (
        recipe(HRTEM, noise={"preset": "poisson_low", "background": {"thickness": 5.0}}),
        ("noise.background.thickness", "'hrtem'", "into a scene"),
    ),
    "film of noise under several detectors": (
        recipe(stem(RING, SEGMENTS), noise={"preset": "poisson_low", "background": {"thickness": 5.0}}),
        ("noise.background.thickness", "several detectors", "into a scene"),
    ),
    "one name twice": (
        recipe(stem(RING, {"kind": "bright_field", "name": "adf"})),
        ("imaging.detectors = 'adf'", "rename"),
    ),
    "name of another's expectation": (
        recipe(stem(RING, {"kind": "bright_field", "name": "bf"}, {**RING, "name": "bf_clean"})),
        ("imaging.detectors = 'bf_clean'", "'bf'", "before noise", "rename"),
    ),
    "odd name": (recipe(stem({**RING, "name": "a b"})), ("'a b'", "letters, digits and _", "rename")),
    "no detector": (recipe({**STEM, "detectors": []}), ("imaging.detectors", "add an annular one")),
    "segments first": (
        recipe(stem(SEGMENTS, RING)),
        ("imaging.detectors.ring = 'segmented'", "annular, bright_field", "first"),
    ),
    "inside out": (recipe(stem({**RING, "inner": 75.0})), ("adf.inner = 75.0", "below 70 mrad")),
    "inside out probe": (recipe({**PROBE, "inner": 250.0}), ("imaging.inner = 250.0", "below 200 mrad")),
    "no such depth": (
        recipe(hrtem(multislice={"depths": [4.0], "depth": 2})),
        ("imaging.multislice.depth = 2", "0 to 1", "imaging.multislice.depths"),
    ),
    "depth below the specimen": (
        recipe(hrtem(multislice={"depths": [4.0, 99_999.0], "depth": 1})),
        ("imaging.multislice.depths = 99999.0", "up to 12.2 Å", "depth = 0"),
    ),
    "depth below the specimen of a scan": (
        recipe({**STEM, "multislice": {**STEM["multislice"], "depths": [40.0]}}),
        ("imaging.multislice.depths = 40.0", "up to 12.2 Å", "leave it out"),
    ),
    "ring between the frequencies": (
        recipe(stem(RING, {**SEGMENTS, "inner": 29.999, "outer": 30.0})),
        ("imaging.detectors.ring", "mrad apart", "wider ring"),
    ),
    "varied depth": (
        recipe(HRTEM, vary=[{"path": "imaging.multislice.depth", "law": "grid", "values": [0, 1]}]),
        ("imaging.multislice.depth = 1", "0 to 0", "imaging.multislice.depths"),
    ),
    "what does not repeat": (
        recipe(hrtem(multislice={"cell": "periodic"})),
        ("imaging.multislice.cell = 'periodic'", "auto, padded", "use 'padded'"),
    ),
    "what is turned": (
        recipe(hrtem(multislice={"cell": "periodic"}), specimen=SCENE, pose={"kind": "euler", "phi1": 10.0}),
        ("imaging.multislice.cell = 'periodic'", "turned", "without rotation"),
    ),
    "more than the scene": (
        recipe(HRTEM, specimen=SCENE, image=WIDE),
        ("image.width = 128", "repeats every 30 Å", "up to 60 px", "specimen.width larger"),
    ),
    "scan of more than the scene": (
        recipe(STEM, specimen=SCENE, image=WIDE),
        ("image.width = 128", "up to 60 px"),
    ),
    "probe beyond the scene": (
        recipe(PROBE, specimen=SCENE, image=WIDE),
        ("image.width = 128", "up to 60 px"),
    ),
    "shapes that vary": (
        recipe(
            stem(RING, SEGMENTS),
            vary=[{"path": "imaging.detectors.ring.segments", "law": "grid", "values": [4, 6]}],
        ),
        ("vary", "same detectors", "one dataset for each"),
    ),
    "tilt of the linear model": (
        recipe({**PROBE, "beam": {"tilt": 3.0}}),
        ("imaging.beam.tilt", "unknown key", "voltage"),
    ),
    "wide illumination": (
        recipe(hrtem(coherence={"convergence": 8.0})),
        ("imaging.coherence.convergence = 8.0", "up to 5 mrad"),
    ),
    "fine step above the coarse one": (
        recipe(hrtem(focus={"fine_step": 8.0, "coarse_step": 1.0})),
        ("imaging.focus.fine_step = 8.0", "up to 1 Å"),
    ),
    "huge image": (
        recipe(
            hrtem(multislice={"sampling": 0.01}), image={"width": 16000, "height": 16000, "pixel_size": 0.5}
        ),
        ("image.width", "16000 × 16000 px", "GiB", "make the image"),
    ),
}


def refused(invoke: Any, folder: Path, tree: Table, words: tuple[str, ...], *command: str) -> None:
    path = folder / "bad.toml"
    path.write_text(tomli_w.dumps(tree))
    before = set(folder.iterdir())
    result = invoke(command[0], path, *command[1:])
    assert (result.code, result.out) == (2, "")
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].startswith("nanophantom: ") and lines[0].endswith(".")
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in result.err and "unexpected" not in result.err
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("name", CASES)
def test_a_sentence_before_any_work(invoke: Any, tmp_path: Path, name: str) -> None:
    tree, words = CASES[name]
    refused(invoke, tmp_path, tree, words, "plan")


@pytest.mark.parametrize("name", ["volts", "coarse for the detector", "no such depth", "segments first"])
def test_render_says_the_same(invoke: Any, tmp_path: Path, name: str) -> None:
    tree, words = CASES[name]
    refused(invoke, tmp_path, tree, words, "render", "--index", "0", "-o", str(tmp_path / "image.npy"))


def test_an_element_without_scattering_factors_is_named(invoke: Any, tmp_path: Path) -> None:
    (tmp_path / "heavy.xyz").write_text("3\nheavy\nRf 0 0 0\nAu 3 0 0\nAu 0 3 1\n")
    specimen = {"kind": "file", "files": [{"name": "heavy", "path": str(tmp_path / "heavy.xyz")}]}
    for imaging in (HRTEM, STEM, PROBE):
        words = ("specimen = 'Rf'", "up to Lr", "replace the element")
        refused(invoke, tmp_path, recipe(imaging, specimen=specimen), words, "plan")


@pytest.mark.parametrize(
    ("imaging", "image"),
    [
        (hrtem(multislice={"sampling": 0.02, "padding": 60.0}), SMALL),
        (hrtem(phonons={"configurations": 1000}), {**SMALL, "width": 512, "height": 512}),
        (stem(RING, {**CAMERA, "outer": 40.0}), {**SMALL, "width": 256, "height": 256}),
    ],
    ids=["points", "snapshots", "camera"],
)
def test_waves_that_need_more_memory_than_there_is(
    invoke: Any, tmp_path: Path, imaging: Table, image: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim.plan.bounds, "physical_memory", lambda: 2 * 10**9)
    words = ("image.width", "GiB of memory", "up to 1.5 GiB", "sampling larger", "fewer snapshots")
    refused(invoke, tmp_path, recipe(imaging, image=image), words, "plan")
    # The picture itself is small enough.
    path = tmp_path / "small.toml"
    path.write_text(tomli_w.dumps(recipe(GAUSSIAN, image=image)))
    assert invoke("plan", path).code == 0


def test_good_waves_pass(invoke: Any, tmp_path: Path) -> None:
    scene = recipe(hrtem(multislice={"cell": "periodic"}), specimen=SCENE)
    for number, tree in enumerate((recipe(HRTEM), recipe(STEM), recipe(PROBE), scene)):
        path = tmp_path / f"{number}.toml"
        path.write_text(tomli_w.dumps(tree))
        assert invoke("plan", path).code == 0
