"""Poisson and normal samplers compiled by numba (the optional ``fast`` extra).

Tier A: operation for operation the arithmetic of ``samplers`` and ``detmath``, so the bits are the
same.  Without fastmath the compiler neither contracts ``a*b + c`` nor reorders anything.
"""

from __future__ import annotations

import importlib

import numpy as np

from sim.numerics import detmath, samplers, streams
from sim.numerics.detmath import FloatArray, IntArray, WordArray

# numba carries no types; importing it by name keeps this module checkable.
_numba = importlib.import_module("numba")
_compile = _numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)

_WALK_LIMIT = samplers.WALK_LIMIT
_STIRLING = samplers.STIRLING
_HALF_LOG_TWO_PI = samplers.HALF_LOG_TWO_PI
_ROUND_STRIDE = streams.ROUND_STRIDE
_LOG2_E, _LN2_HIGH, _LN2_LOW = detmath.LOG2_E, detmath.LN2_HIGH, detmath.LN2_LOW
_SQRT2_BITS = detmath.SQRT2_BITS
_EXP = np.array(detmath.EXP_COEFFICIENTS)
_LOG = np.array(detmath.LOG_COEFFICIENTS)
_CENTRE_P, _CENTRE_Q = np.array(detmath.CENTRE[0]), np.array(detmath.CENTRE[1])
_MIDDLE_P, _MIDDLE_Q = np.array(detmath.MIDDLE[0]), np.array(detmath.MIDDLE[1])
_OUTER_P, _OUTER_Q = np.array(detmath.OUTER[0]), np.array(detmath.OUTER[1])

_FACTOR_0, _FACTOR_1 = streams.FACTORS
_WEYL_0, _WEYL_1 = np.uint64(streams.WEYL[0]), np.uint64(streams.WEYL[1])
_LOW_HALF, _HALF_WIDTH = np.uint64(0xFFFFFFFF), np.uint64(32)
_TWELVE, _BITS_OF_ONE = np.uint64(12), np.uint64(0x3FF0000000000000)


@_compile
def _horner(coefficients, x):  # type: ignore[no-untyped-def]
    value = x * coefficients[0]
    for position in range(1, len(coefficients) - 1):
        value = (value + coefficients[position]) * x
    return value + coefficients[-1]


@_compile
def _uniform(word):  # type: ignore[no-untyped-def]
    return np.uint64((word >> _TWELVE) | _BITS_OF_ONE).view(np.float64) - (1.0 - 2.0**-53)


@_compile
def _exp(x):  # type: ignore[no-untyped-def]
    exponent = np.floor(x * _LOG2_E + 0.5)
    r = (x - exponent * _LN2_HIGH) - exponent * _LN2_LOW
    value = (_horner(_EXP, r) * (r * r) + r) + 1.0
    return value * np.int64((np.int64(exponent) + 1023) << 52).view(np.float64)


@_compile
def _log(x):  # type: ignore[no-untyped-def]
    bits = np.float64(x).view(np.int64)
    exponent = (bits - (_SQRT2_BITS - (1 << 52))) >> 52
    mantissa = np.int64(bits - (exponent << 52)).view(np.float64)
    f = mantissa - 1.0
    s = f / (mantissa + 1.0)
    z = s * s
    tail = _horner(_LOG, z) * z
    scale = np.float64(exponent)
    tail = s * (f - tail) - scale * _LN2_LOW
    return scale * _LN2_HIGH + (f - tail)


@_compile
def _high_word(x, y):  # type: ignore[no-untyped-def]
    low, high = x & _LOW_HALF, x >> _HALF_WIDTH
    low_factor, high_factor = y & _LOW_HALF, y >> _HALF_WIDTH
    middle = high * low_factor + ((low * low_factor) >> _HALF_WIDTH)
    other = low * high_factor + (middle & _LOW_HALF)
    return high * high_factor + (middle >> _HALF_WIDTH) + (other >> _HALF_WIDTH)


@_compile
def _pair(position, key_low, key_high):  # type: ignore[no-untyped-def]
    """The words of a stream at an even position and the next one."""
    first, second = (position >> np.uint64(2)) + np.uint64(1), np.uint64(0)
    third, fourth = np.uint64(0), np.uint64(0)
    for _ in range(10):
        high_0, low_0 = _high_word(first, _FACTOR_0), first * _FACTOR_0
        high_1, low_1 = _high_word(third, _FACTOR_1), third * _FACTOR_1
        first, second = high_1 ^ second ^ key_low, low_1
        third, fourth = high_0 ^ fourth ^ key_high, low_0
        key_low, key_high = key_low + _WEYL_0, key_high + _WEYL_1
    if position & np.uint64(2):
        return third, fourth
    return first, second


@_compile
def _walk(expectation, uniform):  # type: ignore[no-untyped-def]
    term = _exp(-expectation)
    total = term
    count = 0
    while count < 100 and uniform > total:
        count += 1
        term = term * (expectation / float(count))
        total = total + term
    return count


@_compile
def _hat(expectation, one, two):  # type: ignore[no-untyped-def]
    """A candidate count, or −1 where it is rejected; see ``samplers``."""
    u = _uniform(one) - 0.5
    v = _uniform(two)
    edge = 0.5 - abs(u)
    b = np.sqrt(expectation) * 2.53 + 0.931
    a = b * 0.02483 - 0.059
    k = np.floor((((a + a) / edge + b) * u + expectation) + 0.43)
    if edge >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2.0):
        return np.int64(k)
    if k < 0.0 or (edge < 0.013 and v > edge):
        return -1
    following = k + 1.0
    inverse_alpha = 1.1328 / (b - 3.4) + 1.1239
    left = _log(((v * inverse_alpha) * np.sqrt(following)) / (a / (edge * edge) + b))
    right = k * _log(expectation / following) + (following - expectation)
    if k < len(_STIRLING):
        rest = _STIRLING[np.int64(k)]
    else:
        inverse = 1.0 / following
        square = inverse * inverse
        rest = ((square * (1.0 / 1260.0) - 1.0 / 360.0) * square + 1.0 / 12.0) * inverse + _HALF_LOG_TWO_PI
    return np.int64(k) if left <= right - rest else -1


@_compile
def _poisson(expectation, words, first, key_low, key_high, counts):  # type: ignore[no-untyped-def]
    for lane in range(len(expectation)):
        value = expectation[lane]
        if value <= 0.0:
            counts[lane] = 0
        elif value < _WALK_LIMIT:
            counts[lane] = _walk(value, _uniform(words[2 * lane]))
        else:
            count = _hat(value, words[2 * lane], words[2 * lane + 1])
            position = np.uint64(2) * np.uint64(first + lane)
            while count < 0:
                position += np.uint64(_ROUND_STRIDE)
                one, two = _pair(position, key_low, key_high)
                count = _hat(value, one, two)
            counts[lane] = count


@_compile
def _normal(words, values):  # type: ignore[no-untyped-def]
    for lane in range(len(words)):
        uniform = _uniform(words[lane])
        q = uniform - 0.5
        r = 0.180625 - q * q
        if r >= 0.0:
            values[lane] = (_horner(_CENTRE_P, r) / _horner(_CENTRE_Q, r)) * q
            continue
        s = np.sqrt(-_log(uniform if q < 0.0 else 1.0 - uniform))
        if s > 5.0:
            value = _horner(_OUTER_P, s - 5.0) / _horner(_OUTER_Q, s - 5.0)
        else:
            value = _horner(_MIDDLE_P, s - 1.6) / _horner(_MIDDLE_Q, s - 1.6)
        values[lane] = -value if q < 0.0 else value


def poisson_block(expectation: FloatArray, words: WordArray, first: int, key: int, counts: IntArray) -> None:
    """Counts of pixels ``first`` on, written to ``counts``; ``words`` are their words of round 0."""
    _poisson(expectation, words, first, np.uint64(key & (2**64 - 1)), np.uint64(key >> 64), counts)


def normal_quantile(words: WordArray) -> FloatArray:
    """Standard normal numbers of words (n,)."""
    values = np.empty(len(words))
    _normal(words, values)
    return values
