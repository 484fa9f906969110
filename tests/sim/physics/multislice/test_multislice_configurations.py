"""Frozen phonons, configurations in threads, and waves as blocks of their spectrum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core.errors import Cancelled, InputError
from sim.core.types import ImageGrid
from sim.numerics.streams import Stream
from sim.physics.multislice.cell import Cell, padded_cell, periodic_cell
from sim.physics.multislice.configurations import (
    band_spectrum,
    block_frequencies,
    exit_blocks,
    exit_waves,
    on_grid,
)
from sim.physics.multislice.engine import Multislice
from sim.physics.multislice.phonons import displaced


def specimen():
    cell = periodic_cell(9.6, 6.4, (0.0, 0.0), 0.1, (-4.0, 4.0), 1.0)
    positions = Stream(9, "atoms").uniforms(90).reshape(30, 3) * [9.0, 6.0, 7.0] - [4.5, 3.0, 3.5]
    numbers = np.where(np.arange(30) % 3, 6, 79)
    return cell, positions, numbers


def test_displacements_have_their_rms():
    positions = np.zeros((20000, 3))
    rms = np.where(np.arange(20000) % 2, 0.08, 0.2)
    shifts = displaced(positions, rms, 7, 0)
    for part, expected in ((shifts[1::2], 0.08), (shifts[::2], 0.2)):
        np.testing.assert_allclose(part.std(axis=0), expected, rtol=0.03)
        np.testing.assert_allclose(part.mean(axis=0), 0.0, atol=0.01)
    correlation = np.corrcoef(shifts.T)
    assert np.max(np.abs(correlation - np.eye(3))) < 0.03


def test_displacements_are_keyed():
    """By seed, configuration and index: not by how many atoms there are."""
    positions = Stream(1, "p").uniforms(90).reshape(30, 3)
    rms = np.full(30, 0.1)
    first = displaced(positions, rms, 7, 3)
    np.testing.assert_array_equal(first, displaced(positions, rms, 7, 3))
    np.testing.assert_array_equal(first[:11], displaced(positions[:11], rms[:11], 7, 3))
    for other in (displaced(positions, rms, 8, 3), displaced(positions, rms, 7, 4)):
        assert np.min(np.abs(other - first)) > 0.0
    np.testing.assert_array_equal(displaced(positions, 0.0 * rms, 7, 3), positions)
    half = displaced(positions, 0.5 * rms, 7, 3)
    np.testing.assert_allclose(half - positions, 0.5 * (first - positions), atol=1e-12)


def test_refused_displacements():
    for rms in (np.full(3, -0.1), np.full(3, np.nan), np.full(2, 0.1)):
        with pytest.raises(InputError, match="phonons.rms"):
            displaced(np.zeros((3, 3)), rms, 1, 0)


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
@pytest.mark.parametrize("accuracy", ["hrtem", "haadf"])
def test_same_bits_for_any_workers(monkeypatch, kernels, accuracy):
    if kernels == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("NANOPHANTOM_KERNELS", kernels)
    cell, positions, numbers = specimen()
    engine = Multislice(cell, 200.0, [6, 79], accuracy=accuracy)
    rms = np.full(30, 0.1)
    steps: list[tuple[int, int]] = []
    alone = [
        wave.copy()
        for wave in exit_waves(
            engine, positions, numbers, rms, 5, 4, [3, 8], progress=lambda *step: steps.append(step)
        )
    ]
    assert alone[0].shape == (2, 64, 96)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert not np.array_equal(alone[0], alone[1])
    for workers in (2, 3, 9):
        together = list(exit_waves(engine, positions, numbers, rms, 5, 4, [3, 8], workers=workers))
        assert len(together) == 4
        for one, other in zip(alone, together, strict=True):
            assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(
        alone[2], engine.exit_wave(displaced(positions, rms, 5, 2), numbers, planes=[3, 8])
    )


def test_blocks_in_threads_are_those_of_the_waves():
    cell, positions, numbers = specimen()
    engine = Multislice(cell, 200.0, [6, 79])
    rms = np.full(30, 0.1)
    waves = exit_waves(engine, positions, numbers, rms, 5, 3)
    blocks = exit_blocks(engine, positions, numbers, rms, 5, 3, 1.5, workers=2)
    for wave, block in zip(waves, blocks, strict=True):
        np.testing.assert_array_equal(block, band_spectrum(wave, cell, 1.5))


@pytest.mark.parametrize("workers", [1, 2])
def test_cancelling(workers):
    cell, positions, numbers = specimen()
    engine = Multislice(cell, 200.0, [6, 79])
    calls = []

    def cancel():
        calls.append(1)
        if len(calls) > 20:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        list(exit_waves(engine, positions, numbers, np.zeros(30), 5, 8, workers=workers, cancel=cancel))
    assert len(calls) < 30


def test_leaving_early_ends_the_threads():
    import threading

    cell, positions, numbers = specimen()
    engine = Multislice(cell, 200.0, [6, 79])
    waves = exit_waves(engine, positions, numbers, np.zeros(30), 5, 8, workers=2)
    next(waves)
    waves.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("exit-wave")]


def test_refused_counts():
    cell, positions, numbers = specimen()
    engine = Multislice(cell, 200.0, [6, 79])
    with pytest.raises(InputError, match="at least one"):
        exit_waves(engine, positions, numbers, np.zeros(30), 5, 0)
    with pytest.raises(InputError, match="workers"):
        exit_waves(engine, positions, numbers, np.zeros(30), 5, 1, workers=0)
    with pytest.raises(InputError, match="too far apart"):
        exit_blocks(engine, positions, numbers, np.zeros(30), 5, 1, 6.0)


def plane_waves(cell, x, y, beams):
    """Σ a exp(2πi k·r) at points x and y."""
    wave = np.zeros((len(y), len(x)), complex)
    for amplitude, m, n in beams:
        along_x = np.exp(2j * np.pi * m / cell.width * x)
        wave += amplitude * np.outer(np.exp(2j * np.pi * n / cell.height * y), along_x)
    return wave


BEAMS = ((1.0, 0, 0), (0.3 - 0.2j, 3, 5), (0.25j, -7, 2), (0.1, 4, -9))


def test_block_of_plane_waves():
    """Amplitudes stand at their frequencies, referred to the first point."""
    cell = Cell(64, 80, 0.1, 0.1, -2.0, 3.0, 0.0, 1.0, 1)
    wave = plane_waves(cell, cell.x() - cell.left, cell.y() - cell.top, BEAMS)
    block = band_spectrum(wave, cell, 1.9)
    kx, ky = block_frequencies(cell, block.shape)
    assert block.shape == (25, 31)
    for amplitude, m, n in BEAMS:
        row, column = np.argmin(np.abs(ky - n / cell.height)), np.argmin(np.abs(kx - m / cell.width))
        np.testing.assert_allclose(block[row, column], amplitude, atol=1e-6)
    np.testing.assert_allclose(np.sum(np.abs(block) ** 2), np.mean(np.abs(wave) ** 2), rtol=1e-6)


@pytest.mark.parametrize(
    ("pixel", "points"), [(0.1, True), (0.2, True), (0.16, False), (0.13, False), (1.6, True), (0.037, False)]
)
def test_on_grid(pixel, points):
    """A wave of known plane waves, at the pixel centres of an oblong image, whatever the pixels."""
    cell = Cell(64, 80, 0.1, 0.1, -3.95, 3.0, 0.0, 1.0, 1)
    size = (3, 4) if pixel > 1 else (20, 26)
    grid = ImageGrid(*size, pixel)
    wave = plane_waves(cell, cell.x(), cell.y(), BEAMS).astype(np.complex64)
    block = band_spectrum(wave, cell, 1.9)
    x, y = grid.x_of(np.arange(size[1])), grid.y_of(np.arange(size[0]))
    np.testing.assert_allclose(on_grid(block, cell, grid), plane_waves(cell, x, y, BEAMS), atol=3e-6)
    both = on_grid(np.stack([block, 2 * block]), cell, grid)
    np.testing.assert_allclose(both[1], 2 * both[0], atol=1e-6)


def test_padded_cell_and_back():
    """The phase of an atom lands on the pixel of the image that it lies in."""
    grid = ImageGrid(40, 56, 0.25)
    cell = padded_cell(grid, 3.0, 0.1, (-1.0, 1.0), 1.0)
    engine = Multislice(cell, 200.0, [79])
    x, y = float(grid.x_of(np.array(41.0))), float(grid.y_of(np.array(7.0)))
    block = band_spectrum(engine.exit_wave(np.array([[x, y, 0.3]]), np.array([79]))[0], cell, 2.0)
    image = np.angle(on_grid(block, cell, grid))
    assert np.unravel_index(np.argmax(image), image.shape) == (7, 41)
    moved = replace(cell, left=cell.left + 0.25, top=cell.top + 0.5)
    image = np.angle(on_grid(block, moved, grid))
    assert np.unravel_index(np.argmax(image), image.shape) == (5, 42)
