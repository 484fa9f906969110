"""Gaussian projection: our kernels against naive numpy and against the same code with ``np.exp``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.registry import Comparison, Contender, Ratio, benchmark
from sim.core.types import FloatArray, ImageGrid
from sim.imaging import gaussian, kernels

SIGMA = 0.6
GOLD = 79
NAIVE, SEPARABLE, NUMPY, NUMBA = "naive numpy", "separable, np.exp", "numpy kernel", "numba kernel"


def gold_sphere(atoms: int) -> FloatArray:
    """The atoms of face-centred cubic gold nearest to a point, in no special orientation, (N, 3) Å."""
    reach = int(np.ceil(atoms ** (1 / 3))) + 2
    axis = np.arange(-reach, reach + 1)
    sites = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    sites = sites[np.sum(sites, axis=1) % 2 == 0] * (4.078 / 2)
    nearest = np.argsort(np.sum(sites**2, axis=1), kind="stable")[:atoms]
    turn, _ = np.linalg.qr(np.array([[1.0, 2.0, 0.3], [-0.4, 1.0, 2.0], [2.0, 0.1, 1.0]]))
    return sites[nearest] @ turn


def naive(positions: FloatArray, grid: ImageGrid) -> FloatArray:
    """The formula as one would write it: every atom on the whole image."""
    x = grid.x_of(np.arange(grid.width, dtype=np.float64))[None, :]
    y = grid.y_of(np.arange(grid.height, dtype=np.float64))[:, None]
    image = np.zeros(grid.shape)
    for position in positions:
        image += (GOLD / 6) * np.exp(-((x - position[0]) ** 2 + (y - position[1]) ** 2) / (2 * SIGMA**2))
    return image


def factors_by_numpy(
    start: FloatArray, count: int, position: FloatArray, pixel_size: float, exponent_scale: float
) -> FloatArray:
    """The numpy kernel's factors with numpy's exponential: faster, other bits on other processors."""
    offset = np.add(start[:, np.newaxis], np.arange(count, dtype=np.float64))
    np.multiply(offset, pixel_size, out=offset)
    np.subtract(offset, position[:, np.newaxis], out=offset)
    np.multiply(offset, offset, out=offset)
    np.multiply(offset, exponent_scale, out=offset)
    return np.exp(offset, out=offset)


def ours(kernel: kernels.Kernels, positions: FloatArray, grid: ImageGrid) -> FloatArray:
    """The program's own model intensity with a given kernel."""
    numbers = np.full(len(positions), GOLD)
    # Plain assignment: a patching library would cost a tenth of the time that is measured.
    usual = kernels.chosen
    kernels.chosen = lambda: kernel
    try:
        return gaussian.model_intensity(positions, numbers, grid, SIGMA, 1.0, "z_power", "peak")
    finally:
        kernels.chosen = usual


def contenders(positions: FloatArray, grid: ImageGrid, naive_atoms: int) -> list[Contender]:
    """Every way that this machine has."""
    separable = kernels.Kernels(SEPARABLE, factors_by_numpy, kernels.NUMPY.add_products)

    def run(kernel: kernels.Kernels) -> Callable[[], object]:
        return partial(ours, kernel, positions, grid)

    found = [
        Contender(NAIVE, partial(naive, positions[:naive_atoms], grid), naive_atoms / len(positions)),
        Contender(SEPARABLE, run(separable)),
        Contender(NUMPY, run(kernels.NUMPY)),
    ]
    compiled = kernels.compiled()
    if isinstance(compiled, kernels.Kernels):
        found.append(Contender(NUMBA, run(compiled)))
    return found


@benchmark("gaussian")
def projections() -> Sequence[Comparison]:
    """Au55 and 5000 atoms."""
    common = (Ratio(NUMPY, SEPARABLE, most=1.3), Ratio(NUMPY, NUMBA, least=4.0))
    small, large = gold_sphere(55), gold_sphere(5000)
    grid_128, grid_256 = ImageGrid(128, 128, 0.2), ImageGrid(256, 256, 0.1)
    grid_512 = ImageGrid(512, 512, 0.2)
    return [
        Comparison(
            "Au55, 128²", 1, "images", contenders(small, grid_128, 55),
            (Ratio(NAIVE, NUMPY, least=4.0), *common), rounds=25,
        ),
        Comparison(
            "5000 atoms, 512²", 1, "images", contenders(large, grid_512, 20),
            (Ratio(NAIVE, NUMPY, least=400.0), *common), rounds=12,
        ),
        Comparison("Au55, 256² of 0.1 Å", 1, "images", contenders(small, grid_256, 55)[1:], rounds=15),
    ]  # fmt: skip
