"""Regenerating arrays of tier B: equal here, near elsewhere, and told apart from what is simply different."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from dataset_fakes import extra_plan, extra_render

from sim.core.environment import environment
from sim.dataset import regenerate as regenerating
from sim.dataset.differences import (
    LARGEST_DEVIATION,
    LARGEST_UNEQUAL,
    TOLERANCE,
    difference,
    scalar_difference,
)
from sim.dataset.regenerate import regenerate
from sim.dataset.run import generate_dataset

IMAGE = "icosahedron_00004"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tiers") / "d"
    return generate_dataset(extra_plan(images=7, per_shard=3), directory, render=extra_render)


@pytest.fixture
def elsewhere(monkeypatch):
    """This process is on another machine than the one that made the dataset."""
    here = environment()
    other = {**here, "libraries": {**here["libraries"], "scipy": "9.9"}, "cpu_features": ["SSE2"]}
    monkeypatch.setattr(regenerating, "environment", lambda: other)


def again(made, change=lambda sample: sample):
    def render(job, structures, cancel):
        return change(extra_render(job, structures, cancel))

    return regenerate(made.directory, IMAGE, render=render, read_job=lambda tree: extra_plan()[4])


def nudged(sample, by=1e-5):
    """What another FFT library might give: all floats a little off, one count in 192 another."""
    image = sample.image.copy()
    image[3, 5] += 1
    factor = np.float32(1 + by)
    extras = {name: array * factor for name, array in sample.extras.items()}
    return replace(sample, image=image, clean=sample.clean * factor, extras=extras)


def test_the_same_machine_gives_the_same_bits(made):
    found = again(made)
    assert found.verdict == "equal" and found.remark == ""
    assert {item.tier for item in found.comparisons} == {"A", "B"}
    assert all(item.measured is None for item in found.comparisons)


def test_small_differences_of_tier_b_on_another_machine_are_within_tolerance(made, elsewhere):
    found = again(made, nudged)
    assert found.verdict == "within tolerance" and not found.equal
    by_name = {item.name: item for item in found.comparisons}
    assert by_name["labels/particle_mask"].equal and by_name["atoms/x"].equal
    assert by_name["images"].measured.unequal == pytest.approx(1 / 192)
    assert by_name["clean"].measured.deviation == pytest.approx(1e-5, rel=0.02)
    assert by_name["diffraction"].measured.deviation == pytest.approx(1e-5, rel=0.02)
    assert "scipy" in found.remark and "instead of 9.9" in found.remark
    assert "a processor with other features" in found.remark and TOLERANCE in found.remark


def test_the_same_differences_on_the_machine_of_the_dataset_are_differences(made):
    found = again(made, nudged)
    assert found.verdict == "different"
    assert "this is it" in found.remark
    # Measured all the same.
    measured = {item.name: item.measured for item in found.comparisons if item.measured}
    assert measured["clean"].within_tolerance


@pytest.mark.parametrize("part", ["clean", "image", "extras", "shape", "truth"])
def test_larger_differences_are_differences_on_any_machine(made, elsewhere, part):
    def change(sample):
        if part == "clean":
            return replace(sample, clean=sample.clean * np.float32(1.01))
        if part == "image":
            return replace(
                sample, image=sample.image + (np.arange(192).reshape(12, 16) < 5).astype(np.uint16)
            )
        if part == "extras":
            return replace(
                sample, extras={**sample.extras, "diffraction": sample.extras["diffraction"][::-1]}
            )
        if part == "shape":
            tables = {**sample.tables, "columns": {k: v[:-1] for k, v in sample.tables["columns"].items()}}
            return replace(sample, tables=tables)
        return replace(sample, truth={**sample.truth, "seated": False})

    found = again(made, change)
    assert found.verdict == "different"
    assert "more than tier B allows" in found.remark


def test_tier_a_has_no_tolerance(made, elsewhere):
    def change(sample):
        labels = {name: array.copy() for name, array in sample.labels.items()}
        labels["particle_mask"][0, 0] ^= 1
        return nudged(replace(sample, labels=labels))

    found = again(made, change)
    assert found.verdict == "different" and "changed" in found.remark
    by_name = {item.name: item for item in found.comparisons}
    assert by_name["labels/particle_mask"].measured is None and by_name["clean"].within_tolerance


def test_a_dataset_that_does_not_name_its_environment_was_made_elsewhere(made, monkeypatch):
    monkeypatch.setattr(regenerating, "_made_in", lambda document, shard: {})
    found = again(made, nudged)
    assert found.verdict == "within tolerance" and "does not name" in found.remark


# --- measures --------------------------------------------------------------------------------


def test_deviations_are_shares_of_the_largest_value():
    stored = np.array([[0.0, -8.0], [2.0, 4.0]], np.float32)
    made = stored + np.array([[0.5, 0.0], [0.25, 0.0]], np.float32)
    found = difference(stored, made)
    assert (found.unequal, found.deviation, found.whole) == (0.5, 0.0625, False)
    assert not found.within_tolerance
    assert difference(stored, stored + np.float32(4e-3)).within_tolerance  # 5e-4 of 8
    assert LARGEST_DEVIATION == 1e-3


def test_phases_wrap_around():
    stored = np.array([3.1415, -3.0, 0.5], np.float32)
    made = np.array([-3.1415, -3.0, 0.5], np.float32)
    assert difference(stored, made, angle=True).deviation == pytest.approx(1.853e-4 / math.pi, rel=1e-2)
    assert difference(stored, made).deviation > 1


def test_whole_numbers_are_counted():
    stored = np.arange(100, dtype=np.uint16)
    made = stored.copy()
    made[[3, 7]] = 60_000
    found = difference(stored, made)
    assert found.whole and found.unequal == LARGEST_UNEQUAL == 0.02 and found.within_tolerance
    made[8] = 0
    assert not difference(stored, made).within_tolerance


def test_counts_stored_as_fractions_are_counted_too():
    """The counts of a second detector are float32: one electron more of ten is no deviation by a tenth."""
    stored = np.full(100, 10.0, np.float32)
    made = stored.copy()
    made[3] = 11.0
    found = difference(stored, made)
    assert found.whole and found.unequal == 0.01 and found.within_tolerance
    made[4] = 10.5
    assert not difference(stored, made).whole
    assert not difference(stored, made).within_tolerance


def test_numbers_that_are_none_are_equal_only_to_themselves():
    stored = np.array([np.nan, 1.0, np.inf])
    assert difference(stored, stored.copy()).deviation == 0.0
    assert difference(stored, np.array([0.0, 1.0, np.inf])).deviation == math.inf
    assert difference(np.zeros(3), np.array([0.0, 1.0, 0.0])).deviation == math.inf


def test_large_arrays_are_compared_row_by_row_alike(monkeypatch):
    stored = np.random.default_rng(1).random((6, 5, 4), dtype=np.float32)
    made = stored.copy()
    made[4, 1, 2] += 0.25
    whole = difference(stored, made)
    monkeypatch.setattr("sim.dataset.differences._rows", lambda array: array)
    assert difference(stored, made) == whole
    assert whole.unequal == 1 / 120


def test_other_shapes_and_types_cannot_be_compared():
    assert difference(np.zeros(3), np.zeros(4)) is None
    assert difference(np.zeros(3, np.float32), np.zeros(3)) is None
    assert difference(np.zeros((0, 2)), np.zeros((0, 2))).within_tolerance


def test_scalars_differ_by_fractions_only():
    stored = {"electrons": 100.0, "quaternion": [0.5, 0.5], "atoms": 3}
    near = {"electrons": 100.001, "quaternion": [0.5, 0.5], "atoms": 3}
    assert scalar_difference(stored, near).deviation == pytest.approx(1e-5)
    assert scalar_difference(stored, {**near, "atoms": 4}) is None
    assert scalar_difference(stored, {"electrons": 100.0}) is None
    assert scalar_difference(stored, {**stored, "quaternion": [0.5]}) is None


def test_the_environment_is_plain_and_knows_what_is_switched_off(monkeypatch):
    found = environment()
    assert json.loads(json.dumps(found)) == found
    assert found["libraries"]["scipy"] and found["cpu_features"] == sorted(found["cpu_features"])
    monkeypatch.setenv("NANOPHANTOM_KERNELS", "numpy")
    assert environment() == {**found, "kernels": "numpy"}
