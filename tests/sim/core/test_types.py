"""The values that travel between the stages: position grid, pixel grid, identity, records."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.types import POSITION_GRID, ArrayRecord, ImageGrid, Sample, Structure, on_position_grid

STEP = 2.0**-20


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (0.0, 0.0),
        (0.4, 0.0),
        (0.6, 1.0),
        (0.5, 1.0),
        (1.5, 2.0),
        (2.5, 3.0),
        (-0.4, 0.0),
        (-0.6, -1.0),
        (-0.5, 0.0),
        (-1.5, -1.0),
        (-2.5, -2.0),
        (7.0, 7.0),
        (-7.0, -7.0),
        (1048576.75, 1048577.0),
    ],
)
def test_positions_round_to_the_grid_half_upwards(steps, expected):
    """Not to even, not away from zero, and never to −0, which has other bytes and another hash."""
    rounded = on_position_grid(np.array([steps * STEP]))
    np.testing.assert_array_equal(rounded, [expected * STEP])
    assert not np.signbit(rounded[0]) or expected < 0
    assert POSITION_GRID == STEP


@given(st.floats(-1e5, 1e5), st.integers(-(2**30), 2**30))
def test_the_grid_is_even_and_everywhere(position, shift):
    rounded = float(on_position_grid(np.array([position]))[0])
    steps = Fraction(rounded) * 2**20
    assert steps.denominator == 1
    assert abs(Fraction(rounded) - Fraction(position)) <= Fraction(1, 2**21) * (1 + Fraction(1, 2**15))
    assert on_position_grid(np.array([rounded]))[0] == rounded
    coarse = np.array([float(steps) * STEP + 0.25 * STEP])
    assert on_position_grid(coarse + shift * STEP)[0] == on_position_grid(coarse)[0] + shift * STEP


def test_pixel_centres_of_an_oblong_image():
    """Three rows, four columns, half an ångström each: row 0 is at the top, the centre is the origin."""
    grid = ImageGrid(3, 4, 0.5)
    assert grid.shape == (3, 4)
    np.testing.assert_array_equal(grid.x_of(np.arange(4.0)), [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_array_equal(grid.y_of(np.arange(3.0)), [0.5, 0.0, -0.5])
    np.testing.assert_array_equal(grid.columns_of(np.array([-0.75, 0.0, 1.0])), [0.0, 1.5, 3.5])
    np.testing.assert_array_equal(grid.rows_of(np.array([0.5, 0.0, -1.25])), [0.0, 1.0, 3.5])


def test_padding_keeps_the_centre():
    grid = ImageGrid(3, 8, 0.25)
    padded = grid.padded(5)
    assert padded == ImageGrid(13, 18, 0.25)
    np.testing.assert_array_equal(padded.x_of(np.array([5.0])), grid.x_of(np.array([0.0])))
    np.testing.assert_array_equal(padded.y_of(np.array([6.0])), grid.y_of(np.array([1.0])))


@given(
    st.integers(8, 500), st.integers(8, 500), st.floats(0.01, 10), st.lists(st.floats(-1e3, 1e3), min_size=1)
)
def test_pixels_and_positions_are_each_others_inverse(height, width, pixel_size, values):
    grid, given_values = ImageGrid(height, width, pixel_size), np.array(values)
    np.testing.assert_allclose(grid.x_of(grid.columns_of(given_values)), given_values, atol=1e-9)
    np.testing.assert_allclose(grid.y_of(grid.rows_of(given_values)), given_values, atol=1e-9)


def structure(**changes):
    values = {
        "numbers": np.array([79, 47]),
        "positions": np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
        "cell": np.diag([4.0, 5.0, 6.0]),
    }
    return Structure(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"numbers": np.array([47, 79])},
        {"positions": np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0 + STEP]])},
        {"cell": None},
        {"cell": np.diag([4.0, 5.0, 6.5])},
    ],
)
def test_a_structures_hash_tells_structures_apart(changes):
    assert len(structure()) == 2
    assert structure(**changes).sha256 != structure().sha256
    assert structure(numbers=np.array([79, 47], dtype=np.int32)).sha256 == structure().sha256


def documented_hash(array, kind):
    return hashlib.sha256(f"{kind}{list(array.shape)}".encode() + array.tobytes()).hexdigest()


@pytest.mark.parametrize("tier", ["A", "B"])
def test_records_name_every_array_in_the_order_of_the_manifest(tier):
    image = np.arange(6, dtype="<u2").reshape(2, 3)
    clean = np.arange(6, dtype="<f4").reshape(2, 3) * 0.5
    visible, particle = np.eye(2, 3, dtype=np.uint8), np.ones((2, 3), dtype=np.uint8)
    x, resolved = np.array([1.5, -2.5], dtype="<f8"), np.array([True, False])
    sample = Sample(
        image,
        clean,
        {"visible_mask": visible, "particle_mask": particle},
        {"columns": {"x": x, "resolved": resolved}, "atoms": {"y": x[:1], "x": x[::-1].copy()}},
        tier=tier,
    )
    expected = [
        ("images", "u2", image, "<u2"),
        ("clean", "f4", clean, "<f4"),
        ("labels/particle_mask", "u1", particle, "|u1"),
        ("labels/visible_mask", "u1", visible, "|u1"),
        ("atoms/x", "f8", x[::-1], "<f8"),
        ("atoms/y", "f8", x[:1], "<f8"),
        ("columns/resolved", "b1", resolved, "|b1"),
        ("columns/x", "f8", x, "<f8"),
    ]
    assert sample.records() == [
        ArrayRecord(name, kind, array.shape, documented_hash(array, text), tier)
        for name, kind, array, text in expected
    ]
    assert [name for name, _ in sample.arrays()] == [name for name, *_ in expected]
