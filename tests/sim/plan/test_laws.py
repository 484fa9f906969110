"""The laws of [[vary]] entries against scipy's distributions, bounds and redraws."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from sim.core.errors import InputError
from sim.numerics.streams import Stream
from sim.plan.laws import between, draw
from sim.recipe.vary import VaryChoice, VaryGrid, VaryLogNormal, VaryNormal, VaryTruncatedNormal, VaryUniform

COUNT = 4000


def sample(law, *, whole=False, fits=lambda value: True, count=COUNT):
    return np.array([draw(law, Stream(7, "law", index), whole=whole, fits=fits) for index in range(count)])


def agrees(values, distribution):
    return scipy.stats.kstest(values, distribution.cdf).pvalue > 1e-3


def test_uniform_law():
    values = sample(VaryUniform(path="p", low=-2.0, high=5.0))
    assert agrees(values, scipy.stats.uniform(-2.0, 7.0))


def test_normal_law():
    assert agrees(sample(VaryNormal(path="p", mean=3.0, deviation=0.5)), scipy.stats.norm(3.0, 0.5))


def test_log_normal_law_has_the_stated_median_and_logarithmic_deviation():
    assert agrees(
        sample(VaryLogNormal(path="p", median=4.0, deviation=0.25)), scipy.stats.lognorm(0.25, scale=4.0)
    )


def test_truncated_normal_law():
    law = VaryTruncatedNormal(path="p", mean=1.0, deviation=2.0, low=0.0, high=2.5)
    assert agrees(sample(law), scipy.stats.truncnorm(-0.5, 0.75, loc=1.0, scale=2.0))


def test_a_normal_draw_outside_the_settings_range_is_drawn_again():
    values = sample(VaryNormal(path="p", mean=0.1, deviation=1.0), fits=lambda value: value >= 0.05)
    assert values.min() >= 0.05
    assert agrees(values, scipy.stats.truncnorm(-0.05, np.inf, loc=0.1, scale=1.0))


def test_weights_decide_how_often_a_choice_is_made():
    law = VaryChoice(path="p", values=("a", "b", "c"), weights=(1.0, 0.0, 3.0))
    values = sample(law)
    assert set(values) == {"a", "c"}
    assert scipy.stats.binomtest(int((values == "a").sum()), COUNT, 0.25).pvalue > 1e-3


def test_whole_numbers_include_both_bounds_evenly():
    values = sample(VaryUniform(path="p", low=1.0, high=5.0), whole=True)
    counts = np.bincount(values, minlength=6)[1:]
    assert counts.sum() == COUNT
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("uniform", [2.0**-54, 0.5, 1.0 - 2.0**-53])
def test_a_uniform_draw_never_leaves_its_bounds(uniform):
    assert 0.1 <= between(0.1, 0.3, uniform, whole=False) <= 0.3
    assert between(1, 5, uniform, whole=True) in range(1, 6)


def test_a_hopeless_law_is_refused_with_a_remedy():
    law = VaryTruncatedNormal(path="imaging.sigma", mean=0.0, deviation=0.01, low=3.0, high=4.0)
    with pytest.raises(InputError, match=r"imaging\.sigma.*no allowed value.*wider"):
        sample(law, count=1)


def test_a_draw_depends_on_its_stream_alone():
    law = VaryNormal(path="p", mean=0.0, deviation=1.0)
    first = draw(law, Stream(7, "a"), whole=False, fits=lambda value: True)
    assert first == draw(law, Stream(7, "a"), whole=False, fits=lambda value: True)
    assert first != draw(law, Stream(7, "b"), whole=False, fits=lambda value: True)


def test_even_grids_are_exact_in_the_decimals_the_user_wrote():
    assert VaryGrid(path="p", start=0.1, stop=0.7, count=4).points() == (0.1, 0.3, 0.5, 0.7)
    assert VaryGrid(path="p", start=2.0, stop=2.0, count=1).points() == (2.0,)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"values": (1, 1)},
        {"values": (1, 2), "count": 3},
        {"start": 0.0, "stop": 1.0},
        {"start": 1.0, "stop": 1.0, "count": 3},
    ],
)
def test_a_grid_without_distinct_points_is_refused(entry):
    with pytest.raises(InputError, match="vary"):
        VaryGrid(path="p", **entry)
