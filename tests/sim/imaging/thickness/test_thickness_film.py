"""The support film: tilt, holes and their rims."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.types import Film, ImageGrid
from sim.imaging.thickness.film import film_thickness, support_of


def film(tilt=0.0, about="y", radius=0.0, spacing=0.0, hexagonal=True, point=(0.0, 0.0, -500.0)):
    """A film of 100 Å, turned about an axis by ``tilt`` degrees."""
    sine, cosine = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
    turn = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    if about == "x":
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    return Film(100.0, turn[:, 2], turn[:, 0], turn[:, 1], np.array(point), radius, spacing, hexagonal)


@pytest.mark.parametrize("tilt", [0.0, 35.0, -70.0, 80.0])
def test_tilt_lengthens_the_way_through(tilt):
    made = film_thickness(film(tilt), ImageGrid(6, 7, 20.0))
    np.testing.assert_allclose(made, 100.0 / math.cos(math.radians(tilt)), rtol=1e-12)


@pytest.mark.parametrize("hexagonal", [False, True])
@pytest.mark.parametrize("tilt", [0.0, 60.0])
def test_mean_thickness_is_that_of_the_matter(hexagonal, tilt):
    """Over whole periods: 1 − πR²/cell of the film is left, and a tilt keeps the volume."""
    radius, spacing = 30.0, 100.0
    cell = spacing**2 * (math.sqrt(3.0) / 2.0 if hexagonal else 1.0)
    grid = ImageGrid(500, 500, 2.0)
    down = math.sqrt(3.0) / 2.0 * 2.0 if hexagonal else 1.0
    # Whole periods along y: 5 rectangular cells of 173.2 Å, or 10 of 100 Å.
    rows = round(5 * down * spacing / 2.0) if hexagonal else 500
    made = film_thickness(film(tilt, "y", radius, spacing, hexagonal), grid)[:rows]
    expected = 100.0 / math.cos(math.radians(tilt)) * (1.0 - math.pi * radius**2 / cell)
    assert float(np.mean(made)) == pytest.approx(expected, rel=2e-3)


def test_rims_are_averaged_over_the_pixel():
    """Against many points a pixel, tilted about x, holes at a place that is nobody's middle."""
    grid = ImageGrid(30, 36, 10.0)
    own = film(50.0, "x", 45.0, 130.0, True, (21.0, -13.0, -700.0))
    made = film_thickness(own, grid)
    fine = film_thickness(own, ImageGrid(30 * 20, 36 * 20, 0.5)).reshape(30, 20, 36, 20).mean(axis=(1, 3))
    # The rim of a hole of 4.5 pixels is not quite straight within one.
    np.testing.assert_allclose(made, fine, atol=0.04 * 100.0 / math.cos(math.radians(50.0)))
    partial = (made > 1.0) & (made < 0.99 * np.max(made))
    assert np.count_nonzero(partial) > 50


def test_a_film_that_is_turned_about_the_beam_too():
    """Lattice along a slanted direction: every sub-pixel point is asked whether a hole's centre is near."""
    grid = ImageGrid(48, 56, 4.0)
    flat = film(55.0, "x", 40.0, 120.0, True, (13.0, 7.0, -300.0))
    sine, cosine = math.sin(math.radians(25.0)), math.cos(math.radians(25.0))
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    own = replace(flat, **{name: turn @ getattr(flat, name) for name in ("normal", "across", "along")})
    made = film_thickness(own, grid)
    x, y = ImageGrid(48 * 12, 56 * 12, 4.0 / 12).centres()
    x, y = np.meshgrid(x - 13.0, y - 7.0)
    z = -(own.normal[0] * x + own.normal[1] * y) / own.normal[2]
    points = np.stack([x, y, z], axis=-1)
    nearest = np.full(x.shape, np.inf)
    for i in range(-4, 5):
        for j in range(-4, 5):
            hole = 120.0 * ((i + 0.5 * j) * own.across + math.sqrt(0.75) * j * own.along)
            nearest = np.minimum(nearest, np.linalg.norm(points - hole, axis=-1))
    matter = (nearest > 40.0).reshape(48, 12, 56, 12).mean(axis=(1, 3))
    np.testing.assert_allclose(made / np.max(made), matter, atol=0.04)
    assert np.min(made) == 0.0


def test_holes_are_where_they_are_said_to_be():
    """A hole's centre is empty, to the right and up; the next one lies along ``across``."""
    grid = ImageGrid(80, 100, 5.0)
    made = film_thickness(film(0.0, "y", 40.0, 180.0, False, (60.0, 110.0, 0.0)), grid)
    row, column = round(float(grid.rows_of(110.0))), round(float(grid.columns_of(60.0)))
    assert made[row, column] == 0.0
    assert made[row, column - 36] == 0.0
    assert made[row + 36, column] == 0.0
    assert made[row + 18, column + 18] == 100.0
    assert made[79 - row, 99 - column] == 100.0


def test_a_tilted_hole_is_an_ellipse():
    grid = ImageGrid(201, 201, 1.0)
    made = film_thickness(film(60.0, "y", 60.0, 1000.0), grid)
    # Turned about y, it keeps its height and loses half its width.
    assert np.count_nonzero(made[100] < 1.0) == pytest.approx(60, abs=2)
    assert np.count_nonzero(made[:, 100] < 1.0) == pytest.approx(120, abs=2)


def test_the_part_above_a_height():
    """A film that rises to the left by tan 45°: above z = −500, its left half."""
    grid = ImageGrid(4, 400, 2.0)
    support = support_of(film(45.0, "y"), grid)
    rows = slice(0, 4)
    above = support.above(-500.0, rows)
    whole = 100.0 * math.sqrt(2.0)
    np.testing.assert_allclose(support.above(-np.inf, rows), whole)
    np.testing.assert_allclose(above[:, :150], whole)
    assert not above[:, 250:].any()
    assert not support.above(1e6, rows).any()
    np.testing.assert_allclose(above[:, 199:201].mean(), 0.5 * whole, rtol=1e-9)


def test_an_upright_film_is_refused():
    with pytest.raises(InputError, match="along the beam"):
        film_thickness(film(89.5), ImageGrid(6, 7, 20.0))
