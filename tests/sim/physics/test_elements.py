"""Element symbols and the meaning of labels."""

from __future__ import annotations

import ase.data
import pytest

from sim.physics.elements import LARGEST_NUMBER, SYMBOLS, number_of, number_of_label, symbol_of


def test_symbols_match_ase():
    """An independent table: ase.data.chemical_symbols, whose entry 0 is a placeholder."""
    assert list(SYMBOLS) == ase.data.chemical_symbols[1:119]


def test_symbols_and_numbers_are_inverse():
    for number in range(1, LARGEST_NUMBER + 1):
        symbol = symbol_of(number)
        assert number_of(symbol) == number_of(symbol.upper()) == number_of(symbol.lower()) == number


@pytest.mark.parametrize("number", [0, 119, -1])
def test_no_symbol_outside_the_table(number):
    with pytest.raises(ValueError, match=str(number)):
        symbol_of(number)


@pytest.mark.parametrize("word", ["", "X", "Xx", "Ångström", "79", "Au1"])
def test_what_is_no_symbol(word):
    assert number_of(word) is None


def test_heavy_hydrogen_is_hydrogen():
    assert number_of("D") == number_of("T") == 1


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("Zn1", "Zn"),
        ("Fe3+", "Fe"),
        ("O2-", "O"),
        ("O1A", "O"),
        ("OW1", "O"),
        ("Ca2", "Ca"),
        ("CuA", "Cu"),
        ("AG1", "Ag"),
    ],
)
def test_clear_labels(label, symbol):
    assert number_of_label(label) == number_of(symbol)


@pytest.mark.parametrize("label", ["CA", "CU1", "ca1", "Wat", "Hoh", "Label", "1", "", "?", "HG11"])
def test_unclear_labels_are_not_guessed(label):
    """CA may be calcium or an alpha carbon; Wat begins with W but is water."""
    assert number_of_label(label) is None
