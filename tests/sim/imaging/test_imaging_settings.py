"""Ranges and sentences of the imaging settings."""

from __future__ import annotations

import pytest

from sim.core.errors import InputError
from sim.core.settings import model_fields, validate
from sim.imaging.settings import GaussianImaging, ImageSettings


def test_every_field_is_described():
    for model in (ImageSettings, GaussianImaging):
        assert all(leaf.description is not None and leaf.description.about for leaf in model_fields(model))


@pytest.mark.parametrize(
    ("field", "value"),
    [("sigma", 0.04), ("sigma", 5.1), ("alpha", -0.1), ("alpha", 5.1), ("collected_fraction", 0.0),
     ("collected_fraction", 1.1), ("sigma", float("nan")), ("sigma", "0,6"), ("mode", "z-power")],
)  # fmt: skip
def test_bad_values_are_named_in_one_sentence(field, value):
    with pytest.raises(InputError) as caught:
        validate(GaussianImaging, {field: value}, root="imaging")
    assert str(caught.value).startswith(f"imaging.{field} = ")
    assert "\n" not in str(caught.value)


def test_the_edges_of_the_ranges_are_allowed():
    validate(GaussianImaging, {"sigma": 0.05, "alpha": 0, "collected_fraction": 1})
    validate(GaussianImaging, {"sigma": 5, "alpha": 5.0})
    validate(ImageSettings, {"width": 8, "height": 16384, "pixel_size": 0.01})
    assert validate(ImageSettings, {"width": "auto"}).width == "auto"


@pytest.mark.parametrize("value", ["atuo", "128", 7, 16385, 12.5, True, -1, None])
def test_bad_image_sizes_give_one_sentence(value):
    with pytest.raises(InputError) as caught:
        validate(ImageSettings, {"width": value}, root="image")
    assert str(caught.value).startswith("image.width = ")
    assert "allowed: 8 to 16" in str(caught.value) and "\n" not in str(caught.value)
