"""Numbers as typed and shown, steps and sliders."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gui.document import fields, numbers, units
from sim.core.errors import InputError

finite = st.floats(allow_nan=False, allow_infinity=False)
UNITS = sorted({unit for family in units.FAMILIES for unit in family})


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.2 nm", "Å", 12.0),
        ("0.07nm", "Å", 0.7),
        ("3", "Å", 3.0),
        ("3 A", "Å", 3.0),
        ("3 \u212b", "Å", 3.0),
        ("250 pm", "Å", 2.5),
        ("2 µm", "Å", 20000.0),
        ("2 \u03bcm", "nm", 2000.0),
        ("12 Å", "nm", 1.2),
        ("20 pm/px", "Å/px", 0.2),
        ("0.02 nm / px", "Å/px", 0.2),
        ("45 deg", "°", 45.0),
        ("500 mrad", "°", math.degrees(0.5)),
        ("1 rad", "°", math.degrees(1)),
        ("1000 e/nm2", "e⁻/Å²", 10.0),
        ("1e5 e-/A^2", "e⁻/Å²", 1e5),
        ("2 e⁻/Å²", "e⁻/Å²", 2.0),
        ("2 ms", "µs", 2000.0),
        ("1 s", "µs", 1e6),
        ("500 ns", "us", 0.5),
        ("0.05 kHz", "Hz", 50.0),
        ("0.03 nA", "pA", 30.0),
        ("3 nm-1", "1/nm", 3.0),
        ("0.3 1/Å", "1/nm", 3.0),
        ("2 nm/min", "Å/s", 1 / 3),
        ("5 %", "", 0.05),
        ("1,5", "", 1.5),
        (",5", "", 0.5),
        ("0,125", "", 0.125),
        ("−2", "", -2.0),
        (" 1.5E-4 ", "", 1.5e-4),
        ("7 kV", "kV", 7.0),
    ],
)
def test_what_people_type(text, unit, value):
    assert numbers.parse(text, unit=unit if unit != "us" else "µs") == value


@pytest.mark.parametrize("text", ["1,000", "12,345,678", "1 000", "1'000", "1.000.000", "1,000.5", "1.000,5"])
def test_grouped_digits_are_refused(text):
    with pytest.raises(InputError, match="write 1000 for a thousand"):
        numbers.parse(text)


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "--1", "1e", ".", "0x10", "1_000", "e5", "9" * 100])
def test_no_number(text):
    with pytest.raises(InputError, match=r"is no number|which does not fit|pure number"):
        numbers.parse(text)


def test_sentences_name_what_fits():
    with pytest.raises(
        InputError, match=r"1.2 kg: has the unit 'kg', which does not fit; allowed: pm, Å, nm, µm"
    ):
        numbers.parse("1.2 kg", unit="Å")
    with pytest.raises(InputError, match=r"which does not fit; allowed: ns, µs, ms, s"):
        numbers.parse("1 Å", unit="µs")
    with pytest.raises(InputError, match="this is a pure number"):
        numbers.parse("1 nm")
    with pytest.raises(InputError, match="type a number in Å"):
        numbers.parse("  ", unit="Å")
    with pytest.raises(InputError, match="too large"):
        numbers.parse("1e308 nm", unit="pm")


def test_an_endless_exponent_takes_no_time():
    with pytest.raises(InputError):
        numbers.parse("1e999999999")


@given(finite, st.sampled_from(UNITS), st.sampled_from([None, 0.05, 1.0, 1e4]))
def test_shown_numbers_read_back(value, unit, step):
    text = numbers.format(value, unit, step)
    assert numbers.parse(text, unit=unit) == (value * 1.0 if value else 0.0)


@given(st.integers(0, 2**63))
def test_whole_numbers_keep_their_digits(value):
    assert numbers.format(value) == str(value)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.6, 0.05, "0.6"),
        (20.0, 1.0, "20"),
        (1e5, 1e4, "1e5"),
        (1e5, 1.0, "100000"),
        (1.1e-4, 1e-5, "1.1e-4"),
        (-0.0, None, "0"),
        (1e9, None, "1e9"),
        (123456.5, 1e4, "123456.5"),
        (1e22, None, "1e22"),
    ],
)
def test_numbers_are_short(value, step, text):
    assert numbers.format(value, "", step) == text


@pytest.mark.parametrize(
    ("value", "steps", "how", "expected"),
    [
        (0.6, 1, {"step": 0.05}, 0.65),
        (0.6, -3, {"step": 0.1}, 0.3),
        (0.63, 1, {"step": 0.05}, 0.65),
        (0.63, -1, {"step": 0.05}, 0.6),
        (0.6, 1, {"step": 0.05, "fine": True}, 0.605),
        (0.6, 1, {"step": 0.05, "coarse": True}, 1.1),
        (4.99, 1, {"step": 0.05, "high": 5.0}, 5.0),
        (4.99, 10, {"step": 0.05, "high": 5.0}, 5.0),
        (0.05, -1, {"step": 0.05, "low": 0.05}, 0.05),
        (0.1, -1, {"step": 0.1, "low": 0.0, "above": True}, 0.1),
        (0.01, 1, {"step": 1.0, "low": 0.01}, 1.0),
        (100, 1, {"step": 8, "whole": True}, 104),
        (5, 1, {"step": 1, "whole": True, "fine": True}, 6),
        (0.0, -1, {"step": 0.1}, -0.1),
        (0.00037, 1, {}, 0.00038),
    ],
)
def test_steps(value, steps, how, expected):
    found = numbers.stepped(value, steps, **how)
    assert found == expected and isinstance(found, int) == how.get("whole", False)


bounded = [field for field in fields.fields_of() if field.editor in ("number", "integer", "auto_integer")]


@pytest.mark.parametrize("field", bounded, ids=lambda field: field.path)
def test_sliders_of_all_settings(field):
    whole = field.editor != "number"
    scale = numbers.slider_scale(field.low, field.high, field.step, whole=whole, above=field.above)
    if scale is None:
        assert field.path in ("seed", "images", "repeats", "dataset.images_per_shard")
        return
    values = [scale.value(i / 200) for i in range(201)]
    assert values == sorted(values)
    assert values[-1] == field.high and (values[0] > field.low if field.above else values[0] == field.low)
    # Whole numbers from a short range are all there is.
    few = (field.high - field.low) / field.step if whole else 1e9
    assert len(set(values)) > min(60, 0.8 * few)
    for value in values:
        assert abs(scale.value(scale.fraction(value)) - value) <= max(1e-9, 0.006 * abs(value))
        assert len(numbers.format(value)) <= 9
    assert scale.fraction(field.low - 1) == 0.0 and scale.fraction(field.high + 1) == 1.0
    assert all(isinstance(value, int) == whole for value in values)


def test_large_ranges_are_logarithmic_and_reach_zero():
    dose = numbers.slider_scale(0.0, 1e9, 1e4)
    assert dose.logarithmic and dose.value(0.0) == 0.0 and 1e5 < dose.value(0.35) < 1e7
    shift = numbers.slider_scale(-1000.0, 1000.0, 0.1)
    assert shift.value(0.5) == 0.0 and shift.value(0.25) == -shift.value(0.75) and 1 < shift.value(0.75) < 30
    angle = numbers.slider_scale(-360.0, 360.0, 1.0)
    assert not angle.logarithmic and angle.value(0.75) == 180.0
    assert (
        numbers.slider_scale(None, 5.0, 1.0) is None
        and numbers.slider_scale(0, 2**63 - 1, 1, whole=True) is None
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_sliders_are_monotone(first, second):
    for scale in (numbers.slider_scale(0.0, 1e9, 1e4), numbers.slider_scale(-1000.0, 1000.0, 0.1)):
        low, high = sorted((first, second))
        assert scale.value(low) <= scale.value(high)
