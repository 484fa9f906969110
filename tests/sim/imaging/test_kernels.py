"""numba and numpy kernels give the same bits, and the right one is chosen."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.types import ImageGrid
from sim.imaging import gaussian, kernels

needs_numba = pytest.mark.skipif(not isinstance(kernels.compiled(), kernels.Kernels), reason="no numba")


def render(monkeypatch, name, grid, sigma, normalisation="peak", mode="z_power", count=60):
    monkeypatch.setenv("NANOPHANTOM_KERNELS", name)
    generator = np.random.default_rng(11)
    positions = generator.uniform(-1.3, 1.3, (count, 3)) * [grid.width * grid.pixel_size, 9.0, 1.0] / 2
    numbers = generator.choice([6, 47, 79], count)
    return gaussian.model_intensity(positions, numbers, grid, sigma, 1.7, mode, normalisation)


@needs_numba
@pytest.mark.parametrize("sigma", [0.05, 0.13, 0.3, 0.6, 1.2, 5.0])
@pytest.mark.parametrize("grid", [ImageGrid(48, 65, 0.2), ImageGrid(33, 8, 0.03), ImageGrid(20, 30, 1.1)])
def test_numba_gives_the_bits_of_numpy(monkeypatch, grid, sigma):
    for normalisation, mode in [("peak", "z_power"), ("area", "column_gamma")]:
        expected = render(monkeypatch, "numpy", grid, sigma, normalisation, mode)
        found = render(monkeypatch, "numba", grid, sigma, normalisation, mode)
        assert np.array_equal(found, expected)
        assert expected.any()


@needs_numba
def test_factors_agree_from_the_peak_to_the_underflow():
    """Including exponents below −708, where both give exactly 0."""
    compiled = kernels.compiled()
    generator = np.random.default_rng(5)
    start = np.floor(generator.uniform(-300, 300, 500)) + 0.5
    position = generator.uniform(-40, 40, 500)
    for scale in (-0.01, -1.0, -20.0):
        expected = kernels.NUMPY.gaussian_factors(start, 61, position, 0.2, scale)
        assert np.array_equal(compiled.gaussian_factors(start, 61, position, 0.2, scale), expected)
    assert (expected == 0.0).any() and (expected > 0.1).any()


@needs_numba
def test_a_kernel_with_other_bits_is_not_used():
    """The guard sees one unit in the last place in one factor."""
    compiled = kernels.compiled()

    def contracted(*arguments):
        factors = compiled.gaussian_factors(*arguments)
        factors[2, 5] = np.nextafter(factors[2, 5], 2.0)
        return factors

    assert kernels._same_bits(compiled)
    assert not kernels._same_bits(kernels.Kernels("x", contracted, compiled.add_products))


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("NANOPHANTOM_KERNELS", "numpy")
    assert kernels.chosen() is kernels.NUMPY
    monkeypatch.setenv("NANOPHANTOM_KERNELS", "cuda")
    with pytest.raises(InputError, match="NANOPHANTOM_KERNELS = 'cuda'.*numpy, numba"):
        kernels.chosen()


def test_without_numba_numpy_is_used(monkeypatch):
    def absent():
        raise ImportError("not there")

    monkeypatch.setattr(kernels, "_load", absent)
    monkeypatch.delenv("NANOPHANTOM_KERNELS", raising=False)
    assert kernels.chosen() is kernels.NUMPY
    monkeypatch.setenv("NANOPHANTOM_KERNELS", "numba")
    with pytest.raises(InputError, match="not there"):
        kernels.chosen()
