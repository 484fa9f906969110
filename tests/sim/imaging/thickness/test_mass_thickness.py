"""Mass-thickness images: signals, probe with depth, film, settings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.errors import InputError
from sim.core.types import Film, ImageGrid, Material, Outline, ParticleSpecimen
from sim.imaging.model import Surroundings
from sim.imaging.thickness import layers as depth
from sim.imaging.thickness import probe
from sim.imaging.thickness.check import check, memory_bytes, spot_sigma
from sim.imaging.thickness.chords import thickness_maps
from sim.imaging.thickness.model import project
from sim.imaging.thickness.settings import MassThicknessImaging

MATERIALS = (
    Material("TiO2", ((8, 2.0), (22, 1.0)), 3.9),
    Material("WO3", ((8, 3.0), (74, 1.0)), 7.16),
    Material("C", ((6, 1.0),), 2.0),
)
GIVEN = MassThicknessImaging(
    constants="given", probe=0.0, convergence=0.0, given_first=0.01, given_second=0.03
)
FILM = Film(
    100.0,
    np.array([0.0, 0.0, 1.0]),
    np.array([1.0, 0.0, 0.0]),
    np.array([0.0, 1.0, 0.0]),
    np.array([0.0, 0.0, -400.0]),
)


def specimen(centres, radii, species, film=None):
    return ParticleSpecimen(
        np.array(centres, dtype=float),
        np.array(radii, dtype=float),
        np.array(species, dtype=np.int64),
        np.zeros((0, 2), dtype=np.int64),
        MATERIALS,
        film,
    )


def image(own, grid, settings):
    return project(own, grid, settings, Surroundings()).fraction


PAIR = specimen([[-60.0, 40.0, 0.0], [50.0, -30.0, 20.0]], [40.0, 30.0], [0, 1])


def changed(**values):
    return GIVEN.model_copy(update=values)


def test_dark_field_follows_the_thickness_of_each_material():
    """1 − exp(−κ₁t₁ − κ₂t₂), κ in 1/nm, t in Å."""
    grid = ImageGrid(30, 40, 6.0)
    first, second = thickness_maps(PAIR.centres, PAIR.radii, PAIR.species, 2, grid)
    expected = 1.0 - np.exp(-(0.001 * first + 0.003 * second))
    assert np.max(expected) > 0.1
    np.testing.assert_allclose(image(PAIR, grid, GIVEN), expected, atol=1e-14)


def test_bright_and_dark_field_share_the_beam():
    """With one constant for both, what one detector gets the other does not."""
    grid = ImageGrid(30, 40, 6.0)
    shallow = changed(probe=7.0, convergence=12.0)
    dark = image(PAIR, grid, shallow)
    bright = image(PAIR, grid, shallow.model_copy(update={"signal": "bf"}))
    np.testing.assert_allclose(dark + bright, 1.0, atol=1e-13)
    assert np.ptp(dark) > 0.05


def test_cross_sections_make_tungsten_brighter():
    grid = ImageGrid(30, 40, 6.0)
    two = specimen(PAIR.centres, [35.0, 35.0], [0, 1])
    made = project(two, grid, MassThicknessImaging(), Surroundings())
    first, second = made.truth["attenuation_first"], made.truth["attenuation_second"]
    assert 3.5 < second / first < 6.0
    left, right = np.max(made.fraction[:, :20]), np.max(made.fraction[:, 20:])
    assert right / left == pytest.approx(second / first, rel=0.05)
    assert made.truth["thickness_max"] == pytest.approx(70.0, rel=0.01)
    assert made.truth["attenuation_film"] == 0.0


def test_vacuum_level_is_added_in_dark_field_alone():
    grid = ImageGrid(30, 40, 6.0)
    lifted = image(PAIR, grid, changed(vacuum_level=0.02))
    np.testing.assert_allclose(lifted, image(PAIR, grid, GIVEN) + 0.02, atol=1e-15)
    bright = changed(signal="bf", vacuum_level=0.02)
    np.testing.assert_array_equal(image(PAIR, grid, bright), image(PAIR, grid, changed(signal="bf")))


def test_probe_blurs_and_keeps_the_signal():
    """Second moment of a small bright sphere grows by σ² = (FWHM/2.355)²."""
    grid = ImageGrid(61, 61, 3.0)
    dot = specimen([[0.0, 0.0, 0.0]], [8.0], [1])
    sharp, wide = image(dot, grid, GIVEN), image(dot, grid, changed(probe=30.0))
    assert np.sum(wide) == pytest.approx(np.sum(sharp), rel=1e-3)
    x, _ = grid.centres()
    moments = [float(np.sum(made * x[None] ** 2) / np.sum(made)) for made in (sharp, wide)]
    assert moments[1] - moments[0] == pytest.approx((30.0 / 2.3548) ** 2, rel=0.01)


def test_positive_defocus_sharpens_what_lies_deeper():
    """Two equal spheres, the left one 2000 Å above, the right one 2000 Å below the middle."""
    grid = ImageGrid(60, 120, 5.0)
    two = specimen([[-150.0, 0.0, 2000.0], [150.0, 0.0, -2000.0]], [25.0, 25.0], [1, 1])
    settings = changed(probe=2.0, convergence=10.0, defocus=2000.0)
    made = image(two, grid, settings)
    left, right = made[:, :60], made[:, 60:]
    assert np.max(right) > 2.0 * np.max(left)
    assert np.sum(right) == pytest.approx(np.sum(left), rel=0.02)
    # 4000 Å from focus a cone of 10 mrad is a disc of 40 Å, σ 20 Å along x.
    x, _ = grid.centres()
    spread = [
        np.sum(half * (where - centre) ** 2) / np.sum(half)
        for half, where, centre in ((left, x[None, :60], -150.0), (right, x[None, 60:], 150.0))
    ]
    assert spread[0] - spread[1] == pytest.approx(20.0**2, rel=0.05)


def test_depth_matters_only_through_the_probe():
    """Many layers with hardly any spread give what one layer gives."""
    grid = ImageGrid(40, 44, 6.0)
    random = np.random.default_rng(4)
    own = specimen(
        random.uniform(-90, 90, (9, 3)) * [1, 1, 6], np.full(9, 22.0), random.integers(0, 2, 9), FILM
    )
    one = depth.layers_between(-600.0, 600.0, depth.Probe(12.0, 0.0, 0.0), 6.0)
    many = depth.layers_between(-600.0, 600.0, depth.Probe(12.0, 8.0, 0.0), 6.0)
    assert len(one.heights) == 1
    assert len(many.heights) > 2
    from sim.imaging.thickness.attenuation import attenuation
    from sim.imaging.thickness.signal import scattered

    matter = [attenuation(material, constants="given", given=0.02) for material in MATERIALS]
    same = depth.Layers(many.heights, np.full(len(many.heights), one.sigmas[0]), one.margin)
    images = [
        scattered(own, grid, planes, matter, lambda: None, lambda step: None)[0] for planes in (one, same)
    ]
    np.testing.assert_allclose(images[0], images[1], atol=2e-4 * np.max(images[0]))


def test_layers_follow_the_spread_of_the_probe():
    """Every layer's width is near that of all heights in it, and the borders are counted from the focus."""
    beam = depth.Probe(2.0, 10.0, 300.0)
    layers = depth.layers_between(-800.0, 700.0, beam, 5.0)
    tops = [700.0, *layers.heights[:-1]]
    bottoms = [*layers.heights[:-1], -800.0]
    for top, bottom, sigma in zip(tops, bottoms, layers.sigmas, strict=True):
        for z in (top, bottom):
            assert abs(beam.sigma(z) / 5.0 - sigma) < 0.14
    # The focus, z = −300, is the middle of a layer.
    assert np.min(layers.sigmas) == pytest.approx(2.0 / 2.35482 / 5.0, rel=1e-5)
    assert layers.margin == math.ceil(4.0 * np.max(layers.sigmas))
    deeper = depth.layers_between(-900.0, 650.0, beam, 5.0)
    assert set(layers.heights[1:-1]) <= set(deeper.heights)
    assert len(depth.layers_between(-1e5, 1e5, beam, 5.0).heights) <= depth.MOST_LAYERS + 1


@pytest.mark.parametrize("sigma", [0.03, 0.2, 0.55, 0.7, 3.3])
def test_taps_have_the_right_variance(sigma):
    weights = probe.taps(sigma)
    offset = np.arange(len(weights)) - probe.reach(sigma)
    assert np.sum(weights) == pytest.approx(1.0, abs=1e-14)
    expected = 0.0 if sigma < 0.05 else sigma**2
    assert np.sum(weights * offset**2) == pytest.approx(expected, rel=0.02)


def test_film_adds_its_scattering():
    grid = ImageGrid(20, 20, 20.0)
    own = specimen([[0.0, 0.0, 0.0]], [20.0], [0], FILM)
    made = project(own, grid, changed(given_film=0.005), Surroundings())
    assert made.fraction[0, 0] == pytest.approx(1.0 - math.exp(-0.05), rel=1e-12)
    bare = image(specimen([[0.0, 0.0, 0.0]], [20.0], [0]), grid, GIVEN)
    np.testing.assert_allclose(1.0 - made.fraction, (1.0 - bare) * math.exp(-0.05), rtol=1e-12)
    assert made.truth["attenuation_film"] == pytest.approx(0.005)
    assert made.truth["thickness_max"] < 40.0


def test_margin_changes_nothing_inside():
    """The image in a larger field is the same: the probe draws on what lies beyond the border."""
    grid = ImageGrid(16, 20, 6.0)
    settings = changed(probe=20.0, convergence=15.0)
    made = image(PAIR, grid, settings)
    np.testing.assert_array_equal(made, image(PAIR, grid.padded(7), settings)[7:-7, 7:-7])


def test_more_than_the_beam_is_never_seen():
    grid = ImageGrid(16, 20, 6.0)
    made = image(PAIR, grid, changed(given_first=10.0, given_second=10.0, vacuum_level=0.3))
    assert np.max(made) == 1.0


def test_angles_in_the_wrong_order_are_refused():
    with pytest.raises((InputError, ValidationError), match="below the outer angle"):
        MassThicknessImaging(inner=90.0, outer=60.0)


def test_a_probe_that_spreads_too_far_is_refused():
    grid, outline = ImageGrid(64, 64, 0.5), Outline(500.0, 500.0, 600.0, 100, ())
    check(MassThicknessImaging(), grid, outline, None)
    with pytest.raises(InputError, match=r"imaging\.convergence"):
        check(MassThicknessImaging(convergence=150.0, defocus=5e4), grid, outline, None)
    assert memory_bytes(MassThicknessImaging(), grid, outline, None) > 8 * 64 * 64
    assert spot_sigma(MassThicknessImaging(probe=2.3548)) == pytest.approx(1.0, rel=1e-4)


def test_cancel_is_asked():
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    with pytest.raises(Stop):
        project(PAIR, ImageGrid(16, 20, 6.0), GIVEN, Surroundings(cancel=stop))
