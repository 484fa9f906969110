"""What the command line says of a dataset must hold for all of it."""

from __future__ import annotations

import json

import pytest
from PIL import Image

PRESETS = """
images = 4
[image]
width = 32
height = 32
[[vary]]
path = "noise.preset"
law = "grid"
values = ["poisson_low", "poisson_high"]
"""
PIXELS = """
images = 4
[image]
width = 32
height = 32
[[vary]]
path = "image.pixel_size"
law = "uniform"
low = 0.5
high = 0.8
"""


@pytest.fixture
def make(invoke, tmp_path):
    def made(recipe: str):
        (tmp_path / "recipe.toml").write_text(recipe, encoding="utf-8")
        assert invoke("run", tmp_path / "recipe.toml", "--output", tmp_path / "data").code == 0
        return tmp_path / "data"

    return made


def test_info_names_no_preset_where_the_preset_varies(invoke, make):
    lines = invoke("info", make(PRESETS)).out.splitlines()
    (noise,) = (line.split() for line in lines if line.startswith("noise"))
    assert noise == ["noise", "varies"]


def test_a_dataset_of_varying_pixel_size_has_a_contact_sheet(invoke, make, tmp_path):
    result = invoke("contact-sheet", make(PIXELS), "--output", tmp_path / "sheet.png")
    assert (result.code, result.err) == (0, "")
    assert Image.open(tmp_path / "sheet.png").width > 200
    info = invoke("info", tmp_path / "data").out
    assert "pixel varies" in info


def test_export_warns_of_a_split_that_yolo_needs(invoke, make, tmp_path):
    """All images of one specimen are in one split."""
    directory = make(PRESETS.replace("images = 4", "images = 2"))
    result = invoke("export", directory, "--output", tmp_path / "yolo", "--format", "yolo")
    assert result.code == 0 and "2 images" in result.out
    (warning,) = result.err.splitlines()
    assert warning.startswith("warning: The split") and "has no images" in warning
    assert json.loads((tmp_path / "yolo/export.json").read_text())["splits"]["train"] in (0, 2)
