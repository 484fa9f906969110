"""Potentials of both kernels against exact structure factors, and against each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.integrate

from sim.numerics.streams import Stream
from sim.physics.multislice import kernels, kernels_numpy
from sim.physics.multislice.cell import Cell, periodic_cell
from sim.physics.multislice.engine import Multislice
from sim.physics.multislice.potential import potential_exact
from sim.physics.multislice.stamps import _radial, radius, stamps
from sim.physics.scattering.factors import projected_factor, projected_potential


@pytest.fixture(params=["numba", "numpy"])
def choice(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("NANOPHANTOM_KERNELS", request.param)
    return request.param


def atoms(count, kinds, width, height):
    stream = Stream(3, "potential")
    positions = stream.uniforms(3 * count).reshape(-1, 3) * [width, height, 1.0]
    return positions, np.array(kinds)[Stream(3, "kinds").integers(count, len(kinds))]


def single_slice(engine, positions, numbers):
    return next(iter(engine.potentials(positions, numbers))).astype(float)


def band_error(cell, ours, exact, limit):
    inside = np.sqrt(cell.k2) <= limit
    difference = np.fft.fft2(ours - exact)[inside]
    return np.linalg.norm(difference) / np.linalg.norm(np.fft.fft2(exact)[inside])


def test_exact_potential_of_one_atom():
    """The exact path has the analytic projected potential where the grid resolves it.

    A smeared atom (B = 2 Å²) is band-limited; its potential follows from a Hankel transform by quadrature.
    """
    cell = periodic_cell(12.0, 10.0, (6.0, 5.0), 0.1, (0.0, 1.0), 1.0)
    ours = potential_exact(cell, np.array([[6.05, 4.95]]), np.array([14]), b_factors={14: 2.0})
    x, y = cell.x(), cell.y()
    for row, column in ((50, 60), (50, 66), (45, 60), (58, 49)):
        r = np.hypot(x[column] - 6.05, y[row] - 4.95)

        def integrand(k, r=r):
            from scipy.special import j0

            return 2 * np.pi * k * projected_factor(14, k**2) * np.exp(-0.5 * k**2) * j0(2 * np.pi * k * r)

        expected = scipy.integrate.quad(integrand, 0.0, 6.0, limit=200)[0]
        np.testing.assert_allclose(ours[row, column], expected, rtol=2e-3, atol=0.02)


def test_radial_potential():
    """Away from the nucleus the taper does nothing: V of gold at 0.5 and 1 Å by abTEM is 132.16, 18.38."""
    r = np.array([0.5, 1.0])
    np.testing.assert_allclose(_radial(79, "lobato", 0.0, 0.02, 3.0, r), [132.16, 18.38], rtol=5e-4)
    np.testing.assert_allclose(
        _radial(6, "kirkland", 0.0, 0.02, 3.0, r), projected_potential(6, r, "kirkland"), rtol=2e-3
    )


@pytest.mark.parametrize("parametrisation", ["lobato", "kirkland"])
@pytest.mark.parametrize(("kinds", "limit"), [([6], 1e-3), ([79], 1e-3), ([6, 34, 48], 1e-3)])
def test_structure_factors(choice, kinds, limit, parametrisation):
    """(ii) ≤ 1e-3 in the band, atoms anywhere in their pixels, an oblong cell, atoms across its edges."""
    cell = periodic_cell(16.0, 12.8, (8.0, 6.4), 0.1, (0.0, 1.0), 1.0)
    positions, numbers = atoms(30, kinds, 16.0, 12.8)
    exact = potential_exact(cell, positions, numbers, parametrisation=parametrisation)
    engine = Multislice(cell, 300.0, kinds, parametrisation=parametrisation)
    ours = single_slice(engine, positions, numbers)
    assert band_error(cell, ours, exact, cell.k_max) < limit
    assert band_error(cell, np.roll(ours, 1, axis=0), exact, cell.k_max) > 0.1


def test_unequal_steps(choice):
    cell = Cell(120, 200, 0.1, 0.08, 0.0, 11.9, 1.0, 1.0, 1)
    positions, numbers = atoms(30, [8, 74], 16.0, 12.0)
    exact = potential_exact(cell, positions, numbers)
    ours = single_slice(Multislice(cell, 300.0, [8, 74]), positions, numbers)
    assert band_error(cell, ours, exact, cell.k_max) < 1e-3


def test_debye_waller(choice):
    cell = periodic_cell(12.8, 12.8, (6.4, 6.4), 0.1, (0.0, 1.0), 1.0)
    positions, numbers = atoms(20, [6, 79], 12.8, 12.8)
    factors = {79: 0.6, 6: 2.0}
    exact = potential_exact(cell, positions, numbers, b_factors=factors)
    ours = single_slice(Multislice(cell, 300.0, [6, 79], b_factors=factors), positions, numbers)
    assert band_error(cell, ours, exact, cell.k_max) < 1e-3
    assert band_error(cell, ours, potential_exact(cell, positions, numbers), cell.k_max) > 0.1


def test_haadf_potential(choice):
    """HAADF mode: exact inside the band, nothing beyond it."""
    cell = periodic_cell(12.8, 9.6, (6.4, 4.8), 0.1, (0.0, 1.0), 1.0)
    positions, numbers = atoms(20, [6, 79], 12.8, 9.6)
    exact = potential_exact(cell, positions, numbers)
    ours = single_slice(Multislice(cell, 300.0, [6, 79], accuracy="haadf"), positions, numbers)
    assert band_error(cell, ours, exact, cell.k_max - 0.1) < 1e-4
    spectrum = np.abs(np.fft.fft2(ours))
    assert spectrum[np.sqrt(cell.k2) > cell.k_max].max() < 1e-5 * spectrum.max()


def test_high_angles_do_not_depend_on_the_pixel(choice):
    """One gold atom anywhere in its pixel: total power beyond 50 mrad within 1 % (HRTEM mode: several)."""
    cell = periodic_cell(6.4, 6.4, (0.0, 0.0), 0.05, (0.0, 1.0), 1.0)
    angle = np.sqrt(cell.k2) * 0.0250793e3
    high = (angle > 50.0) & (angle < 0.98 * cell.largest_angle(0.0250793))
    engine = Multislice(cell, 200.0, [79], accuracy="haadf")
    powers = []
    for x, y in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.25, 0.1), (0.37, 0.71), (0.9, 0.6)):
        position = np.array([[cell.left + (60 + x) * 0.05, cell.top - (57 + y) * 0.05, 0.5]])
        wave = engine.exit_wave(position, np.array([79]))[0]
        powers.append(np.sum(np.abs(np.fft.fft2(wave.astype(complex)))[high] ** 2))
    powers = np.array(powers)
    assert np.ptp(powers) < 0.01 * powers.mean()


def test_kernels_agree():
    """numba and numpy: potentials to 1e-3 in the band, exit waves to 5e-3, transmission to 1e-6."""
    module = kernels.compiled_or_reason()
    if isinstance(module, str):
        pytest.skip(module)
    phases = (Stream(5, "phases").uniforms(40 * 50).reshape(40, 50) * 60.0 - 30.0).astype(np.float32)
    waves = []
    for transmit in (kernels_numpy.transmit, module.transmit):
        wave = np.full((30, 40), 0.6 - 0.8j, dtype=np.complex64)
        transmit(wave, phases, 7, 3, 0.9)
        waves.append(wave)
    np.testing.assert_allclose(waves[1], waves[0], atol=1e-5)
    expected = (0.6 - 0.8j) * np.exp(1j * np.float32(0.9) * phases[7:37, 3:43].astype(float))
    np.testing.assert_allclose(waves[1], expected, atol=4e-6)


def test_exit_waves_of_the_kernels_agree(monkeypatch):
    pytest.importorskip("numba")
    cell = periodic_cell(16.0, 12.8, (8.0, 6.4), 0.1, (-7.0, 1.0), 1.0)
    positions, numbers = atoms(60, [6, 34, 48], 16.0, 12.8)
    positions[:, 2] = positions[:, 2] * 8.0 - 7.0
    waves = []
    for name in ("numpy", "numba"):
        monkeypatch.setenv("NANOPHANTOM_KERNELS", name)
        waves.append(Multislice(cell, 300.0, [6, 34, 48]).exit_wave(positions, numbers)[0])
    difference = np.linalg.norm(waves[1] - waves[0]) / np.linalg.norm(waves[0])
    assert 0.0 < difference < 5e-3


@pytest.mark.parametrize(
    ("number", "expected"),
    [(6, 3.2), (8, 3.2), (34, 3.2), (48, 3.2), (79, 3.2), (14, 3.6), (74, 3.6), (19, 5.6), (55, 6.4)],
)
def test_every_element_ends_where_little_is_left(number, expected):
    """(ii) for light and heavy atoms, for the widest ones too: ≤ 1e-3 in the band."""
    pytest.importorskip("numba")
    assert radius(number) == pytest.approx(expected)
    cell = periodic_cell(14.4, 12.8, (7.2, 6.4), 0.1, (0.0, 1.0), 1.0)
    positions, numbers = atoms(20, [number], 14.4, 12.8)
    ours = single_slice(Multislice(cell, 300.0, [number]), positions, numbers)
    assert band_error(cell, ours, potential_exact(cell, positions, numbers), cell.k_max) < 1e-3


def test_elements_of_different_radius_together():
    """Stamps of unlike sizes in one table: the sum of those of each element alone."""
    pytest.importorskip("numba")
    cell = Cell(120, 160, 0.1, 0.08, 0.0, 11.9, 1.0, 1.0, 1)
    positions, numbers = atoms(12, [6, 19, 74], 12.8, 12.0)
    together = single_slice(Multislice(cell, 300.0, [6, 19, 74]), positions, numbers)
    apart = sum(
        single_slice(Multislice(cell, 300.0, [kind]), positions[numbers == kind], numbers[numbers == kind])
        for kind in (6, 19, 74)
    )
    np.testing.assert_allclose(together, apart, atol=1e-5 * together.max())


def test_buffers_are_clean_from_slice_to_slice():
    """Rows that a slice left are gone in the next one, across the edge of the cell as well."""
    pytest.importorskip("numba")
    cell = periodic_cell(12.8, 12.8, (6.4, 6.4), 0.1, (0.0, 4.0), 1.0)
    engine = Multislice(cell, 300.0, [6, 79])
    y = np.array([6.4, cell.top - 0.3, 3.0, 9.9])
    positions = np.stack([np.array([0.4, 12.7, 5.0, 8.0]), y, [3.5, 2.5, 1.5, 0.5]], axis=1)
    numbers = np.array([79, 79, 6, 79])
    found = [potential.copy() for potential in engine.potentials(positions, numbers)]
    for place, potential in enumerate(found):
        alone = positions[[place]] * [1.0, 1.0, 0.0] + [0.0, 0.0, 3.5]
        np.testing.assert_array_equal(potential, single_slice(engine, alone, numbers[[place]]))
    whole = np.sum(found, axis=0, dtype=np.float64)
    wave = engine.exit_wave(positions, numbers)[0]
    given = engine.exit_wave_of(found)[0]
    np.testing.assert_allclose(wave, given, atol=2e-6)
    assert whole.max() > 1000.0


def test_stamps_vanish_at_their_edge():
    tables = stamps(Cell(64, 64, 0.1, 0.1, 0, 0, 0, 1.0, 1), [6, 14, 79])
    assert tables.row_tables.shape == (3, 65, 6, 72)
    assert tables.column_tables.shape == (3, 65, 6, 80)
    assert tables.margins == (35, 35)
    np.testing.assert_array_equal(tables.places, [[4, 4, 64, 64], [0, 0, 72, 80], [4, 4, 64, 64]])
    assert tables.padded_shape(Cell(64, 80, 0.1, 0.1, 0, 0, 0, 1.0, 1)) == (135, 159)
    stamp = np.einsum("ki,kj->ij", tables.row_tables[2, 0, :, :64], tables.column_tables[2, 0, :, :64])
    assert np.unravel_index(np.argmax(stamp), stamp.shape) == (31, 31)
    edge = np.concatenate([stamp[0], stamp[-1], stamp[:, 0], stamp[:, -1]])
    assert np.max(np.abs(edge)) < 1e-3 * stamp.max()


TABLES = """
import hashlib, numpy as np
from sim.core.types import ImageGrid
from sim.physics.multislice.blocks import on_grid
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.stamps import stamps
tables = stamps(Cell(64, 64, 0.1, 0.1, 0, 0, 0, 1.0, 1), [6, 79])
block = np.exp(1j * (np.arange(401 * 401).reshape(401, 401) ** 2 % 7)).astype(np.complex64)
wave = on_grid(block, Cell(1000, 1000, 0.1, 0.1, 0.0, 100.0, 0.0, 1.0, 1), ImageGrid(300, 300, 0.23))
print(hashlib.sha256(b"".join([tables.row_tables, tables.column_tables, wave])).hexdigest())
"""


def test_bits_do_not_depend_on_the_threads_of_the_linear_algebra_library():
    """Tables of stamps, and waves at pixels that no fast transform meets: an export has one thread."""
    found = [
        subprocess.run(
            [sys.executable, "-c", TABLES],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[4],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2")
    ]
    assert found[0] == found[1]
