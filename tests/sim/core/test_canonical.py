"""Canonical JSON and array hashes: one text and one hash a value, on every platform."""

from __future__ import annotations

import hashlib
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.canonical import array_sha256, canonical_json, plain, sha256_of

trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_the_text_is_the_documented_one():
    """Written out by hand: sorted keys, no spaces, shortest floats, raw non-ASCII, text above 2^53."""
    value = {"σ": 0.1, "b": (1, -0.0, True), "a": 2**53 + 1, "limit": 2**53, "gone": None}
    assert (
        canonical_json(value) == '{"a":"9007199254740993","b":[1,0.0,true],"limit":9007199254740992,"σ":0.1}'
    )


@given(trees)
def test_canonical_form_is_stable_under_a_json_round_trip(tree):
    text = canonical_json(tree)
    assert canonical_json(json.loads(text)) == text


@given(st.lists(st.sampled_from([-0.0, 0.0, 1.5, -1.5]), max_size=5))
def test_minus_zero_becomes_zero(numbers):
    assert all(math.copysign(1, number) == 1 for number in plain(tuple(numbers)) if number == 0)


def test_key_order_does_not_matter_and_values_do():
    assert sha256_of({"a": 1, "b": 2}) == sha256_of({"b": 2, "a": 1})
    assert sha256_of({"a": 1}) != sha256_of({"a": 1.0})
    assert sha256_of({"a": 1}) != sha256_of({"a": True})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), [1.0, float("-inf")]])
def test_no_text_for_what_is_not_finite(bad):
    with pytest.raises(ValueError, match="no canonical form"):
        canonical_json(bad)


def test_no_text_for_an_unknown_type():
    with pytest.raises(TypeError, match="set has no canonical form"):
        canonical_json({"a": {1, 2}})


def test_array_hash_is_the_documented_one():
    """dtype text, shape, then little-endian C-order bytes, put together here by hand."""
    array = np.arange(6, dtype=np.uint16).reshape(2, 3)
    expected = hashlib.sha256(b"<u2[2, 3]" + bytes([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0])).hexdigest()
    assert array_sha256(array) == expected


def test_array_hash_ignores_byte_order_and_layout_only():
    array = np.arange(12, dtype=np.float64).reshape(3, 4)
    assert array_sha256(array.astype(">f8")) == array_sha256(array)
    assert array_sha256(np.asfortranarray(array)) == array_sha256(array)
    assert array_sha256(array.reshape(4, 3)) != array_sha256(array)
    assert array_sha256(array.astype(np.float32)) != array_sha256(array)
    assert array_sha256(array.T) != array_sha256(array)


def test_empty_arrays_have_hashes_that_tell_them_apart():
    assert array_sha256(np.empty((0, 3))) != array_sha256(np.empty((0,)))
