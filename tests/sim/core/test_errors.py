"""Errors: one sentence each, the same one after a journey between processes."""

from __future__ import annotations

import copy
import pickle

import pytest

from sim.core.errors import (
    Cancelled,
    InputError,
    InputErrors,
    IntegrityError,
    NanophantomError,
    nearest,
    shorten,
)

FULL = InputError("imaging.sigma", "outside its range", value=9.0, allowed="0.05 to 5 Å", remedy="lower it")
PLAIN = InputError("recipe", "is no text")


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        PLAIN,
        InputErrors([FULL, PLAIN]),
        InputErrors([InputErrors([PLAIN, FULL]), FULL]),
        IntegrityError("damaged"),
        Cancelled("stop"),
        NanophantomError("anything"),
    ],
)
@pytest.mark.parametrize("journey", [*range(pickle.HIGHEST_PROTOCOL + 1), "copy"])
def test_errors_survive_pickling(error, journey):
    error.__cause__ = ValueError("left behind")
    again = copy.copy(error) if journey == "copy" else pickle.loads(pickle.dumps(error, journey))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
    assert [str(each) for each in getattr(again, "errors", ())] == [
        str(each) for each in getattr(error, "errors", ())
    ]
    for name in ("parameter", "problem", "value", "allowed", "remedy"):
        assert getattr(again, name, None) == getattr(error, name, None)


def test_an_error_with_notes_or_a_changed_text_keeps_them():
    error = InputError("a", "b", value=[1])
    error.args = ("another text",)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.value) == ("another text", [1])


def test_the_sentence():
    assert str(FULL) == "imaging.sigma = 9.0: outside its range; allowed: 0.05 to 5 Å; lower it."
    assert str(PLAIN) == "recipe: is no text."
    assert str(InputErrors([FULL, PLAIN])) == f"{FULL}\n{PLAIN}"
    assert str(InputError("a", "b", value=None)) == "a = None: b."


def test_values_without_a_text_are_left_out():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert shorten(deep) == "..."
    assert shorten(1 << 100_000) == "..."
    assert shorten("x" * 100) == "'" + "x" * 37 + "..." + "x" * 37 + "'"
    assert len(shorten("x" * 100)) <= 80


def test_nearest_word():
    assert nearest("sgma", ["sigma", "alpha"]) == "did you mean 'sigma'?"
    assert nearest("qqq", ["sigma", "alpha"]) == ""
