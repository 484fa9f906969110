"""Every compiled function has one form: several processes that fill numba's cache at a time then agree.

numba names the forms of a function by counting; two processes that compile different forms of one
function give both the same file, and load each other's machine code.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.types import ImageGrid

numba = pytest.importorskip("numba")

WORK = (
    ("au55_four_classes", "none"),
    ("au55_four_classes", "titan_scan"),
    ("au55_four_classes", "mixed_low"),
    ("gold_silver_alpha", "gaussian_high"),
)


def forms(module):
    """Number of compiled forms by function, of those that were called from Python."""
    found = {name: getattr(item, "signatures", None) for name, item in vars(module).items()}
    return {name: len(signatures) for name, signatures in found.items() if signatures}


def test_read_only_and_strided_arrays_make_no_new_forms():
    from sim.labels import kernels_numba

    table = np.arange(24.0).reshape(12, 2)
    read_only = table.copy()
    read_only.setflags(write=False)
    grid = ImageGrid(16, 17, 0.5)
    for source in (table, read_only):
        for x, y in ((source[:, 0], source[:, 1]), (source[:, 0].copy(), source[:, 1].copy())):
            kernels_numba.mark_discs(np.zeros(grid.shape, np.uint8), x, y, 1, grid)
            kernels_numba.linked(x, y, 0.5)
    assert set(forms(kernels_numba).values()) == {1}


def test_images_of_every_kind_make_one_form_each():
    """With and without the cache, whose arrays are read-only."""
    from sim.imaging import kernels_numba as imaging
    from sim.labels import kernels_numba as labels
    from sim.numerics import kernels_numba as numerics
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.toml import read_recipe
    from sim.render.cache import StageCache
    from sim.render.context import RenderContext
    from sim.render.render import render

    for name, preset in WORK:
        recipe = read_recipe(name).with_value("noise.preset", preset).recipe()
        catalogue = collect_structures(recipe)
        cache = StageCache()
        plan = Plan(recipe, catalogue)
        for index in (0, 0, 1):
            render(plan[index], RenderContext(structures=catalogue))
            render(plan[index], RenderContext(structures=catalogue, cache=cache))
    for module in (imaging, labels, numerics):
        assert set(forms(module).values()) <= {1}, (module.__name__, forms(module))
