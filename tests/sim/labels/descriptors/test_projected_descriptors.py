"""Descriptors of masks and clean images against shapes whose measures are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.ndimage

from sim.labels.descriptors.projected import (
    UNITS,
    box_dimension,
    outline_length,
    pieces_and_holes,
    projected_descriptors,
)


def disc(radius, row, column, shape=(140, 150)):
    rows, columns = np.indices(shape)
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius * radius


@pytest.fixture
def numbers():
    return np.random.Generator(np.random.PCG64(4))


@pytest.mark.parametrize(("radius", "worst"), [(6.2, 0.05), (15.4, 0.02), (20.3, 0.015), (40.7, 0.007)])
def test_perimeter_of_discs_anywhere_between_the_pixels(radius, worst, numbers):
    errors = [
        outline_length(disc(radius, *(70 + numbers.random(2)))) / (2 * math.pi * radius) - 1
        for _ in range(20)
    ]
    assert max(map(abs, errors)) < worst and abs(np.mean(errors)) < worst / 7


def test_perimeter_of_a_square_in_every_direction(numbers):
    errors = []
    for angle in np.radians(np.arange(0, 90, 3)):
        rows, columns = np.indices((300, 300)) - 150 - numbers.random((2, 1, 1))
        u = columns * np.cos(angle) + rows * np.sin(angle)
        v = rows * np.cos(angle) - columns * np.sin(angle)
        errors.append(outline_length((abs(u) <= 100) & (abs(v) <= 100)) / 800 - 1)
    assert max(map(abs, errors)) < 0.02
    assert abs(np.mean(errors)) < 0.005


def test_hole_and_edge_of_the_field_in_the_perimeter():
    ring = disc(50.3, 70, 70) & ~disc(20.6, 64, 75)
    assert outline_length(ring) == pytest.approx(2 * math.pi * 70.9, rel=0.005)
    half = disc(50.3, 0, 70)  # only the half circle within the field, not the cut
    assert outline_length(half) == pytest.approx(math.pi * 50.3, rel=0.01)


def test_pieces_and_holes_against_scipy(numbers):
    for share in np.linspace(0.05, 0.95, 60):
        mask = numbers.random((23, 31)) < share
        pieces = scipy.ndimage.label(mask, np.ones((3, 3)))[1]
        holes = scipy.ndimage.label(~np.pad(mask, 1))[1] - 1
        assert pieces_and_holes(mask) == (pieces, holes)


def test_box_dimension_of_known_sets():
    square = np.zeros((128, 130), dtype=bool)
    square[:, 2:] = True
    assert box_dimension(square) == pytest.approx(2.0, abs=1e-12)
    line = np.zeros((9, 128), dtype=bool)
    line[5] = True
    assert box_dimension(line) == pytest.approx(1.0, abs=1e-12)
    # Sierpinski's carpet of 3⁵ pixels: ln 8/ln 3, met approximately by boxes of powers of two.
    carpet = np.ones((1, 1), dtype=bool)
    for _ in range(5):
        carpet = np.kron(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=bool), carpet)
    assert box_dimension(np.pad(carpet, 7)) == pytest.approx(math.log(8) / math.log(3), abs=0.06)
    assert box_dimension(np.ones((12, 9), dtype=bool)) == 0.0


def test_disc_in_an_image():
    """A uniform disc of radius 40.2 px at 2.5 Å: R_g = r/√2, and brightness read from the clean image."""
    mask = disc(40.2, 60.3, 81.1)
    found = projected_descriptors(mask.astype(np.uint8), np.where(mask, 0.4, 0.1).astype(np.float32), 2.5)
    radius = 40.2 * 2.5
    assert found["projected_area"] == pytest.approx(math.pi * radius**2, rel=0.005)
    assert found["projected_area"] == mask.sum() * 6.25
    assert found["circularity"] == pytest.approx(1.0, abs=0.01)
    assert found["gyration_radius_projected"] == pytest.approx(radius / math.sqrt(2), rel=0.003)
    assert found["intensity_gyration_radius"] == pytest.approx(found["gyration_radius_projected"], rel=1e-6)
    assert found["mean_intensity_inside"] == pytest.approx(0.4, rel=1e-6)
    assert found["mean_intensity_outside"] == pytest.approx(0.1, rel=1e-6)
    assert (found["pieces"], found["holes"], found["cut_by_field"]) == (1, 0, 0)


def test_weights_of_the_intensity_are_the_contrast():
    """Two pixels, contrasts 1 and 3 at 8 px: a bright and a dark field give the same radius."""
    mask, clean = np.zeros((9, 20), dtype=np.uint8), np.full((9, 20), 5.0)
    mask[4, 3] = mask[4, 11] = 1
    clean[4, 3], clean[4, 11] = 6.0, 8.0
    radius = math.sqrt(1 / 6 + 64 * 3 / 16)
    bright = projected_descriptors(mask, clean, 1.0)
    dark = projected_descriptors(mask, 10.0 - clean, 1.0)
    assert bright["intensity_gyration_radius"] == pytest.approx(radius, rel=1e-14)
    assert dark["intensity_gyration_radius"] == pytest.approx(radius, rel=1e-14)
    assert bright["gyration_radius_projected"] == pytest.approx(math.sqrt(1 / 6 + 16), rel=1e-14)


def test_empty_and_full_masks_give_finite_numbers():
    shape = (16, 24)
    for mask in (np.zeros(shape, np.uint8), np.ones(shape, np.uint8)):
        found = projected_descriptors(mask, np.ones(shape), 1.0)
        assert set(UNITS) <= set(found)
        assert all(math.isfinite(value) and type(value) in (int, float) for value in found.values())
    assert found["cut_by_field"] == 1 and found["pieces"] == 1 and found["projected_perimeter"] == 0.0
