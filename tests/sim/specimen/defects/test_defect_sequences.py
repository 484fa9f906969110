"""Random mixed sequences: allowed, uniform, reproducible and honest about what does not fit."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.numerics.streams import Stream
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.planar import stack
from sim.specimen.defects.sequences import Grid, draw, grid_of

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
GOLD = Crystal("Au", np.eye(3) * 4.0782, np.full(4, 79), FCC)
SILICON = Crystal("Si", np.eye(3) * 5.43, np.full(8, 14), np.concatenate([FCC, FCC + 0.25]))
POSE = Motion(Motion.about_axis([1.0, 2.0, 0.5], 37.0).matrix, np.array([0.4, -1.1, 0.3]))


@settings(max_examples=60, deadline=None)
@given(
    twins=st.integers(0, 4),
    faults=st.integers(0, 4),
    apart=st.floats(0.0, 5.0),
    seed=st.integers(0, 2**63),
    step=st.one_of(st.none(), st.floats(0.5, 3.0)),
)
def test_drawn_planes_keep_their_distance_and_numbers(twins, faults, apart, seed, step):
    grid = None if step is None else Grid(0.37, step)
    try:
        planes = draw({"twin": twins, "intrinsic": faults}, (-18.0, 17.0), apart, Stream(seed), grid)
    except InputError:
        least = apart if step is None else step * max(1, np.ceil(apart / step - 1e-9))
        assert (twins + faults) * least > 35.0 - step if step else False
        return
    heights = np.array([plane.height for plane in planes])
    assert Counter(plane.kind for plane in planes) == Counter(
        {kind: count for kind, count in (("twin", twins), ("intrinsic", faults)) if count}
    )
    assert ((heights >= -18.0 - 1e-9) & (heights <= 17.0 + 1e-9)).all()
    assert (np.diff(heights) >= apart - 1e-9).all()
    if step is not None:
        places = (heights - 0.37) / step
        np.testing.assert_allclose(places, np.rint(places), atol=1e-6)
        assert (np.diff(heights) > 0.5 * step).all()


def test_naming_order_has_no_influence():
    one = draw({"twin": 2, "I1": 3}, (-20.0, 20.0), 3.0, Stream(7))
    two = draw({"I1": 3, "twin": 2}, (-20.0, 20.0), 3.0, Stream(7))
    assert one == two
    assert one != draw({"I1": 3, "twin": 2}, (-20.0, 20.0), 3.0, Stream(8))


def test_arrangements_on_a_grid_are_equally_likely():
    """Two planes on seven heights, three steps apart at least: ten arrangements, counted out by hand."""
    allowed = [pair for pair in itertools.combinations(range(7), 2) if pair[1] - pair[0] >= 3]
    found = Counter(
        tuple(
            round(plane.height) for plane in draw({"twin": 2}, (0.0, 6.0), 2.5, Stream(seed), Grid(0.0, 1.0))
        )
        for seed in range(2000)
    )
    assert set(found) == set(allowed)
    assert chisquare([found[pair] for pair in allowed]).pvalue > 1e-3


def test_free_heights_are_uniform():
    """The lower of two points that keep 4 apart in [0, 10]: P(x < t) = 1 − (1 − t/6)²."""
    lower = [draw({"twin": 2}, (0.0, 10.0), 4.0, Stream(seed))[0].height for seed in range(2000)]
    assert kstest(lower, lambda t: 1.0 - (1.0 - np.clip(t / 6.0, 0.0, 1.0)) ** 2).pvalue > 1e-3


def test_every_order_of_kinds_is_equally_likely():
    words = Counter(
        "".join(plane.kind[0] for plane in draw({"twin": 2, "extrinsic": 2}, (0.0, 9.0), 1.0, Stream(seed)))
        for seed in range(1800)
    )
    assert len(words) == 6
    assert chisquare(list(words.values())).pvalue > 1e-3


@pytest.mark.parametrize(("grid", "most"), [(None, 4), (Grid(0.0, 2.0), 3)])
def test_what_does_not_fit_is_said(grid, most):
    """Ten ångström hold four planes 3 Å apart, and three on a grid of 2 Å, which makes it 4 Å."""
    assert len(draw({"twin": most}, (0.0, 10.0), 3.0, Stream(1), grid)) == most
    with pytest.raises(InputError, match=f"at most {most}"):
        draw({"twin": most + 1}, (0.0, 10.0), 3.0, Stream(1), grid)
    with pytest.raises(InputError, match="cannot be there"):
        draw({"twin": -1}, (0.0, 10.0), 3.0, Stream(1), grid)
    assert draw({"twin": 0}, (0.0, 10.0), 3.0, Stream(1), grid) == ()


@pytest.mark.parametrize("crystal", [GOLD, SILICON], ids=lambda c: c.name)
def test_separation_holds_after_planes_have_moved_into_their_gaps(crystal):
    """In silicon twins and faults lie in different gaps; the grid makes up for it."""
    grid = grid_of(crystal, POSE, (1, 1, 1), ["twin", "intrinsic", "extrinsic"])
    assert grid.step == pytest.approx(crystal.cell[0, 0] / np.sqrt(3.0))
    assert (grid.spread > 0.0) == (crystal is SILICON)
    for seed in range(40):
        planes = draw({"twin": 2, "intrinsic": 2, "extrinsic": 1}, (-30.0, 30.0), 8.0, Stream(seed), grid)
        placed = stack(crystal, POSE, (1, 1, 1), planes).planes
        heights = np.array([plane.height for plane in placed])
        assert (np.diff(heights) >= 8.0 - 1e-9).all()
        if crystal is GOLD:
            np.testing.assert_allclose(heights, [plane.height for plane in planes], atol=1e-9)
