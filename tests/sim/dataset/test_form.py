"""The form of a dataset: axes, units, and acquisition metadata that hold for every image."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.settings import validate
from sim.core.types import ImageGrid
from sim.dataset.form import Form, form_of
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe


def form(*vary, **noise):
    tree = {"images": 4, "noise": noise, "vary": list(vary), "image": {"width": 32, "height": 32}}
    recipe = validate(Recipe, tree)
    return form_of(Plan(recipe, collect_structures(recipe)))


def grid(path, *values):
    return {"path": path, "law": "grid", "values": list(values)}


CURRENT = {"exposure": {"source": "beam_current", "beam_current": 30.0}, "scan": {"dwell_time": 20.0}}


def test_acquisition_metadata_is_in_the_units_of_hyperspy():
    """30 pA are 0.03 nA and 20 µs are 2e-5 s (HyperSpy's metadata structure: nA, s)."""
    tem = form(preset="poisson_medium", **CURRENT).acquisition["TEM"]
    assert tem["beam_current"] == 0.03 and tem["dwell_time"] == 2e-5
    assert tem["acquisition_mode"] == "STEM"


def test_a_current_that_the_dose_does_not_follow_from_is_no_metadata():
    tem = form(preset="poisson_medium").acquisition["TEM"]
    assert "beam_current" not in tem and tem["dwell_time"] == 2e-5


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        (grid("noise.preset", "poisson_low", "fast_scan"), {"beam_current", "dwell_time"}),
        (grid("noise.scan.dwell_time", 10.0, 20.0), {"dwell_time"}),
        (grid("noise.exposure.beam_current", 10.0, 20.0), {"beam_current"}),
        (grid("noise.exposure.source", "dose", "beam_current"), {"beam_current"}),
        (grid("imaging.sigma", 0.5, 0.6), set()),
    ],
)
def test_what_varies_is_no_metadata_of_the_whole_dataset(entry, missing):
    tem = form(entry, preset="poisson_medium", **CURRENT).acquisition["TEM"]
    assert {"beam_current", "dwell_time"} - set(tem) == missing


def test_units_are_those_of_the_images_where_the_preset_varies():
    """The recipe's own preset has no dose, those that take its place do."""
    made = form(grid("noise.preset", "poisson_low", "poisson_high"), preset="none")
    assert (made.dtype, made.image_units, made.clean_units) == ("uint16", "counts", "electrons")
    assert form(preset="none").image_units == "fraction of the beam"


def test_y_runs_with_the_atoms_and_row_0_is_the_highest():
    y, x = Form(5, 7, "uint16", "counts", "electrons", "", pixel_size=0.4).axes()
    image = ImageGrid(5, 7, 0.4)
    np.testing.assert_array_equal(y.values(), np.array([4, 3, 2, 1, 0]) * 0.04)
    np.testing.assert_array_equal(x.values(), np.arange(7) * 0.04)
    # Same direction and step as the positions of atoms, Å.
    np.testing.assert_allclose(np.diff(y.values()) * 10, np.diff(image.y_of(np.arange(5.0))), rtol=1e-12)
    assert (y.step, y.unit, x.step, x.unit) == (0.04, "nm", 0.04, "nm")


def test_axes_are_in_pixels_where_the_pixel_size_varies():
    y, x = form(grid("image.pixel_size", 0.5, 0.6), preset="none").axes()
    assert (y.unit, y.values()[0], y.values()[-1], x.values()[-1]) == ("px", 31.0, 0.0, 31.0)
