"""Position-addressed words against numpy's Philox, and what is drawn from them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.numerics.detmath import normal_quantile
from sim.numerics.streams import ROUND_STRIDE, Stream, derive_seed


def reference(stream, count):
    return np.random.Philox(key=stream.key).random_raw(count)


def test_words_are_numpy_philox():
    stream = Stream(42, "shot")
    np.testing.assert_array_equal(stream.words(4001), reference(stream, 4001))


@settings(max_examples=50)
@given(st.integers(0, 5000), st.integers(0, 300))
def test_any_stretch_of_words_is_part_of_the_one_sequence(start, count):
    stream = Stream(7, "stretch")
    np.testing.assert_array_equal(stream.words(count, start), reference(stream, 5300)[start : start + count])


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2**64 - 9), min_size=1, max_size=40), st.integers(0, 2**64))
def test_words_at_positions_equal_words_in_order(positions, seed):
    """Our own Philox4x64-10 against numpy's, at positions up to the last 64-bit one."""
    stream = Stream(seed, "here", 3)
    expected = [int(stream.words(1, position)[0]) for position in positions]
    assert stream.words_at(np.array(positions, dtype=np.uint64)).tolist() == expected


def test_words_at_keeps_the_shape_and_crosses_blocks():
    stream = Stream(1, "grid")
    positions = np.arange(70_000)[::-1].reshape(100, 700)
    np.testing.assert_array_equal(stream.words_at(positions), reference(stream, 70_000)[positions])


def test_pairs_are_two_following_words():
    stream = Stream(1, "pairs")
    positions = np.array([0, 2, 4, 6, 1000, ROUND_STRIDE + 10])
    one, two = stream.pairs_at(positions)
    np.testing.assert_array_equal(one, stream.words_at(positions))
    np.testing.assert_array_equal(two, stream.words_at(positions + 1))


def test_key_and_seed_are_what_the_documentation_says():
    """The exact text that is hashed, written out: a change of it changes every dataset."""
    text = b'["nanophantom",1,"stream",42,["noise",7]]'
    assert Stream(42, "noise", 7).key == int.from_bytes(hashlib.sha256(text).digest()[:16], "big")
    text = '["nanophantom",1,"Ågren",{"a":1.5}]'.encode()
    assert derive_seed("Ågren", {"a": 1.5}) == int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def test_streams_differ_by_seed_and_purpose_and_children_are_addressed_by_path():
    streams = [
        Stream(1),
        Stream(2),
        Stream(1, "a"),
        Stream(1, "a", "b"),
        Stream(1, "ab"),
        Stream(1, 1),
        Stream(1, "1"),
    ]
    assert len({stream.key for stream in streams}) == len(streams)
    assert Stream(1, "a").child("b", 2).key == Stream(1, "a", "b", 2).key


def test_asking_twice_or_in_another_order_changes_nothing():
    stream = Stream(3, "order")
    later = stream.words(10, 100)
    stream.normals(5)
    np.testing.assert_array_equal(stream.words(10, 100), later)
    np.testing.assert_array_equal(Stream(3, "order").words(110)[100:], later)


@pytest.mark.parametrize("bad", ["7", True, 1.0, None])
def test_a_seed_is_an_integer(bad):
    with pytest.raises(TypeError, match="keyed by"):
        Stream(bad)


@pytest.mark.parametrize("bad", [True, 1.5, None])
def test_a_purpose_is_text_or_an_integer(bad):
    with pytest.raises(TypeError, match="keyed by"):
        Stream(1, bad)


def test_normals_do_not_depend_on_where_they_start():
    """Also across the internal blocks."""
    stream = Stream(4, "normal")
    whole = stream.normals(40_000)
    np.testing.assert_array_equal(whole, normal_quantile(reference(stream, 40_000)))
    np.testing.assert_array_equal(stream.normals(20_001, 13_003), whole[13_003:33_004])


def test_integers_are_unbiased_over_an_awkward_bound():
    """With bound 3·2⁶² − 1, a third of plain remainders would be wrong; thirds must be equal."""
    bound = 3 * 2**61 - 1
    values = Stream(5, "bound").integers(60_000, bound)
    thirds = np.bincount((values // (2**61)).astype(int), minlength=3)
    assert scipy.stats.chisquare(thirds).pvalue > 1e-4
    assert values.min() >= 0 and values.max() < bound


def test_integers_are_addressed_by_position():
    stream = Stream(6, "bound")
    bound = 2**63 - 2**60
    whole = stream.integers(3000, bound)
    np.testing.assert_array_equal(stream.integers(700, bound, start=1234), whole[1234:1934])


def test_integers_of_small_bounds():
    values = Stream(7, "dice").integers(60_000, 6)
    assert scipy.stats.chisquare(np.bincount(values, minlength=6)).pvalue > 1e-4
    np.testing.assert_array_equal(Stream(7, "one").integers(5, 1), 0)
    for bad in (0, -3, 2**63 + 1):
        with pytest.raises(ValueError, match="bound"):
            Stream(7).integers(1, bad)


def test_permutations_are_permutations_and_all_equally_likely():
    order = Stream(8, "many").permutation(1000)
    assert sorted(order.tolist()) == list(range(1000))
    seen: dict[tuple[int, ...], int] = {}
    for number in range(2400):
        key = tuple(Stream(8, "few", number).permutation(4).tolist())
        seen[key] = seen.get(key, 0) + 1
    assert len(seen) == 24
    assert scipy.stats.chisquare(list(seen.values())).pvalue > 1e-4


def test_uniforms_fill_the_interval():
    values = Stream(9, "uniform").uniforms(50_000)
    assert scipy.stats.kstest(values, "uniform").pvalue > 1e-4
