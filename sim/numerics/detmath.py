"""Elementary functions with the same bits on every machine.

Tier A: float64 only, one correctly rounded operation (``+ - * / sqrt floor``, comparison, integer or
bit operation) per numpy call, always elementwise.  No compiler can then contract ``a*b + c`` into a
fused operation, and no libm, SVML or BLAS takes part.  Coefficients are written as exact rationals
or decimal constants that Python rounds once.

Error bounds given below are measured against 40-digit references in ``tests/sim/numerics``.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WordArray = NDArray[np.uint64]
BoolArray = NDArray[np.bool_]

LOG2_E = float.fromhex("0x1.71547652b82fep+0")
#: ln 2 in two parts; the first has 33 significant bits, so k·LN2_HIGH is exact for |k| < 2²⁰.
LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
DEGREE = float.fromhex("0x1.1df46a2529d39p-6")
#: Bit pattern of sqrt(2): mantissas are taken between sqrt(1/2) and sqrt(2).
SQRT2_BITS = 0x3FF6A09E667F3BCD

#: exp gives exactly 0 below the first and infinity above the second.
EXP_UNDERFLOW = -708.0
EXP_OVERFLOW = 709.0

_BITS_OF_ONE = np.uint64(0x3FF0000000000000)

# exp(r) = 1 + r + r²·E(r), Taylor to r¹³; for |r| ≤ ln(2)/2 what is left out is below 5e-18.
EXP_COEFFICIENTS = [1.0 / math.factorial(n) for n in range(13, 1, -1)]
# log((1+s)/(1−s)) = 2s + s·z·(2/3 + 2/5·z + …) with z = s².
LOG_COEFFICIENTS = [2.0 / (2 * n + 1) for n in range(11, 0, -1)]
_SIN = [(-1.0 if n % 2 else 1.0) / math.factorial(2 * n + 1) for n in range(9, 0, -1)]
_COS = [(-1.0 if n % 2 else 1.0) / math.factorial(2 * n) for n in range(9, 0, -1)]


def horner(coefficients: list[float], x: FloatArray) -> FloatArray:
    """Polynomial with the highest power's coefficient first; a new array."""
    value = np.asarray(np.multiply(x, coefficients[0]))
    for coefficient in coefficients[1:-1]:
        np.add(value, coefficient, out=value)
        np.multiply(value, x, out=value)
    np.add(value, coefficients[-1], out=value)
    return value


def exp(x: ArrayLike, out: FloatArray | None = None) -> FloatArray:
    """e to the power x, within 1 ulp.

    Parameters
    ----------
    x
        Any shape.  Below −708 the result is exactly 0 (no subnormal numbers), above 709 infinity,
        NaN stays NaN.
    out
        Array to write into, same shape; may be ``x`` itself.
    """
    given = np.asarray(x, dtype=np.float64)
    clipped = np.fmin(np.fmax(given, EXP_UNDERFLOW), EXP_OVERFLOW)
    extreme = not bool(np.all(np.equal(clipped, given)))
    low, high, invalid = None, None, None
    if extreme:
        low, high = np.less(given, EXP_UNDERFLOW), np.greater(given, EXP_OVERFLOW)
        invalid = np.not_equal(given, given)
    exponent = np.multiply(clipped, LOG2_E)
    exponent = np.floor(np.add(exponent, 0.5))
    part = np.multiply(exponent, LN2_HIGH)
    r = np.subtract(clipped, part)
    part = np.multiply(exponent, LN2_LOW)
    r = np.subtract(r, part)
    value = horner(EXP_COEFFICIENTS, r)
    part = np.multiply(r, r)
    value = np.multiply(value, part)
    value = np.add(value, r)
    value = np.add(value, 1.0)
    bits = np.left_shift(np.add(np.asarray(exponent).astype(np.int64), 1023), 52)
    result = np.multiply(value, bits.view(np.float64), out=out)
    if extreme:
        result = np.asarray(result)
        np.copyto(result, 0.0, where=low)
        np.copyto(result, np.inf, where=high)
        np.copyto(result, np.nan, where=invalid)
    return result


def log(x: ArrayLike) -> FloatArray:
    """Natural logarithm, within 1 ulp.

    Zero gives −infinity, negative numbers and NaN give NaN, infinity stays infinity; subnormal
    numbers are handled.
    """
    given = np.asarray(x, dtype=np.float64)
    ordinary = np.logical_and(np.greater_equal(given, 2.0**-1022), np.less(given, np.inf))
    if bool(np.all(ordinary)):
        return log_of_normal(given)
    small = np.logical_and(np.greater(given, 0.0), np.less(given, 2.0**-1022))
    safe = np.where(small, np.multiply(np.where(small, given, 1.0), 2.0**54), np.where(ordinary, given, 1.0))
    value = log_of_normal(safe)
    # 54·ln 2 is subtracted in two parts, the way the exponent itself is.
    shifted = np.subtract(np.subtract(value, 54.0 * LN2_HIGH), 54.0 * LN2_LOW)
    value = np.where(small, shifted, value)
    value = np.where(np.equal(given, 0.0), -np.inf, value)
    value = np.where(np.equal(given, np.inf), np.inf, value)
    return np.where(np.logical_or(np.less(given, 0.0), np.not_equal(given, given)), np.nan, value)


def log_of_normal(x: FloatArray) -> FloatArray:
    """Natural logarithm of positive, finite, normal float64 numbers; nothing is checked."""
    bits = np.ascontiguousarray(x, dtype=np.float64).view(np.int64).reshape(np.shape(x))
    exponent = np.right_shift(np.subtract(bits, SQRT2_BITS - (1 << 52)), 52)
    mantissa = np.subtract(bits, np.left_shift(exponent, 52)).view(np.float64)
    f = np.subtract(mantissa, 1.0)
    s = np.divide(f, np.add(mantissa, 1.0))
    z = np.multiply(s, s)
    tail = np.multiply(horner(LOG_COEFFICIENTS, z), z)
    # 2s = f − s·f with f exact, so log(m) = f − s·(f − tail): the large term carries no rounding.
    scale = exponent.astype(np.float64)
    tail = np.multiply(s, np.subtract(f, tail))
    tail = np.subtract(tail, np.multiply(scale, LN2_LOW))
    return np.add(np.multiply(scale, LN2_HIGH), np.subtract(f, tail))


def power(x: ArrayLike, a: float) -> FloatArray:
    """x to the power a for x ≥ 0; relative error below (2 + 2·|a·ln x|) ulp.

    0 to a positive power is 0, anything to the power 0 is 1; a = 1 returns x itself.
    """
    base = np.asarray(x, dtype=np.float64)
    if a == 0.0:
        return np.ones_like(base)
    if a == 1.0:
        return base.copy()
    return exp(np.multiply(log(base), float(a)))


def sincos_degrees(a: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Sine and cosine of angles in degrees, |a| < 2⁴⁰; exact at multiples of 90.

    The absolute error is below 2e-16 for any such angle: the reduction by multiples of 90 is exact.
    """
    angle = np.asarray(a, dtype=np.float64)
    quarter = np.floor(np.add(np.multiply(angle, 1.0 / 90.0), 0.5))
    x = np.multiply(np.subtract(angle, np.multiply(quarter, 90.0)), DEGREE)
    z = np.multiply(x, x)
    sine = np.add(x, np.multiply(x, np.multiply(horner(_SIN, z), z)))
    cosine = np.add(np.multiply(horner(_COS, z), z), 1.0)
    turn = np.bitwise_and(np.asarray(quarter).astype(np.int64), 3)
    odd = np.equal(np.bitwise_and(turn, 1), 1)
    sine, cosine = np.where(odd, cosine, sine), np.where(odd, sine, cosine)
    sine = np.where(np.greater_equal(turn, 2), np.negative(sine), sine)
    flip = np.logical_or(np.equal(turn, 1), np.equal(turn, 2))
    # + 0.0 turns −0 into 0, which would otherwise make equal angles hash differently.
    return np.add(sine, 0.0), np.add(np.where(flip, np.negative(cosine), cosine), 0.0)


# Cephes (Moshier, Methods and Programs for Mathematical Functions, 1989), atan: arctan(x) = x + x·z·P/Q
# with z = x², for |x| ≤ 0.66.
ATAN_P = [-8.750608600031904122785e-1, -1.615753718733365076637e1, -7.500855792314704667340e1,
           -1.228866684490136173410e2, -6.485021904942025371773e1]  # fmt: skip
ATAN_Q = [1.0, 2.485846490142306297962e1, 1.650270098316988542046e2, 4.328810604912902668951e2,
           4.853903996359136964868e2, 1.945506571482613964425e2]  # fmt: skip
TAN_EIGHTH = 0.4142135623730951


def arctan2(y: ArrayLike, x: ArrayLike) -> FloatArray:
    """Angle of the point (x, y) from the x axis, radians, in (−π, π]; within 3 ulp.

    Both finite, of shapes that broadcast.  The origin has the angle 0; −0 counts as 0.
    """
    up, right = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    height, width = np.abs(up), np.abs(right)
    low, high = np.minimum(height, width), np.maximum(height, width)
    high = np.where(np.equal(high, 0.0), 1.0, high)
    # Between 22.5° and 45° the angle is counted from 45°.
    far = np.greater(low, np.multiply(high, TAN_EIGHTH))
    # Halved, so that the sum of two huge numbers stays finite.
    half_low, half_high = np.multiply(low, 0.5), np.multiply(high, 0.5)
    slope = np.where(
        far, np.divide(np.subtract(half_low, half_high), np.add(half_low, half_high)), np.divide(low, high)
    )
    z = np.multiply(slope, slope)
    tail = np.divide(np.multiply(z, horner(ATAN_P, z)), horner(ATAN_Q, z))
    angle = np.add(slope, np.multiply(slope, tail))
    angle = np.where(far, np.add(math.pi / 4.0, angle), angle)
    angle = np.where(np.greater(height, width), np.subtract(math.pi / 2.0, angle), angle)
    angle = np.where(np.less(right, 0.0), np.subtract(math.pi, angle), angle)
    return np.where(np.less(up, 0.0), np.negative(angle), angle)


# Cody, Math. Comp. 23, 631 (1969), rational Chebyshev approximations: erf for |x| ≤ 0.46875, erfc up
# to 4.  Above 4 erfc is below 1.6e-8, so that its 1e-9 relative error no longer reaches erf.
_ERF_P = [1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02,
          3.77485237685302021e02, 3.20937758913846947e03]  # fmt: skip
_ERF_Q = [1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03,
          2.84423683343917062e03]  # fmt: skip
_ERFC_P = [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e00,
           6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02,
           1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03]  # fmt: skip
_ERFC_Q = [1.0, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02,
           1.62138957456669019e03, 3.29079923573345963e03, 4.36261909014324716e03,
           3.43936767414372164e03, 1.23033935480374942e03]  # fmt: skip


def erf(x: ArrayLike) -> FloatArray:
    """Error function, within 4 ulp (absolute error below 4e-16); ±1 from |x| = 6 on, NaN stays NaN."""
    given = np.asarray(x, dtype=np.float64)
    magnitude = np.fmin(np.abs(given), 6.0)
    square = np.multiply(magnitude, magnitude)
    inner = np.fmin(square, 0.25)
    near = np.multiply(magnitude, np.divide(horner(_ERF_P, inner), horner(_ERF_Q, inner)))
    outer = np.fmax(magnitude, 0.46875)
    # exp(−x²) in two factors, the first with an exactly representable square (Cody's device).
    coarse = np.multiply(np.floor(np.multiply(outer, 16.0)), 0.0625)
    rest = np.multiply(np.subtract(outer, coarse), np.add(outer, coarse))
    decay = np.multiply(exp(np.negative(np.multiply(coarse, coarse))), exp(np.negative(rest)))
    far = np.subtract(1.0, np.multiply(decay, np.divide(horner(_ERFC_P, outer), horner(_ERFC_Q, outer))))
    value = np.where(np.less_equal(magnitude, 0.46875), near, far)
    value = np.where(np.less(given, 0.0), np.negative(value), value)
    return np.where(np.not_equal(given, given), np.nan, value)


# Wichura, algorithm AS241 (PPND16), Applied Statistics 37, 477 (1988); highest power first.
_CENTRE_P = [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
             4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
             1.3314166789178437745e2, 3.3871328727963666080e0]  # fmt: skip
_CENTRE_Q = [5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
             2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
             4.2313330701600911252e1, 1.0]  # fmt: skip
_MIDDLE_P = [7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
             1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
             4.63033784615654529590e0, 1.42343711074968357734e0]  # fmt: skip
_MIDDLE_Q = [1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
             1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
             2.05319162663775882187e0, 1.0]  # fmt: skip
_OUTER_P = [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
            2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
            5.46378491116411436990e0, 6.65790464350110377720e0]  # fmt: skip
_OUTER_Q = [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
            7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
            5.99832206555887937690e-1, 1.0]  # fmt: skip

#: Numerator and denominator of the quantile near 1/2, in the tails and far out in the tails.
CENTRE = (_CENTRE_P, _CENTRE_Q)
MIDDLE = (_MIDDLE_P, _MIDDLE_Q)
OUTER = (_OUTER_P, _OUTER_Q)


def uniform_from(words: WordArray) -> FloatArray:
    """Uniform float64 strictly between 0 and 1 from the upper 52 bits of random 64-bit words.

    The values (n + 1/2)·2⁻⁵² are exact and lie symmetrically about 1/2.
    """
    # The upper bits become the mantissa of a number from 1 to 2; both differences are exact.  (A
    # conversion from integers would be four times slower where the processor has no instruction.)
    bits = np.right_shift(words, np.uint64(12))
    np.bitwise_or(bits, _BITS_OF_ONE, out=bits)
    value: FloatArray = bits.view(np.float64)
    np.subtract(value, 1.0 - 2.0**-53, out=value)
    return value


def normal_quantile(words: WordArray) -> FloatArray:
    """Standard normal numbers, one for each random 64-bit word, by inversion (AS241).

    The word's uniform number is :func:`uniform_from`; relative error of the quantile about 1e-15.
    The largest magnitude that can come out is 8.21.
    """
    uniform = uniform_from(words)
    q = np.subtract(uniform, 0.5)
    r = np.subtract(0.180625, np.multiply(q, q))
    value = horner(_CENTRE_P, r)
    np.divide(value, horner(_CENTRE_Q, r), out=value)
    np.multiply(value, q, out=value)
    tail = np.nonzero(np.less(r, 0.0))
    if tail[0].size:
        value[tail] = _tail_quantile(uniform[tail], q[tail])
    return value


def _tail_quantile(uniform: FloatArray, q: FloatArray) -> FloatArray:
    lower = np.less(q, 0.0)
    distance = np.where(lower, uniform, np.subtract(1.0, uniform))
    s = np.sqrt(np.negative(log_of_normal(distance)))
    w = np.subtract(s, 1.6)
    value = np.divide(horner(_MIDDLE_P, w), horner(_MIDDLE_Q, w))
    far = np.flatnonzero(np.greater(s, 5.0))
    if far.size:
        w = np.subtract(s[far], 5.0)
        value[far] = np.divide(horner(_OUTER_P, w), horner(_OUTER_Q, w))
    return np.where(lower, np.negative(value), value)


def decimal_power(base: int | float | Fraction, exponent: float) -> float:
    """A positive number to any power, correctly rounded (integer arithmetic of :mod:`decimal`).

    For the few powers of a run that are worth tens of microseconds each, such as (Z/6)^α.
    """
    ratio = Fraction(base)
    if ratio < 0:
        raise ValueError(f"decimal_power of the negative number {base}")
    if exponent == 0.0:
        return 1.0
    if ratio == 0:
        return 0.0 if exponent > 0.0 else math.inf
    with localcontext() as context:
        context.prec = 60
        quotient = Decimal(ratio.numerator) / Decimal(ratio.denominator)
        return float((Decimal(exponent) * quotient.ln()).exp())


def ordered_sum(array: ArrayLike, axis: int | None = None) -> FloatArray:
    """Sum in one fixed pairwise order, by elementwise additions only.

    The first half of the terms is added to the second half until one is left (an odd last term waits
    for the next pass), so rounding errors grow like log₂ n and the order depends on n alone.
    numpy's own sum blocks its terms by the width of the processor's vectors.

    Parameters
    ----------
    array
        Any shape.
    axis
        Axis to sum over; all elements, in C order, when None.

    Returns
    -------
    Sum without that axis (0-dimensional for None); 0 where there is nothing to add.
    """
    terms = np.asarray(array, dtype=np.float64)
    terms = terms.reshape(-1) if axis is None else np.moveaxis(terms, axis, 0)
    if len(terms) == 0:
        return np.zeros(terms.shape[1:])
    while len(terms) > 1:
        half = len(terms) // 2
        paired = np.add(terms[:half], terms[half : 2 * half])
        terms = np.concatenate([paired, terms[2 * half :]]) if len(terms) % 2 else paired
    return np.array(terms[0])
