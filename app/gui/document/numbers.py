"""Numbers as people type and read them: with units, in nice steps, on sliders."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from app.gui.document import units
from sim.core.errors import InputError, shorten

#: Longer texts are no numbers.
LONGEST = 60
#: A slider whose end is this many steps away is logarithmic.
MOST_LINEAR_STEPS = 999
#: A linear slider with fewer steps than this goes by tenths of a step: dragging shall be smooth.
FEWEST_POSITIONS = 100
#: Whole-number settings with more steps than this have no slider: no hand could place it.
MOST_WHOLE_STEPS = 20_000

_NUMBER = re.compile(r"[+−-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+−-]?[0-9]{1,3})?")
_GROUPED = re.compile(
    r"[+−-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,eE])"  # 1,000
    r"|[0-9]+[.,][0-9]+[.,][0-9]"  # 1,000.5 and 1.000.000
    r"|[0-9]{1,3}(?:['’ \u00a0\u2009\u202f][0-9]{3})+(?![0-9/]))"  # 1 000 and 1'000
)


def parse(text: str, unit: str = "") -> float:
    """The number that a person typed, in the setting's unit.

    Parameters
    ----------
    text
        A number with a point or a comma, with an exponent if wanted, and a unit if wanted:
        ``1.2 nm`` is 12 where the setting's unit is Å.
    unit
        The setting's unit, and that of a number without one.

    Raises
    ------
    InputError
        For what is no number, for grouped digits, and for a unit that does not fit.
    """
    typed = text.strip()
    if not typed:
        raise InputError("number", "is missing", remedy=f"type a number{f' in {unit}' if unit else ''}")
    if _GROUPED.match(typed):
        raise InputError(
            _shown(typed),
            "has its digits in groups, or a comma that may separate groups",
            remedy="write 1000 for a thousand and 1.5 for one and a half",
        )
    found = _NUMBER.match(typed)
    if not found or len(typed) > LONGEST:
        raise _no_number(typed, unit)
    written = typed[found.end() :].strip()
    size = units.ratio(written, unit) if written else Fraction(1)
    if size is None:
        raise _wrong_unit(typed, written, unit)
    digits = found.group().replace("−", "-").replace(",", ".")
    try:
        # Exact until the end: 0.07 nm is 0.7 Å, not 0.7000000000000001.
        value = float(Fraction(Decimal(digits)) * size)
    except OverflowError:
        raise InputError(typed, "is too large for a number", remedy="choose a smaller value") from None
    return value + 0.0  # no negative zero


def format(value: float, unit: str = "", step: float | None = None) -> str:
    """The shortest text that :func:`parse` turns into the same number.

    Parameters
    ----------
    value
        A finite number; whole numbers keep all their digits.
    unit
        Unit to put behind it.
    step
        Step of the setting: where it is a thousand or more, powers of ten are written as ``1e5``.
    """
    return f"{_digits(value, step)}{f' {unit}' if unit else ''}"


def stepped(
    value: float,
    steps: int,
    step: float | None = None,
    *,
    fine: bool = False,
    coarse: bool = False,
    low: float | None = None,
    high: float | None = None,
    above: bool = False,
    whole: bool = False,
) -> float:
    """The value some steps further on, on multiples of the step, inside its bounds.

    Parameters
    ----------
    value
        Where to start; a value between two multiples first goes to the next.
    steps
        How many, negative for downwards.
    step
        Size of one; None: a tenth of the value's leading digit's place.
    fine, coarse
        A tenth of the step, ten times the step.
    low, high, above
        Bounds; a value that has to stay above ``low`` stays where a step would reach it.
    whole
        The result is an int.
    """
    size = Decimal(repr(step)) if step else _natural_step(value, whole)
    if fine:
        size /= 10
    if whole:
        size = max(Decimal(1), size.to_integral_value(ROUND_FLOOR))
    start = Decimal(repr(value))
    on_grid = (start / size).to_integral_value(ROUND_FLOOR if steps > 0 else ROUND_CEILING) * size
    target = on_grid + steps * size * (10 if coarse else 1) if steps else start
    if above and low is not None and target <= Decimal(repr(low)):
        target = start
    if high is not None:
        target = min(target, Decimal(repr(high)))
    if low is not None:
        target = max(target, Decimal(repr(low)))
    return int(target) if whole else float(target) + 0.0


@dataclass(frozen=True)
class SliderScale:
    """Positions 0 … 1 of a slider and the values of a setting.

    Attributes
    ----------
    low, high
        Values at the two ends.
    step
        The setting's step.
    logarithmic
        Equal ways are equal ratios; around zero, differences.
    whole
        Values are whole numbers.
    above
        The lower end itself is not allowed; the slider ends just above it.
    """

    low: float
    high: float
    step: float
    logarithmic: bool
    whole: bool = False
    above: bool = False

    def fraction(self, value: float) -> float:
        """Position of a value; values outside lie at the ends."""
        start, stop = self._bent(self.low), self._bent(self.high)
        inside = min(max(float(value), self.low), self.high)
        return min(1.0, max(0.0, (self._bent(inside) - start) / (stop - start)))

    def value(self, fraction: float) -> float:
        """A round value at a position; the ends are the bounds."""
        if fraction >= 1.0:
            return self._typed(self.high)
        if fraction <= 0.0:
            return self._least()
        start, stop = self._bent(self.low), self._bent(self.high)
        exact = self._unbent(start + fraction * (stop - start))
        if self.logarithmic and (self.low > 0 or abs(exact) >= self.step):
            rounded = float(f"{exact:.3g}")
        else:
            size = self._grain
            rounded = float((Decimal(repr(exact)) / size).to_integral_value(ROUND_HALF_EVEN) * size)
        inside = min(max(rounded, self.low), self.high)
        if self.above and inside <= self.low:
            return self._least()
        return self._typed(inside)

    @property
    def _grain(self) -> Decimal:
        """What values of a linear slider are multiples of: the step, or a tenth where that is coarse."""
        step = Decimal(repr(self.step))
        coarse = not self.whole and (self.high - self.low) / self.step < FEWEST_POSITIONS
        return step / 10 if coarse or self.logarithmic else step

    def _least(self) -> float:
        if not self.above:
            return self._typed(self.low)
        return self._typed(
            float(Decimal(repr(self.low)) + Decimal(repr(self.step)) / (1 if self.whole else 10))
        )

    def _typed(self, value: float) -> float:
        return round(value) if self.whole else float(value) + 0.0

    def _bent(self, value: float) -> float:
        if not self.logarithmic:
            return value
        if self.low > 0:
            return math.log(value)
        return math.copysign(math.log1p(abs(value) / self.step), value)

    def _unbent(self, value: float) -> float:
        if not self.logarithmic:
            return value
        if self.low > 0:
            return math.exp(value)
        return math.copysign(math.expm1(abs(value)) * self.step, value)


def slider_scale(
    low: float | None, high: float | None, step: float | None, *, whole: bool = False, above: bool = False
) -> SliderScale | None:
    """The scale of a setting's slider; None where it has no two bounds or no hand could place it."""
    if low is None or high is None or low >= high:
        return None
    size = step or (1 if whole else (high - low) / 100)
    reach = max(abs(low), abs(high)) / size
    if whole and reach > MOST_WHOLE_STEPS:
        return None
    return SliderScale(float(low), float(high), float(size), reach >= MOST_LINEAR_STEPS, whole, above)


def _digits(value: float, step: float | None) -> str:
    if isinstance(value, int):
        return str(int(value))
    text = repr(float(value) + 0.0)
    mantissa, _, exponent = text.partition("e")
    plain = mantissa.removesuffix(".0")
    if exponent:
        return f"{plain}e{int(exponent)}"
    size = abs(value)
    if size != 0 and (size < 1e-3 or size >= (1e4 if step is not None and step >= 1000 else 1e7)):
        sign, digits, power = Decimal(text).normalize().as_tuple()
        assert isinstance(power, int)
        head = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
        scientific = f"{'-' if sign else ''}{head}e{power + len(digits) - 1}"
        return scientific if len(scientific) < len(plain) else plain
    return plain


def _natural_step(value: float, whole: bool) -> Decimal:
    if whole:
        return Decimal(1)
    return Decimal(10) ** (Decimal(repr(value)).adjusted() - 1) if value else Decimal("0.1")


def _no_number(typed: str, unit: str) -> InputError:
    example = f"1.2 {unit}".strip()
    return InputError(_shown(typed), "is no number", remedy=f"type a number, for example {example}")


def _shown(typed: str) -> str:
    return shorten(typed)[1:-1]


def _wrong_unit(typed: str, written: str, unit: str) -> InputError:
    shown = _shown(typed)
    if not unit:
        return InputError(
            shown, f"has the unit {shorten(written, 20)}, and this is a pure number", remedy="leave it out"
        )
    return InputError(
        shown,
        f"has the unit {shorten(written, 20)}, which does not fit",
        allowed=", ".join(units.fitting(unit)),
        remedy="use one of these, or none",
    )
