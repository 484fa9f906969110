"""The fast model against sums over atoms, against itself and against our multislice."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.physics.multislice.cell import Cell
from sim.physics.optics.aberrations import Aberrations
from sim.physics.scattering.cross_sections import partial_elastic_cross_section
from sim.physics.stem.detectors import Annular
from sim.physics.stem.linear import LinearModel, LinearParameters, assess, fit_linear
from sim.physics.stem.probe import ProbeOptics, probe
from sim.physics.stem.scan import stem_images

VOLTAGE = 200.0
#: 12 × 10 Å.
CELL = Cell(100, 120, 0.1, 0.1, -6.0, 5.0, 4.0, 2.0, 4)
OPTICS = ProbeOptics(VOLTAGE, 20.0, Aberrations({"C10": (-30.0, 0.0), "C12": (20.0, 25.0)}))
RING = Annular("dark", 40.0, 80.0)
X, Y = np.linspace(-5.0, 5.5, 36), np.linspace(4.5, -4.5, 31)
#: Columns of one to three atoms of gold, and silver and silicon beside them.
POSITIONS = np.array(
    [[-3.0, 2.0, 3.0], [-3.0, 2.0, 0.1], [-3.05, 2.0, -2.7], [1.0, 2.5, 1.0], [1.0, 2.5, -1.9],
     [3.4, -0.6, 0.5], [-1.6, -2.5, 2.0], [2.0, -3.0, -3.0]]
)  # fmt: skip
NUMBERS = np.array([79, 79, 79, 79, 79, 47, 47, 14])


def model(positions=POSITIONS, numbers=NUMBERS, rms=None, optics=OPTICS, **options):
    return LinearModel(positions, numbers, rms or {}, CELL, optics, RING, **options)


def test_one_atom_shows_the_probe_times_its_cross_section():
    """The probe put on each scan point and looked at where the atom is: asymmetric, so that signs count."""
    optics = ProbeOptics(VOLTAGE, 20.0, Aberrations({"C10": (-30.0, 0.0), "C21": (1500.0, 25.0)}))
    atom = np.array([[0.6, -0.5, CELL.entrance]])
    image = model(atom, np.array([79]), optics=optics, layers=4000).image(LinearParameters(), X, Y)
    column, row = round(float(CELL.columns_of(0.6))), round(float(CELL.rows_of(-0.5)))
    area = partial_elastic_cross_section(79, VOLTAGE, 40.0, 80.0)
    for i, j in ((15, 19), (18, 15), (12, 22), (20, 20)):
        wave = probe(CELL, optics, X[[j]], Y[[i]])[0, row, column]
        assert image[i, j] == pytest.approx(area * abs(wave) ** 2 / 0.01, rel=1e-4, abs=1e-9 * area)


def test_the_probe_spreads_with_depth():
    """Flight through a depth is exp(−iπλzk²), as of C10 = z: an atom 8 Å down sees the probe of C10 + 8 Å."""
    deep = model(np.array([[0.6, -0.5, CELL.exit + 1e-6]]), np.array([79]), layers=4000)
    moved = ProbeOptics(VOLTAGE, 20.0, OPTICS.aberrations.replaced("C10", -30.0 + CELL.depth))
    shallow = model(np.array([[0.6, -0.5, CELL.entrance]]), np.array([79]), optics=moved, layers=4000)
    plain = LinearParameters()
    np.testing.assert_allclose(deep.image(plain, X, Y), shallow.image(plain, X, Y), rtol=2e-3, atol=1e-7)
    unmoved = model(np.array([[0.6, -0.5, CELL.entrance]]), np.array([79]), layers=4000).image(plain, X, Y)
    assert np.abs(deep.image(plain, X, Y) / unmoved - 1).max() > 0.05


def test_thermal_motion_spread_and_source_are_gaussians_of_their_widths():
    """Equal widths do the same; a source of 1 Å has a standard deviation of 0.42466 Å."""
    wide = model(rms=dict.fromkeys((14, 47, 79), 0.2)).image(LinearParameters(), X, Y)
    spread = model().image(LinearParameters(spread=0.2), X, Y)
    source = ProbeOptics(VOLTAGE, 20.0, OPTICS.aberrations, source_size=0.2 / 0.4246609)
    blurred = model(optics=source).image(LinearParameters(), X, Y)
    np.testing.assert_allclose(wide, spread, rtol=1e-9)
    np.testing.assert_allclose(wide, blurred, rtol=1e-6)
    assert np.abs(model().image(LinearParameters(), X, Y) / wide - 1).max() > 0.05


def test_focusing_counts_the_atoms_above():
    """Silicon over gold in one column: gold is below 14/79 of an atom of gold, silicon below none."""
    pair = np.array([[0.0, 0.0, 3.0], [0.0, 0.0, 2.9]])
    still = {"layers": 1}
    upper, lower = (
        model(pair[[n]], np.array([number]), **still).image(LinearParameters(), X, Y)
        for n, number in ((0, 14), (1, 79))
    )
    focused = model(pair, np.array([14, 79]), **still).image(LinearParameters(focusing=0.5), X, Y)
    np.testing.assert_allclose(focused, upper + lower * (1 + 0.5 * 14 / 79), rtol=1e-6)
    beside = pair + np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    far = model(beside, np.array([79, 79]), **still)
    np.testing.assert_allclose(
        far.image(LinearParameters(focusing=0.5), X, Y), far.image(LinearParameters(), X, Y), rtol=1e-6
    )


def test_saturation_acts_on_the_signal_before_the_source():
    """(1 − exp(−s I))/s of the sharp image, point by point; 10 % here."""
    sharp = model().image(LinearParameters(), X, Y)
    bent = model().image(LinearParameters(saturation=5.0), X, Y)
    np.testing.assert_allclose(bent, -np.expm1(-5.0 * sharp) / 5.0, rtol=0, atol=2e-4 * bent.max())


def test_a_fit_finds_the_parameters_of_its_own_image():
    truth = LinearParameters(scale=0.8, exponent=-0.2, focusing=0.3, saturation=2.0, spread=0.12)
    fit = fit_linear(model(), model().image(truth, X, Y), X, Y)
    assert fit.unexplained < 1e-6 and fit.rms_over_sd < 1e-3
    assert fit.parameters.exponent == pytest.approx(-0.2, abs=0.02)
    assert fit.parameters.spread == pytest.approx(0.12, abs=0.01)


def test_the_fit_to_our_multislice_says_how_good_it_is():
    """Both figures are as defined, the fit beats the bare cross-sections, and is no perfect match."""
    image = stem_images(POSITIONS, NUMBERS, None, CELL, OPTICS, [RING], X, Y)["dark"]
    bare = assess(model(), LinearParameters(), image, X, Y)
    fit = fit_linear(model(), image, X, Y)
    ours = model().image(fit.parameters, X, Y)
    assert fit.unexplained == pytest.approx(1 - np.corrcoef(ours.ravel(), image.ravel())[0, 1] ** 2)
    assert fit.rms_over_sd == pytest.approx(np.sqrt(np.mean((ours - image) ** 2)) / image.std())
    assert fit.rms_over_sd < 0.6 * bare.rms_over_sd
    assert 1e-4 < fit.unexplained < 0.06 and fit.unexplained < bare.unexplained


def test_images_that_cannot_be_fitted_are_refused():
    with pytest.raises(InputError, match="not that of the scan"):
        fit_linear(model(), np.zeros((3, 3)), X, Y)
    with pytest.raises(InputError, match="no contrast"):
        fit_linear(model(), np.ones((len(Y), len(X))), X, Y)
    with pytest.raises(InputError, match="beyond the band limit"):
        LinearModel(POSITIONS, NUMBERS, {}, CELL, OPTICS, Annular("dark", 40.0, 200.0))
