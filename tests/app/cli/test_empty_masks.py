"""Particles too thin for a phase mask: said when one image is made, when a dataset is, and by info."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.remarks import flag_warnings
from sim.dataset.layout import FLAGS

RECIPE = """
name = "thin"
images = 3
[specimen]
kind = "cluster"
geometry = "decahedron"
[image]
width = 32
height = 32
pixel_size = 0.5
[imaging]
model = "hrtem"
[imaging.multislice]
sampling = 0.25
slice_thickness = 4.0
[imaging.phonons]
configurations = 1
[noise]
preset = "poisson_low"
[labels]
phase_mask = true
phase_blur = 0.0
"""


def test_an_empty_phase_mask_is_said_everywhere(invoke: Any, tmp_path: Path) -> None:
    path = tmp_path / "thin.toml"
    path.write_text(RECIPE + "phase_threshold = 3.0\n")
    one = invoke("render", path, "--index", 1, "-o", tmp_path / "one.npy")
    assert one.code == 0
    assert "warning: the phase mask of Au55_decahedron_00001_" in one.err
    assert "too thin or too light to turn the phase by labels.phase_threshold" in one.err
    made = tmp_path / "made"
    run = invoke("run", path, "--output", made, "--workers", 1)
    assert run.code == 0 and "the phase mask is empty in 3 of 3 images" in run.err
    assert "the phase mask is empty in 3 of 3 images" in invoke("info", made).out
    assert json.loads(invoke("info", made, "--json").out)["flagged"] == {"phase_mask_empty": 3}
    assert invoke("verify", made).code == 0
    truths = [json.loads(line)["truth"] for line in (made / "manifest.jsonl").read_text().splitlines()]
    assert [truth["phase_mask_empty"] for truth in truths] == [True] * 3
    assert all(truth["phase_mask_area"] == 0.0 < truth["particle_mask_area"] for truth in truths)
    # A wrong count does not pass.
    document = made / "dataset.json"
    text = document.read_text()
    assert '"phase_mask_empty": 3' in text
    document.write_text(text.replace('"phase_mask_empty": 3', '"phase_mask_empty": 2'))
    assert invoke("verify", made).code == 1


def test_nothing_is_said_of_masks_that_show_the_particles(invoke: Any, tmp_path: Path) -> None:
    path = tmp_path / "thick.toml"
    path.write_text(RECIPE)
    run = invoke("run", path, "--output", tmp_path / "made", "--workers", 1)
    assert run.code == 0 and "phase mask" not in run.err
    assert "phase mask is" not in invoke("info", tmp_path / "made").out
    assert invoke("verify", tmp_path / "made").code == 0


def test_every_flag_of_a_dataset_is_put_into_words() -> None:
    """A flag without a sentence would be counted in dataset.json and never said."""
    for name in FLAGS:
        (sentence,) = flag_warnings({name: 2}, 9)
        assert "2 of 9 images" in sentence
