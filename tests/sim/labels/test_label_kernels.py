"""numba and numpy give the same columns, masks and maps, and the right one is chosen."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.types import ImageGrid
from sim.labels import kernels, maps
from sim.labels.columns import FEW_POINTS, columns_by_numpy, find_columns
from sim.labels.masks import mask_by_numpy, particle_mask

needs_numba = pytest.mark.skipif(isinstance(kernels.available(), str), reason="no numba")

KERNELS = ("linked", "mark_discs", "topmost_in_band", "layers_in_band")


def atoms(seed, count, spread, step):
    """Atoms in a square; a step above 0 puts them on a lattice: equal distances, atoms in one place."""
    generator = np.random.default_rng(seed)
    x, y = generator.uniform(-spread, spread, (2, count))
    return (x, y) if step == 0.0 else (np.round(x / step) * step, np.round(y / step) * step)


@needs_numba
@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, FEW_POINTS),
    spread=st.sampled_from([0.4, 1.5, 5.0, 12.0]),
    step=st.sampled_from([0.0, 0.0, 0.125, 0.3, 1.0]),
    tolerance=st.sampled_from([0.05, 0.3, 0.5, 1.0, 2.0]),
)
def test_columns_have_the_bits_of_numpy(seed, count, spread, step, tolerance):
    """Crowded, sparse and regular arrangements, where atoms wait, tie and coincide."""
    x, y = atoms(seed, count, spread, step)
    expected = columns_by_numpy(x, y, tolerance)
    index, number, mean_x, mean_y = kernels.available().linked(x, y, tolerance)
    for one, two in ((index, expected.index), (number, expected.count)):
        assert one.dtype == two.dtype and np.array_equal(one, two)
    for one, two in ((mean_x, expected.x), (mean_y, expected.y)):
        assert one.tobytes() == two.tobytes()


@needs_numba
@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 60),
    radius=st.sampled_from([0.0, 0.07, 0.4, 1.4, 30.0]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    pixel_size=st.sampled_from([0.01, 0.2, 0.25, 1.7]),
    step=st.sampled_from([0.0, 0.1]),
)
def test_masks_are_those_of_numpy(seed, count, radius, height, width, pixel_size, step):
    """Atoms inside, across the edge and far outside; on pixel centres and on rims."""
    x, y = atoms(seed, count, 6.0, step)
    grid = ImageGrid(height, width, pixel_size)
    mask = np.zeros(grid.shape, dtype=np.uint8)
    kernels.available().mark_discs(mask, x, y, radius, grid)
    assert np.array_equal(mask, mask_by_numpy(x, y, radius, grid))


@needs_numba
def test_the_chosen_kernels_are_used_and_agree(monkeypatch):
    x, y = atoms(3, 80, 4.0, 0.0)
    grid = ImageGrid(50, 40, 0.2)
    found = {}
    for name in ("numpy", "numba"):
        monkeypatch.setenv("NANOPHANTOM_KERNELS", name)
        assert (kernels.compiled() is None) == (name == "numpy")
        columns = find_columns(x, y, 0.5)
        found[name] = (columns.index, columns.count, columns.x, columns.y, particle_mask(x, y, 1.3, grid))
    for one, two in zip(found["numpy"], found["numba"], strict=True):
        assert one.any() and np.array_equal(one, two)


@needs_numba
@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 60),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    pixel_size=st.sampled_from([0.05, 0.25, 1.7]),
    step=st.sampled_from([0.0, 0.1]),
    distorted=st.booleans(),
)
def test_maps_are_those_of_numpy(seed, count, height, width, pixel_size, step, distorted):
    """Atoms of equal heights and in one place, of several owners, on straight and distorted pixels."""
    x, y = atoms(seed, count, 5.0, step)
    generator = np.random.default_rng(seed)
    z = np.round(generator.uniform(0.0, 3.0, count))
    owner = generator.integers(1, 5, count)
    radius = generator.uniform(0.2, 2.0, count)
    grid = ImageGrid(height, width, pixel_size)
    points = {}
    if distorted:
        points["sample_x"] = grid.x_of(np.arange(width) + generator.normal(0.0, 2.0, grid.shape))
        points["sample_y"] = grid.y_of(np.arange(height)[:, None] + generator.normal(0.5, 1.0, grid.shape))
    with pytest.MonkeyPatch.context() as patch:
        found = {}
        for name in ("numpy", "numba"):
            patch.setenv("NANOPHANTOM_KERNELS", name)
            found[name] = (
                maps.topmost_atom(x, y, z, radius, grid, **points),
                maps.overlap_map(x, y, radius, owner, grid, **points),
            )
    for one, two in zip(found["numpy"], found["numba"], strict=True):
        assert one.dtype == two.dtype and np.array_equal(one, two)


@needs_numba
def test_kernels_with_other_results_are_not_used():
    """The guard sees one unit in the last place of one mean, and one pixel of a mask or a map."""
    compiled = kernels.available()

    def shifted(*arguments):
        index, count, mean_x, mean_y = compiled.linked(*arguments)
        mean_x[1] = np.nextafter(mean_x[1], 9.0)
        return index, count, mean_x, mean_y

    def spilled(mask, *arguments):
        compiled.mark_discs(mask, *arguments)
        mask[0, 0] = 1 - mask[0, 0]

    def raised(best, *arguments):
        compiled.topmost_in_band(best, *arguments)
        best[0, 0] += 1

    def counted(count, *arguments):
        compiled.layers_in_band(count, *arguments)
        count[0, 0] += 1

    own = {name: getattr(compiled, name) for name in KERNELS}
    assert kernels.same_bits(compiled)
    for name, other in zip(KERNELS, (shifted, spilled, raised, counted), strict=True):
        assert not kernels.same_bits(SimpleNamespace(**{**own, name: other})), name
