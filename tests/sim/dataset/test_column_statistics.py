"""Statistics of sample columns against scipy and numbers counted by hand; pictures looked at by pixel."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from sim.core.errors import InputError
from sim.dataset.column_statistics import Columns, shown, spearman, summaries
from sim.dataset.statistics_drawing import COLOURS, plot_columns


@pytest.fixture
def numbers():
    return np.random.Generator(np.random.PCG64(71))


def columns(values, *, lists=None, words=None, varied=()):
    return Columns(
        "a dataset: some images", {name: np.array(column, dtype=float) for name, column in values.items()},
        lists or {}, words or {}, dict.fromkeys(values, "nm"), tuple(varied),
    )  # fmt: skip


@pytest.fixture
def measured(numbers):
    x = numbers.random(400)
    values = {
        "specimen.mixing": x,
        "hetero": 2 * x * (1 - x),
        "area": 5.0 - x + 0.1 * numbers.normal(size=400),
    }
    parts = {f"curve[{place}]": (place + 1) * (1 + x) for place in range(7)}
    return columns(
        {**values, **parts, "constant": np.full(400, 0.1)},
        lists={"curve": tuple(parts)}, words={"split": ["train"] * 300 + ["test"] * 100},
        varied=["specimen.mixing"],
    )  # fmt: skip


def test_summary_of_five_numbers_and_one_that_is_none():
    (found,) = summaries(columns({"a": [3.0, np.nan, 1.0, 10.0, 4.0, 2.0]}), ["a"])
    assert found.n == 5 and found.mean == 4.0 and found.sd == pytest.approx(np.sqrt(50 / 4))
    assert (found.minimum, found.quartile_1, found.median, found.quartile_3, found.maximum) == (
        1,
        2,
        3,
        4,
        10,
    )
    assert found.unit == "nm"


def test_equal_numbers_have_no_deviation_and_a_mean_among_them(measured):
    (found,) = summaries(measured, ["constant"])
    assert found.sd == 0.0 and found.mean == found.minimum == found.maximum == 0.1
    (single,) = summaries(columns({"a": [2.5]}), ["a"])
    assert single.n == 1 and single.sd is None


def test_spearman_with_ties_is_scipys(numbers):
    one = numbers.integers(0, 8, 200).astype(float)
    two = one + numbers.integers(0, 6, 200)
    assert spearman(one, two) == pytest.approx(scipy.stats.spearmanr(one, two).statistic, rel=1e-12)
    one[3] = np.nan
    kept = np.isfinite(one)
    expected = scipy.stats.spearmanr(one[kept], two[kept]).statistic
    assert spearman(one, two) == pytest.approx(expected, rel=1e-12)
    assert spearman(two, -two) == -1.0
    assert spearman(one, np.ones(200)) is None and spearman(np.empty(0), np.empty(0)) is None


def test_groups_by_words_by_few_numbers_and_by_quarters(measured):
    by_split = summaries(measured, ["area"], "split", against=True)
    assert [(found.group, found.n) for found in by_split] == [("test", 100), ("train", 300)]
    assert by_split[1].against["specimen.mixing"] < -0.8
    quarters = measured.groups("specimen.mixing")
    assert [int(mask.sum()) for mask in quarters.values()] == [100] * 4
    assert np.all(np.stack(list(quarters.values())).sum(axis=0) == 1)
    few = columns({"count": [1, 2, 2, 5]}).groups("count")
    assert {name: mask.tolist() for name, mask in few.items()} == {
        "count 1": [True, False, False, False],
        "count 2": [False, True, True, False],
        "count 5": [False, False, False, True],
    }


def test_long_lists_are_described_when_asked_for(measured):
    assert measured.chosen([]) == ["specimen.mixing", "hetero", "area", "constant"]
    assert measured.hidden() == ["curve"]
    assert measured.chosen(["curve", "area"]) == [*measured.lists["curve"], "area"]
    assert measured.chosen(["curve[2]"]) == ["curve[2]"]


@pytest.mark.parametrize(
    ("name", "word"), [("heterr", "did you mean 'hetero'"), ("split", "column of words")]
)
def test_unknown_columns_are_refused_by_name(measured, name, word):
    with pytest.raises(InputError, match=word):
        measured.chosen([name])
    with pytest.raises(InputError, match="--by"):
        measured.groups("splitt")


def test_numbers_as_they_are_shown():
    assert [shown(value) for value in (None, 3.0, 0.123456, 1234567.0, -2.5e-7)] == [
        "-", "3", "0.1235", "1.235e+06", "-2.5e-07",
    ]  # fmt: skip


def test_picture_has_a_row_for_each_column_that_varies(measured):
    picture = plot_columns(measured)
    three = plot_columns(measured, ["hetero", "area", "curve"])
    assert picture.size == three.size  # the constant column and the setting have no rows
    one = plot_columns(measured, ["hetero"])
    assert one.size[0] == picture.size[0] and picture.size[1] - one.size[1] == 2 * 212


def test_dots_lie_where_the_numbers_are():
    """Three images on a rising line: lower left, middle and upper right of the frame, in the first colour."""
    table = columns({"setting": [0.0, 1.0, 2.0], "b": [10.0, 20.0, 30.0]}, varied=["setting"])
    pixels = np.asarray(plot_columns(table, ["b"]))
    # The second frame begins 332 pixels after the first.
    blue = np.argwhere(np.all(pixels[:, 332:] == COLOURS[0], axis=2))
    low, high = blue.min(axis=0), blue.max(axis=0)
    assert high[1] - low[1] == pytest.approx(259, abs=3) and high[0] - low[0] == pytest.approx(149, abs=3)
    lowest = blue[blue[:, 0] == high[0]]
    assert lowest[:, 1].max() < low[1] + 4  # rows grow downwards: the smallest number is at the left


def test_groups_have_colours_of_their_own_and_none_hides_another(measured):
    pixels = np.asarray(plot_columns(measured, ["area"], "split")).reshape(-1, 3)
    for colour in COLOURS[:2]:
        assert np.count_nonzero(np.all(pixels == colour, axis=1)) > 300
    with pytest.raises(InputError, match="9 groups"):
        plot_columns(columns({"a": range(9)}), ["a"], "a")


def test_odd_columns_are_drawn_all_the_same():
    """A single image, infinities, huge numbers, nothing finite."""
    table = columns({"a": [1.0], "b": [np.inf], "c": [1.7e300]}, varied=["a"])
    assert plot_columns(table).size[1] > 2 * 200
    wide = columns({"a": [-1.7e300, 0.0, 1.7e300], "b": [np.nan] * 3}, varied=["b"])
    assert plot_columns(wide, ["a"]).size[1] > 200
