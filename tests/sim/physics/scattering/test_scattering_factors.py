"""Tabulated scattering factors against exact atoms, X-ray factors, other tables and each other."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.physics.electrons import BOHR_RADIUS, SCATTERING_TO_POTENTIAL
from sim.physics.elements import SYMBOLS
from sim.physics.scattering.factors import (
    PARAMETRISATIONS,
    debye_waller,
    mean_inner_potential,
    projected_factor,
    rms_displacement,
    scattering_factor,
)
from sim.physics.scattering.tables import LARGEST_TABULATED, coefficients

DATA = Path(__file__).parents[3] / "data" / "scattering"
NUMBERS = range(1, LARGEST_TABULATED + 1)


def rows(name: str) -> list[dict[str, str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def mott_bethe(number: int, k: np.ndarray, xray: np.ndarray) -> np.ndarray:
    """f_e from f_x: Poisson's equation in reciprocal space."""
    return (number - xray) / (2 * math.pi**2 * BOHR_RADIUS * k**2)


def test_every_number_as_abtem_has_it() -> None:
    table = rows("abtem_factors.csv")
    assert len(table) == 2 * LARGEST_TABULATED
    for row in table:
        k = np.array([0.0, 0.3, 1.0, 3.0, 8.0])
        expected = [float(row[name]) for name in ("0", "0.3", "1", "3", "8")]
        ours = scattering_factor(int(row["number"]), k, row["parametrisation"])
        # abTEM's table of Kirkland's numbers is rounded to ten decimals, Lobato's to thirteen digits.
        np.testing.assert_allclose(ours, expected, rtol=1e-7, err_msg=str(row))


def test_hydrogen_is_exact() -> None:
    k = np.linspace(0.01, 8.0, 200)
    exact = mott_bethe(1, k, (1 + (math.pi * BOHR_RADIUS * k) ** 2) ** -2)
    np.testing.assert_allclose(scattering_factor(1, k), exact, rtol=1e-9)
    np.testing.assert_allclose(scattering_factor(1, k, "kirkland"), exact, rtol=1.3e-2)
    assert float(scattering_factor(1, 0.0)) == pytest.approx(BOHR_RADIUS, rel=1e-9)


@pytest.mark.parametrize(
    ("number", "squares"),
    # <sum of r²> in Bohr radii squared of Hartree-Fock atoms (C. Froese Fischer, The Hartree-Fock
    # Method for Atoms, 1977).
    [(2, 2.3697), (4, 17.329), (10, 9.3718)],
)
@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
def test_forward_scattering_is_the_size_of_the_atom(number: int, squares: float, parametrisation) -> None:
    """Ibers' relation: f_e(0) = <Σ r²>/(3 a0)."""
    expected = squares * BOHR_RADIUS / 3
    assert float(scattering_factor(number, 0.0, parametrisation)) == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize(
    ("parametrisation", "apart"),
    # Every element more than 1 % from the other table, by name: forward scattering is the size of the
    # atom, thus of its outermost electrons, and the tables rest on different calculations of them.
    [
        (
            "lobato",
            "N O F P S Cr As Se Nb Mo Tc Ru Rh Sn Sb Te Ir Pt Pb Bi Po Pa U Np Bk",
        ),
        ("kirkland", "Yb Lu Tl Pb Po Fr Ra Cf"),
    ],
)
def test_forward_scattering_against_peng(parametrisation, apart: str) -> None:
    differences = {
        row["symbol"]: abs(
            float(scattering_factor(int(row["number"]), 0.0, parametrisation)) / float(row["f_e"]) - 1
        )
        for row in rows("peng_forward.csv")
    }
    assert len(differences) == 98
    assert np.median(list(differences.values())) < 2.5e-3
    assert {symbol for symbol, value in differences.items() if value > 0.01} == set(apart.split())
    assert max(differences.values()) < 0.10  # iridium in Lobato's table, polonium in Kirkland's


@pytest.mark.parametrize(
    ("parametrisation", "typical", "apart"),
    # Kirkland's table is nearer, but it and these X-ray factors go back to much the same atoms.
    [("lobato", 8e-3, "O Tc Ce Ho Ir Cf"), ("kirkland", 2.5e-3, "He Po Ho Cf")],
)
def test_mott_bethe_from_xray_factors(parametrisation, typical: float, apart: str) -> None:
    k = np.array([0.3, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0])
    differences = {}
    for row in rows("xray_coefficients.csv"):
        xray = np.full(k.shape, float(row["c"]))
        for term in "12345":
            xray += float(row[f"a{term}"]) * np.exp(-float(row[f"b{term}"]) * (k / 2) ** 2)
        number = int(row["number"])
        ratio = scattering_factor(number, k, parametrisation) / mott_bethe(number, k, xray)
        differences[row["symbol"]] = float(np.max(np.abs(ratio - 1)))
    assert len(differences) == 98
    assert np.median(list(differences.values())) < typical
    assert {symbol for symbol, value in differences.items() if value > 0.015} == set(apart.split())
    assert max(differences.values()) < 0.05


@pytest.mark.parametrize(
    ("low", "high", "typical", "worst"),
    # Measured, not derived: how far the tables are from each other.  Near k = 0 Po, Ir, Cr, Ru and Rh are
    # the furthest apart.
    [
        (0.0, 0.5, 0.010, 0.12),
        (0.5, 2.0, 0.010, 0.03),
        (2.0, 6.0, 0.010, 0.02),
        (6.0, 12.0, 0.010, 0.03),
    ],
)
def test_the_two_tables_agree(low: float, high: float, typical: float, worst: float) -> None:
    k = np.linspace(low, high, 60)
    apart = [
        np.max(np.abs(scattering_factor(number, k) / scattering_factor(number, k, "kirkland") - 1))
        for number in NUMBERS
    ]
    assert np.median(apart) < typical
    assert max(apart) < worst


def test_rutherford_limit() -> None:
    """Far out every atom is a bare nucleus: f_e → Z/(2π² a0 k²)."""
    for number in NUMBERS:
        rutherford = number / (2 * math.pi**2 * BOHR_RADIUS)
        a, b = coefficients(number).T
        assert float(np.sum(a / b)) == pytest.approx(rutherford, rel=1e-8), number
        assert float(scattering_factor(number, 1e4)) * 1e8 == pytest.approx(rutherford, rel=1e-4), number
        # Kirkland's fit, made up to 12 Å⁻¹, does not hold the limit: 9 % off for actinium.
        kirkland = float(np.sum(coefficients(number, "kirkland")[:3, 0]))
        assert kirkland == pytest.approx(rutherford, rel=0.10), number


@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
def test_every_element_scatters_less_at_larger_angles(parametrisation) -> None:
    k = np.linspace(0.0, 12.0, 400)
    for number in NUMBERS:
        values = scattering_factor(number, k, parametrisation)
        assert np.all(values > 0) and np.all(np.diff(values) < 0), number


def test_table_rows_carry_the_right_symbols() -> None:
    folder = Path(__file__).parents[4] / "resources" / "scattering"
    for name in PARAMETRISATIONS:
        lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        cells = [line.split(",")[:2] for line in lines if line[0].isdigit()]
        assert cells == [[str(number), SYMBOLS[number - 1]] for number in NUMBERS]


def test_shapes_and_units() -> None:
    k = np.linspace(0.0, 3.0, 12).reshape(3, 4)
    factor = scattering_factor(14, k)
    assert factor.shape == (3, 4) and factor.dtype == np.float64
    np.testing.assert_allclose(projected_factor(14, k**2), SCATTERING_TO_POTENTIAL * factor, rtol=1e-14)
    assert scattering_factor(14, 0.3).shape == ()
    assert scattering_factor(14, np.float32([0.3])).dtype == np.float64


def test_mean_inner_potential() -> None:
    silicon = mean_inner_potential({14: 8}, 5.431**3)
    # Superposed free atoms: 13.9 V (P. Kruse et al., Ultramicroscopy 96 (2003) 11); with bonds 12.6 V.
    assert silicon == pytest.approx(13.9, rel=0.01)
    assert mean_inner_potential({14: 8}, 5.431**3, "kirkland") == pytest.approx(silicon, rel=0.01)
    mixture = mean_inner_potential({34: 2, 48: 2}, 112.0)
    assert mixture == pytest.approx(
        mean_inner_potential({34: 2}, 112.0) + mean_inner_potential({48: 2}, 112.0), rel=1e-14
    )


def test_thermal_motion() -> None:
    assert rms_displacement(0.5) == pytest.approx(0.0795775, rel=1e-6)  # sqrt(0.5/(8π²))
    k2 = np.array([0.0, 1.0, 4.0])
    u = rms_displacement(0.6)
    np.testing.assert_allclose(debye_waller(k2, 0.6), np.exp(-2 * (math.pi * u) ** 2 * k2), rtol=1e-14)
    # The mean of a shifted phase over a normal displacement is that very factor.
    x, weight = np.polynomial.hermite_e.hermegauss(40)
    mean = (weight / weight.sum()) @ np.cos(2 * math.pi * u * x)
    assert float(debye_waller(1.0, 0.6)) == pytest.approx(float(mean), rel=1e-12)


@pytest.mark.parametrize(
    ("number", "words"),
    [(104, "element = 'Rf'.*1 to 103"), (118, "'Og'"), (0, "= 0"), (-6, "= -6"), (119, "119")],
)
@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
def test_elements_without_factors(number: int, words: str, parametrisation) -> None:
    with pytest.raises(InputError, match=words):
        scattering_factor(number, 0.5, parametrisation)


def test_other_refusals() -> None:
    with pytest.raises(InputError, match="lobato, kirkland; did you mean 'kirkland'"):
        scattering_factor(6, 0.5, "kirklund")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="volume"):
        mean_inner_potential({6: 8}, 0.0)
    with pytest.raises(InputError, match="b_factor"):
        rms_displacement(-0.1)
    with pytest.raises(InputError, match="b_factor"):
        debye_waller(1.0, math.nan)


def test_coefficients_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        coefficients(6)[0, 0] = 1.0
