"""The engine against an independent complex128 multislice, abTEM's waves and simple physics."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import Cancelled, InputError
from sim.numerics.streams import Stream
from sim.physics.electrons import interaction_constant, wavelength
from sim.physics.multislice.blocks import band_spectrum
from sim.physics.multislice.cell import Cell, periodic_cell
from sim.physics.multislice.engine import Multislice
from sim.physics.scattering.factors import mean_inner_potential, projected_factor

HERE = Path(__file__).parent


def _load(name):
    spec = importlib.util.spec_from_file_location(f"multislice_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _load("reference_engine")
abtem = _load("abtem_reference")


@pytest.fixture(params=["numba", "numpy"])
def kernels(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("NANOPHANTOM_KERNELS", request.param)
    return request.param


def relative(ours, theirs):
    return np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)


def smooth_potentials(cell, slices, seed):
    """Random smooth slices of up to ±400 V Å, one of them empty."""
    words = iter(Stream(seed, "smooth").uniforms(18 * slices).reshape(-1, 3))
    x = np.arange(cell.columns) / cell.columns
    y = np.arange(cell.rows) / cell.rows
    found = []
    for _ in range(slices):
        values = np.zeros(cell.shape)
        for _ in range(6):
            first, second, phase = next(words)
            m, n = np.floor(19 * first) - 9, np.floor(19 * second) - 9
            values += 70.0 * np.cos(2 * np.pi * (m * y[:, None] + n * x[None, :] + phase))
        found.append(values)
    found[2] = None
    return found


@pytest.mark.parametrize(("precision", "limit"), [("single", 3e-6), ("double", 1e-12)])
def test_given_potential(kernels, precision, limit):
    """(i) The engine alone: 24 slices, an oblong cell, unequal steps, an empty slice."""
    cell = Cell(90, 128, 0.1, 0.08, -3.0, 2.0, 0.0, 1.7, 24)
    potentials = smooth_potentials(cell, 24, 5)
    engine = Multislice(cell, 200.0, [6], precision=precision)
    planes = [0, 3, 4, 24]
    ours = engine.exit_wave_of(potentials, planes=planes)
    kx, ky = reference.frequencies(*cell.shape, 0.1, 0.08)
    flight = reference.propagator(kx, ky, wavelength(200.0), 1.7, 0.1)
    waves = reference.multislice(
        potentials, np.ones(cell.shape, complex), flight, interaction_constant(200.0)
    )
    np.testing.assert_array_equal(ours[0], 1.0)
    for plane, wave in zip(planes[1:], ours[1:], strict=True):
        assert relative(wave, waves[plane - 1]) < limit
    assert np.std(np.abs(waves[-1])) > 0.2


def small_crystal():
    """An asymmetric clump: 0.3 to 0.5 rad of phase in the heavy columns."""
    positions = Stream(11, "positions").uniforms(180).reshape(60, 3) * [11.0, 8.5, 10.0] - [6.0, 4.0, 5.0]
    return positions, np.array([6, 14, 34, 48])[Stream(11, "numbers").integers(60, 4)]


def exact_wave(cell, positions, numbers, voltage):
    step = cell.column_step
    kx, ky = reference.frequencies(*cell.shape, step, step)
    flight = reference.propagator(kx, ky, wavelength(voltage), cell.slice_thickness, step)
    index = np.floor((cell.entrance - positions[:, 2]) / cell.slice_thickness).astype(int)

    def potentials():
        for number in range(cell.slices):
            here = positions[index == number]
            x, y = here[:, 0] - cell.left, here[:, 1] - cell.top
            yield reference.potential(kx, ky, x, y, numbers[index == number], projected_factor, (step, step))

    waves = reference.multislice(
        potentials(), np.ones(cell.shape, complex), flight, interaction_constant(voltage)
    )
    return waves[-1]


def test_fine_grid(kernels):
    """(iii) At 0.1 Å the exit wave is that of a 0.05 Å grid to 6e-3, within the coarser grid's band."""
    positions, numbers = small_crystal()
    coarse = periodic_cell(16.0, 14.4, (0.0, 0.0), 0.1, (-5.0, 5.0), 1.0)
    fine = replace(coarse, rows=288, columns=320, row_step=0.05, column_step=0.05)
    wave = Multislice(coarse, 300.0, np.unique(numbers)).exit_wave(positions, numbers)[0]
    ours = band_spectrum(wave, coarse, 2.3)
    theirs = band_spectrum(exact_wave(fine, positions, numbers, 300.0), fine, 2.3)
    error = relative(ours, theirs)
    assert error < 6e-3
    assert relative(band_spectrum(np.ones_like(wave), coarse, 2.3), theirs) > 0.1


@pytest.mark.parametrize("which", [0, 1])
def test_abtem(kernels, which):
    """(iv) abTEM 1.0.11 within 1.5e-2 (plain and tilted); ``abtem_reference.py`` made the file.

    abTEM places atoms between points bilinearly, which blurs them by up to half a point: its potential is off
    by several per cent at high frequencies.  The object here is light enough for 2.5e-3.
    """
    width, height, depth = abtem.BOX
    cell = Cell(96, 128, 0.1, 0.1, 0.0, height - 0.1, depth, 1.0, 8)
    numbers = np.array([atom[0] for atom in abtem.ATOMS])
    positions = np.array([(x, y, depth - below) for _, x, y, below in abtem.ATOMS])
    # Our tilt has the opposite sense.
    tilt = (-abtem.TILT[0], -abtem.TILT[1]) if which else (0.0, 0.0)
    engine = Multislice(cell, abtem.VOLTAGE, np.unique(numbers), tilt=tilt)
    ours = band_spectrum(engine.exit_wave(positions, numbers)[0], cell, abtem.REACH[0] / width + 1e-9)
    theirs = np.load(abtem.FILE)[which]
    assert ours.shape == theirs.shape
    assert relative(ours, theirs) < 1.5e-2
    # The test sees orientation and tilt: neither a mirrored nor the other wave passes.
    assert relative(ours[::-1], theirs) > 0.05
    assert relative(ours[:, ::-1], theirs) > 0.05
    assert relative(ours, np.load(abtem.FILE)[1 - which]) > 0.03


def test_vacuum_gaussian_beam(kernels):
    """A Gaussian beam widens as w(z) = w0 sqrt(1 + (λz/πw0²)²) (Saleh & Teich, Photonics, 3.1-8)."""
    cell = Cell(240, 320, 0.1, 0.1, -16.0, 12.0, 0.0, 50.0, 6)
    waist = 1.3
    x, y = cell.x()[None, :], cell.y()[:, None]
    wave = np.exp(-((x - 0.37) ** 2 + (y + 1.21) ** 2) / waist**2)
    out = Multislice(cell, 60.0, []).exit_wave(np.empty((0, 3)), np.empty(0, int), incident=wave)[0]
    intensity = np.abs(out) ** 2
    total = intensity.sum()
    centre = (intensity * x).sum() / total, (intensity * y).sum() / total
    np.testing.assert_allclose(centre, (0.37, -1.21), atol=1e-3)
    width = 2.0 * np.sqrt((intensity * (x - centre[0]) ** 2).sum() / total)
    expected = waist * np.sqrt(1.0 + (wavelength(60.0) * 300.0 / (np.pi * waist**2)) ** 2)
    assert expected > 2.5 * waist
    np.testing.assert_allclose(width, expected, rtol=2e-3)


def test_tilt_displaces_the_wave():
    """t = (20, −9) mrad over 100 Å displaces a beam by −(2.0003, −0.9000) Å."""
    cell = Cell(240, 320, 0.1, 0.1, -16.0, 12.0, 0.0, 10.0, 10)
    x, y = cell.x()[None, :], cell.y()[:, None]
    wave = np.exp(-(x**2 + y**2) / 2.0**2)
    engine = Multislice(cell, 300.0, [], tilt=(20.0, -9.0))
    intensity = np.abs(engine.exit_wave(np.empty((0, 3)), np.empty(0, int), incident=wave)[0]) ** 2
    total = intensity.sum()
    moved = (intensity * x).sum() / total, (intensity * y).sum() / total
    np.testing.assert_allclose(moved, (-2.0003, 0.9000), atol=1e-3)


def test_weak_phase_and_friedel(kernels):
    """One thin slice of light atoms: ψ − 1 = iσV, whose diffraction is symmetric (Friedel)."""
    cell = periodic_cell(12.8, 9.6, (0.0, 0.0), 0.1, (0.0, 1e-6), 1e-6)
    positions = np.array([[1.234, -0.777, 5e-7], [-2.41, 1.93, 5e-7], [3.3, 2.61, 5e-7]])
    numbers = np.array([6, 1, 6])
    engine = Multislice(cell, 300.0, [1, 6])
    wave = engine.exit_wave(positions, numbers)[0]
    potential = next(iter(engine.potentials(positions, numbers))).astype(float)
    ours = band_spectrum(wave, cell, 2.0)
    linear = band_spectrum(1.0 + 1j * engine.sigma * potential, cell, 2.0)
    middle = tuple(np.array(ours.shape) // 2)
    ours[middle] = linear[middle] = 0.0
    # The next order is σV/2.
    assert relative(ours, linear) < 0.5 * engine.sigma * potential.max()
    intensity = np.abs(ours) ** 2
    assert relative(intensity, intensity[::-1, ::-1]) < 0.02
    assert relative(intensity, intensity[:, ::-1]) > 0.1


def test_mean_inner_potential_is_the_mean_phase(kernels):
    """The mean potential of a slice is Σ h²/(2πme) f(0)/area: the mean inner potential times the depth."""
    positions, numbers = small_crystal()
    cell = periodic_cell(16.0, 14.4, (0.0, 0.0), 0.1, (-5.0, 5.0), 10.0)
    potential = next(iter(Multislice(cell, 300.0, np.unique(numbers)).potentials(positions, numbers)))
    kinds, counts = np.unique(numbers, return_counts=True)
    composition = dict(zip(kinds.tolist(), counts.tolist(), strict=True))
    expected = mean_inner_potential(composition, 16.0 * 14.4 * 10.0) * 10.0
    np.testing.assert_allclose(potential.mean(dtype=float), expected, rtol=3e-3)


def test_flux(kernels):
    """Nothing is absorbed: only what is scattered beyond the band is lost."""
    positions, numbers = small_crystal()
    light = np.where(numbers > 14, 6, numbers)
    cell = periodic_cell(16.0, 14.4, (0.0, 0.0), 0.1, (-5.0, 5.0), 1.0)
    planes = list(range(11))
    waves = Multislice(cell, 300.0, [6, 14]).exit_wave(positions, light, planes=planes)
    flux = np.mean(np.abs(waves.astype(complex)) ** 2, axis=(1, 2))
    assert np.all(np.diff(flux) < 1e-6)
    assert 0.9985 < flux[-1] < 1.0
    smooth = [1e-3 * values for values in smooth_potentials(cell, 10, 1)[3:]]
    kept = Multislice(cell, 300.0, []).exit_wave_of(smooth * 2)
    np.testing.assert_allclose(np.mean(np.abs(kept.astype(complex)) ** 2), 1.0, atol=2e-6)


def test_reciprocity():
    """Source and detector exchanged, specimen turned over: the same amplitude (Cowley 1969)."""
    cell = periodic_cell(12.8, 9.6, (0.0, 0.0), 0.1, (-4.0, 4.0), 1.0)
    positions, numbers = small_crystal()
    positions = positions * 0.75
    # Transmit–propagate and propagate–transmit differ by one flight, a phase of each beam.
    engine = Multislice(cell, 200.0, np.unique(numbers), precision="double")
    turned = positions * [1.0, 1.0, -1.0]
    flight = engine.propagator.array
    x, y = cell.x()[None, :] - cell.left, cell.y()[:, None] - cell.top

    def amplitude(atoms, beam, out):
        """Amplitude scattered from plane wave ``beam`` to ``out`` (integers along x and −y)."""
        wave = np.exp(2j * np.pi * (beam[0] * x / cell.width - beam[1] * y / cell.height))
        spectrum = np.fft.fft2(engine.exit_wave(atoms, numbers, incident=wave)[0], norm="forward")
        return spectrum[out[1], out[0]] / flight[out[1], out[0]]

    beam, out = (3, -2), (-4, 5)
    forward = amplitude(positions, beam, out)
    backward = amplitude(turned, (-out[0], -out[1]), (-beam[0], -beam[1]))
    assert abs(forward) > 1e-3
    np.testing.assert_allclose(backward, forward, rtol=1e-9)
    assert abs(amplitude(positions, (-out[0], -out[1]), (-beam[0], -beam[1])) - forward) > 0.01 * abs(forward)


def test_lattice_spacing():
    """(vii) Gold along [001]: reflections at 1/2.0391 Å⁻¹ (a = 4.0782 Å), within 1 %."""
    a = 4.0782
    n = np.arange(10)
    corners = np.stack(np.meshgrid(n, n, np.arange(2), indexing="ij"), -1).reshape(-1, 3) * a
    basis = 0.5 * a * np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    positions = (corners[:, None] + basis[None]).reshape(-1, 3) - [0.0, 0.0, 2 * a]
    positions = positions - positions.mean(axis=0) + [0.37, -0.21, -a]
    cell = Cell(640, 600, 0.1, 0.1, -30.0, 32.0, 0.0, 1.0, 9)
    wave = Multislice(cell, 300.0, [79]).exit_wave(positions, np.full(len(positions), 79))[0]
    power = np.abs(np.fft.fft2(np.abs(wave) ** 2)) ** 2
    k = np.sqrt(cell.k2)
    ring = np.where((k > 0.35) & (k < 0.6), power, 0.0)
    i, j = np.unravel_index(np.argmax(ring), ring.shape)
    # Centre of mass of the peak: steps of frequency alone would be 2 %.
    rows, columns = np.arange(i - 2, i + 3) % 640, np.arange(j - 2, j + 3) % 600
    patch = power[np.ix_(rows, columns)]
    kx = (patch * cell.kx[columns][None, :]).sum() / patch.sum()
    ky = (patch * cell.ky[rows][:, None]).sum() / patch.sum()
    np.testing.assert_allclose(1.0 / np.hypot(kx, ky), a / 2, rtol=0.01)


def test_rows_and_columns():
    """An atom shows as a peak of phase at its own pixel, x to the right and y upwards."""
    cell = Cell(96, 128, 0.1, 0.1, -6.0, 4.0, 1.0, 1.0, 1)
    engine = Multislice(cell, 200.0, [79])
    phase = np.angle(engine.exit_wave(np.array([[2.5, -3.0, 0.5]]), np.array([79]))[0])
    assert np.unravel_index(np.argmax(phase), phase.shape) == (70, 85)


def test_atoms_outside():
    """A periodic cell wraps atoms; a window onto something larger leaves them out."""
    cell = Cell(64, 64, 0.1, 0.1, 0.0, 6.3, 2.0, 1.0, 2)
    inside, outside = np.array([[1.0, 2.0, 1.5]]), np.array([[1.0 + 6.4, 2.0 - 12.8, 1.5]])
    engine = Multislice(cell, 200.0, [6])
    wave = engine.exit_wave(inside, np.array([6]))
    np.testing.assert_allclose(engine.exit_wave(outside, np.array([6])), wave, atol=1e-6)
    window = Multislice(replace(cell, periodic=False), 200.0, [6])
    np.testing.assert_allclose(window.exit_wave(outside, np.array([6])), 1.0, atol=1e-6)


def test_edge_of_a_pixel():
    """A position that rounds to the far edge of the cell does not fall off the grid."""
    cell = Cell(64, 64, 0.1, 0.1, 0.0, 6.3, 1.0, 1.0, 1)
    for tiny in (0.0, -1e-18, 1e-18):
        engine = Multislice(cell, 200.0, [6])
        wave = engine.exit_wave(np.array([[tiny, 6.3 + tiny, 0.5]]), np.array([6]))
        np.testing.assert_allclose(
            wave, engine.exit_wave(np.array([[6.4, 6.3, 0.5]]), np.array([6])), atol=1e-5
        )


def test_small_cell(kernels):
    """A cell smaller than an atom's stamp: the potential wraps as often as it has to."""
    cell = periodic_cell(2.0, 3.6, (0.0, 0.0), 0.1, (0.0, 1.0), 1.0)
    positions = np.array([[0.33, 0.71, 0.5]])
    potential = next(iter(Multislice(cell, 300.0, [6]).potentials(positions, np.array([6]))))
    exact = next(iter(Multislice(cell, 300.0, [6], precision="double").potentials(positions, np.array([6]))))
    ours, theirs = (band_spectrum(values, cell, 3.0) for values in (potential, exact))
    assert relative(ours, theirs) < 5e-3


def test_cancel():
    cell = Cell(64, 64, 0.1, 0.1, 0.0, 6.3, 8.0, 1.0, 8)
    calls = []

    def cancel():
        calls.append(1)
        if len(calls) > 3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        Multislice(cell, 200.0, [6]).exit_wave(np.array([[1.0, 1.0, 4.0]]), np.array([6]), cancel=cancel)


def test_refusals():
    cell = Cell(64, 64, 0.1, 0.1, 0.0, 6.3, 8.0, 1.0, 8)
    engine = Multislice(cell, 200.0, [6])
    here = np.array([[1.0, 1.0, 4.0]])
    with pytest.raises(InputError, match="not made for this element"):
        engine.exit_wave(here, np.array([7]))
    with pytest.raises(InputError, match="outside the cell"):
        engine.exit_wave(np.add(here, [0.0, 0.0, 6.0]), np.array([6]))
    with pytest.raises(InputError, match="no number"):
        engine.exit_wave(here * np.nan, np.array([6]))
    for planes in ([9], [3, 2], []):
        with pytest.raises(InputError, match="planes"):
            engine.exit_wave(here, np.array([6]), planes=planes)
    with pytest.raises(InputError):
        Multislice(cell, 200.0, [110])
    with pytest.raises(InputError, match="volts"):
        Multislice(cell, 200e3, [6])
    with pytest.raises(InputError, match="tilt"):
        Multislice(cell, 200.0, [6], tilt=(500.0, 0.0))
