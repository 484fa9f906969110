"""The table of slabs: curves through it, what it refuses, and direct multislice on slabs it does not hold."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.imaging.thickness.attenuation import attenuation, attenuation_constant
from sim.imaging.thickness.monotone import Curve
from sim.imaging.thickness.slabs import slab_table
from sim.physics.materials import material
from sim.physics.multislice.cell import Cell
from sim.physics.scattering.cross_sections import partial_elastic_cross_section

REPOSITORY = Path(__file__).parents[4]
SLABS = ["Au", "C", "Pt", "SiO2", "TiO2", "WO3"]
#: 1 nm to beyond the table, Å.
THICKNESS = np.array([10.0, 35.0, 80.0, 170.0, 330.0, 640.0, 1000.0, 1900.0, 2500.0])


@pytest.fixture(scope="module")
def maker():
    """packaging/make_slab_table.py."""
    path = REPOSITORY / "packaging" / "make_slab_table.py"
    specification = importlib.util.spec_from_file_location("make_slab_table", path)
    module = importlib.util.module_from_spec(specification)
    sys.modules["make_slab_table"] = module
    specification.loader.exec_module(module)
    return module


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(-3.0, 3.0)), min_size=3, max_size=12))
def test_curves_are_those_of_scipy(points):
    """PchipInterpolator has the same slopes (Fritsch and Butland) and the same ends."""
    from scipy.interpolate import PchipInterpolator

    x = np.cumsum([step for step, _ in points])
    y = np.array([value for _, value in points])
    where = np.linspace(x[0], x[-1], 101)
    np.testing.assert_allclose(
        Curve.through(x, y).at(where), PchipInterpolator(x, y)(where), rtol=1e-9, atol=1e-9
    )


def test_curves_go_straight_on_beyond_their_ends_and_keep_the_shape():
    curve = Curve.through(np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0]))
    where = np.array([[-1.0, 0.0], [3.0, 5.0]])
    expected = [[-curve.slopes[0], 0.0], [3.0, 3.0 + 2.0 * curve.slopes[-1]]]
    np.testing.assert_allclose(curve.at(where), expected, rtol=1e-12)
    assert Curve.through(np.array([0.0, 2.0]), np.array([0.0, 4.0])).at(np.array([1.0]))[0] == 2.0


def test_the_table_holds_what_it_promises(maker):
    for name in SLABS:
        for phase in ("amorphous", "crystalline") if name != "SiO2" else ("amorphous",):
            for voltage in (200.0, 300.0):
                table = slab_table(name, phase, voltage)
                assert table.thickness[0] == 0.0
                assert table.thickness[-1] == 2000.0
                assert table.angles[0] <= 2.0
                assert table.angles[-1] == 200.0
                assert table.density == pytest.approx(material(name).density, rel=0.03)
    lines = (REPOSITORY / "resources" / "scattering" / "slabs.csv").read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    recipe = [line.strip() for line in maker.recipe(maker.Sampling())]
    assert head[: len(recipe)] == recipe
    assert all(" long, " in line for line in head[len(recipe) :])


@pytest.mark.parametrize("name", SLABS)
def test_shares_are_those_of_a_beam_that_spreads(name):
    table = slab_table(name, "amorphous", 200.0)
    assert np.all(table.fractions[0] == 1.0)
    assert np.all(np.diff(table.fractions, axis=1) >= 0.0)
    assert np.all((table.fractions > 0.0) & (table.fractions <= 1.0))
    # Within small angles there is ever less of it, down to the haze of what was scattered often.
    thin = table.thickness <= 800.0
    assert np.all(np.diff(table.fractions[thin, :5], axis=0) < 0.0)


@pytest.mark.parametrize("name", SLABS)
@pytest.mark.parametrize("signal", ["haadf", "bf"])
def test_optical_depth_begins_at_nothing_and_grows(name, signal):
    one = attenuation(material(name), constants="lookup", signal=signal)
    # Thick gold and platinum scatter beyond 200 mrad what they have scattered into the annulus.
    last = 6 if name in ("Au", "Pt") else len(THICKNESS)
    depth = one.optical_depth(np.concatenate([[0.0], THICKNESS[:last]]))
    assert depth[0] == 0.0
    assert np.all(np.diff(depth) > 0.0)
    assert one.constant > 0.0
    assert np.all(np.isfinite(depth))


#: Ratio of the table's amorphous slabs of 2 to 4 nm to Born's cross-sections, 80 to 200 mrad at 200 kV:
#: Glauber's ratio for one atom is 0.998, 0.97, 0.756, 0.729 for C, Ti, W and Au.
RATIOS = {"C": 1.0, "SiO2": 0.99, "TiO2": 0.97, "WO3": 0.77, "Pt": 0.74, "Au": 0.73}


@pytest.mark.parametrize("name", SLABS)
def test_thin_slabs_scatter_as_their_atoms(name):
    """Within 4 % of single atoms without the grid: what correction, seams and speckle leave."""
    thickness = np.array([20.0, 40.0])
    depth = attenuation(material(name), constants="lookup").optical_depth(thickness)
    born = attenuation(material(name)).optical_depth(thickness)
    np.testing.assert_allclose(depth / born, RATIOS[name], rtol=0.04)


def test_matter_of_another_density_counts_with_its_mass():
    light, usual = material("C", 1.1), material("C")
    assert usual.density == 2.2
    half = attenuation(light, constants="lookup").optical_depth(2.0 * THICKNESS)
    np.testing.assert_allclose(
        half, attenuation(usual, constants="lookup").optical_depth(THICKNESS), rtol=1e-9
    )


def test_phases_of_a_material_share_its_slabs():
    anatase = attenuation(material("TiO2_anatase"), constants="lookup").optical_depth(THICKNESS)
    np.testing.assert_array_equal(
        anatase, attenuation(material("TiO2"), constants="lookup").optical_depth(THICKNESS)
    )


def test_materials_without_slabs_are_refused_by_name():
    with pytest.raises(InputError) as caught:
        attenuation(material("CeO2"), constants="lookup")
    assert "CeO2" in str(caught.value)
    for name in SLABS:
        assert name in caught.value.allowed


@pytest.mark.parametrize(
    ("given", "parameter", "allowed"),
    [
        ({"voltage": 120.0}, "imaging.voltage", "200, 300 kV"),
        ({"outer": 220.0}, "imaging.outer", "200 mrad"),
        ({"inner": 1.0}, "imaging.inner", "2 to"),
        ({"inner": 150.0, "outer": 100.0}, "imaging.inner, imaging.outer", "inner below outer"),
        ({"collection": 1.0, "signal": "bf"}, "imaging.collection", "2 to"),
    ],
)
def test_what_the_table_lacks_is_refused(given, parameter, allowed):
    with pytest.raises(InputError) as caught:
        attenuation(material("WO3"), constants="lookup", **given)
    assert caught.value.parameter == parameter
    assert allowed in caught.value.allowed


def test_silica_has_no_crystalline_slabs():
    with pytest.raises(InputError, match="amorphous"):
        attenuation(material("SiO2"), constants="lookup", phase="crystalline")


@pytest.mark.parametrize("number", [8, 22, 79])
def test_corrected_atoms_scatter_as_on_no_grid(maker, number):
    """One atom on the table's grid against Glauber's integral: 2 %, where it was up to 24 % for gold."""
    points, step = 256, 0.0315
    cell = Cell(points, points, step, step, 0.0, 0.0, 2.0, 2.0, 1)
    nodes, factors = maker.correction(number, 200.0, cell)
    k = np.sqrt(cell.k2)
    bare = maker.projected_factor(number, cell.k2) * cell.band() / step**2
    potential = np.fft.ifft2(bare * np.interp(k, nodes, factors)).real
    wave = np.fft.fft2(np.exp(1j * maker.interaction_constant(200.0) * potential) - 1.0) * step**2
    wanted = np.interp(k, nodes, maker.atom_amplitude(number, 200.0, nodes)).ravel()
    within = maker.rings(cell, 200.0, (80.0, 200.0))
    annulus = within[1] - within[0]
    found = annulus @ np.square(np.abs(wave)).ravel()
    assert found == pytest.approx(annulus @ np.square(wanted), rel=0.02)


def test_amplitudes_of_light_atoms_are_born_s(maker):
    """∫ |A|² 2πk dk of carbon is its cross-section; the ratio to Born's for gold is the eikonal's, 0.73."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    low, high = (2.0 * np.sin(0.5e-3 * angle) / maker.wavelength(200.0) for angle in (80.0, 200.0))
    k = 0.5 * (high - low) * nodes + 0.5 * (high + low)
    for number, ratio in ((6, 0.998), (22, 0.9715), (79, 0.729)):
        amplitude = maker.atom_amplitude(number, 200.0, k)
        found = np.sum(0.5 * (high - low) * weights * 2.0 * np.pi * k * np.square(amplitude))
        born = partial_elastic_cross_section(number, 200.0, 80.0, 200.0)
        assert found / born == pytest.approx(ratio, abs=0.004)


def direct(maker, name, phase, nanometres, seeds, points=384):
    """Mean shares within 10, 80 and 200 mrad of narrower columns of other atoms, 200 kV."""
    slab = next(one for one in maker.SLABS if one.name == name)
    sampling = maker.Sampling(points=points)
    shares = [
        maker.column(slab, phase, seed, [nanometres], sampling, (200.0,), (10.0, 80.0, 200.0))[0, 0]
        for seed in seeds
    ]
    return np.mean(shares, axis=0)


def errors(maker, name, phase, nanometres, seeds):
    """Relative errors of the lookup's S, dark field and bright field."""
    shares = direct(maker, name, phase, nanometres, seeds)
    thickness = np.array([10.0 * nanometres])
    found = []
    for signal, seen in (("haadf", 1.0 - (shares[2] - shares[1])), ("bf", shares[0])):
        one = attenuation(material(name), constants="lookup", phase=phase, signal=signal)
        found.append(float(one.optical_depth(thickness)[0] / -np.log(seen) - 1.0))
    return found


@pytest.mark.parametrize(("name", "nanometres"), [("WO3", 12.5), ("TiO2", 7.0)])
def test_lookup_of_amorphous_slabs_agrees_with_direct_multislice(maker, name, nanometres):
    """Another thickness, seed and width: 4 % in the dark field, 10 % in the bright field (speckle)."""
    dark, bright = errors(maker, name, "amorphous", nanometres, [20])
    assert abs(dark) < 0.04
    assert abs(bright) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "phase", "nanometres", "seeds"),
    [
        ("Au", "amorphous", 45.0, [5]),
        ("WO3", "amorphous", 90.0, [5]),
        ("WO3", "crystalline", 35.0, [1, 2, 3, 4]),
        ("TiO2", "crystalline", 35.0, [1, 2, 3, 4]),
    ],
)
def test_lookup_of_thick_slabs_agrees_with_direct_multislice(maker, name, phase, nanometres, seeds):
    """Dark field to 5 %.  Single columns of some six grains differ by 20 % in the bright field at 10 mrad.

    There the strongest reflections lie, and few grains are oriented for them.
    """
    dark, bright = errors(maker, name, phase, nanometres, seeds)
    assert abs(dark) < 0.05
    assert abs(bright) < (0.1 if phase == "amorphous" else 0.5)


def test_born_is_what_cross_sections_use():
    """κ of the cross-sections stays Born's, whatever the table says."""
    one = material("Au")
    ratio = attenuation(one, constants="lookup").constant / attenuation_constant(one, 200.0, 80.0, 200.0)
    assert 0.6 < ratio < 0.85
