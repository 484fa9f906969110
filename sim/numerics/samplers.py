"""Poisson, normal and Bernoulli numbers on position-addressed streams.

Tier A.  Every pixel and every rejection round has its own words: pixel *i* reads words 2i and 2i + 1 of
round 0, and the words 2⁵² further on for every later round.  So a pixel's number depends on the
stream, the pixel's index in C order and its own parameter, and on nothing else: neither on other
pixels, nor on block sizes, nor on how often others were rejected.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.numerics.detmath import (
    BoolArray,
    FloatArray,
    IntArray,
    WordArray,
    exp,
    log_of_normal,
    normal_quantile,
    uniform_from,
)
from sim.numerics.kernels import compiled
from sim.numerics.streams import BLOCK, ROUND_STRIDE, Stream

#: Below this expectation counts are found by walking up the distribution, above it by rejection.
WALK_LIMIT = 12.0
#: Largest expectation: here the acceptance test's logarithms are still exact to a few 1e-6.
SAMPLER_LIMIT = 1e10
#: Pixels between two looks at ``cancel`` (a few milliseconds).
CANCEL_BLOCK = 65536

#: Rejected pixels read a contiguous stretch of words when it is at most this many times their number.
DENSE = 12
#: Most rounds tried at once, and the number of tries up to which that pays.
MOST_ROUNDS = 8
ROUND_LANES = 4096

HALF_LOG_TWO_PI = float.fromhex("0x1.d67f1c864beb5p-1")
_TABLE_SIZE = 128


def _stirling_table() -> FloatArray:
    """ln k! − (k + 1/2)·ln(k + 1) + (k + 1) for k < 128, correctly rounded."""
    values = []
    with localcontext() as context:
        context.prec = 40
        log_factorial = Decimal(0)
        for k in range(_TABLE_SIZE):
            log_factorial += Decimal(max(k, 1)).ln()
            values.append(float(log_factorial - (k + Decimal("0.5")) * Decimal(k + 1).ln() + (k + 1)))
    return np.array(values)


STIRLING = _stirling_table()


def poisson(stream: Stream, expectation: ArrayLike, cancel: Callable[[], None] | None = None) -> IntArray:
    """Poisson counts, one for each expectation.

    Parameters
    ----------
    stream
        Where the random words come from; pixel i (C order) has its own, see the module's text.
    expectation
        Any shape, 0 to 1e10.
    cancel
        Called at least every 65 536 pixels; may raise.

    Returns
    -------
    int64 counts of the same shape.

    Raises
    ------
    InputError
        For expectations that are negative, not finite or too large.

    Notes
    -----
    Below 12: inversion of the distribution function with one uniform number.  Above: transformed
    rejection PTRS, Hörmann, Insurance: Mathematics and Economics 12, 39 (1993), with the acceptance
    test rearranged so that it needs two logarithms and no difference of large numbers.
    """
    given = np.asarray(expectation, dtype=np.float64)
    flat = np.ascontiguousarray(given).reshape(-1)
    _check_expectation(flat)
    module = compiled()
    if module is None:
        return poisson_by_numpy(stream, flat, cancel).reshape(given.shape)
    counts = np.empty(flat.size, dtype=np.int64)
    for first in range(0, flat.size, BLOCK):
        if cancel is not None:
            cancel()
        block = slice(first, min(first + BLOCK, flat.size))
        words = stream.words(2 * (block.stop - first), 2 * first)
        module.poisson_block(flat[block], words, first, stream.key, counts[block])
    return counts.reshape(given.shape)


def poisson_by_numpy(stream: Stream, flat: FloatArray, cancel: Callable[[], None] | None = None) -> IntArray:
    """:func:`poisson` of checked expectations (n,), whatever kernels are chosen."""
    counts = np.zeros(flat.size, dtype=np.int64)
    for start in range(0, flat.size, CANCEL_BLOCK):
        if cancel is not None:
            cancel()
        stop = min(start + CANCEL_BLOCK, flat.size)
        rejected = []
        for first in range(start, stop, BLOCK):
            rejected.append(_first_round(stream, flat, first, min(first + BLOCK, stop), counts))
        _later_rounds(stream, flat, np.concatenate(rejected), counts)
    return counts


def _check_expectation(flat: FloatArray) -> None:
    allowed = np.logical_and(np.greater_equal(flat, 0.0), np.less_equal(flat, SAMPLER_LIMIT))
    if not bool(np.all(allowed)):
        worst = float(flat[np.flatnonzero(np.logical_not(allowed))[0]])
        raise InputError(
            "expected counts",
            "no Poisson distribution has this expectation"
            if not worst > SAMPLER_LIMIT
            else "too many electrons for one pixel",
            value=worst,
            allowed=f"0 to {SAMPLER_LIMIT:g} electrons a pixel",
            remedy="lower the dose or check the image for negative or missing values",
        )


def _first_round(stream: Stream, flat: FloatArray, first: int, last: int, counts: IntArray) -> IntArray:
    """Round 0 of pixels ``first`` to ``last``; returns the indices of the rejected ones."""
    expectation = flat[first:last]
    high = np.greater_equal(expectation, WALK_LIMIT)
    if not bool(np.any(np.greater(expectation, 0.0))):
        return np.empty(0, dtype=np.int64)
    words = stream.words(2 * (last - first), 2 * first)
    if bool(np.all(high)):
        candidate, accepted = _hat(expectation, words[0::2], words[1::2])
        np.copyto(counts[first:last], candidate, where=accepted, casting="unsafe")
        return np.add(np.flatnonzero(np.logical_not(accepted)), first)
    low = np.flatnonzero(np.logical_and(np.logical_not(high), np.greater(expectation, 0.0)))
    if low.size:
        counts[np.add(low, first)] = _walk(expectation[low], words[np.multiply(low, 2)])
    large = np.flatnonzero(high)
    if not large.size:
        return large
    where = np.multiply(large, 2)
    candidate, accepted = _hat(expectation[large], words[where], words[np.add(where, 1)])
    counts[np.add(large[accepted], first)] = candidate[accepted].astype(np.int64)
    return np.add(large[np.logical_not(accepted)], first)


def _later_rounds(stream: Stream, flat: FloatArray, indices: IntArray, counts: IntArray) -> None:
    """Redraw the rejected pixels, each from its own words of each round, until all are accepted.

    Where few pixels are left, several rounds are tried at once and the first accepted one counts:
    the same result for fewer calls.
    """
    number = 1
    while indices.size:
        rounds = max(1, min(MOST_ROUNDS, ROUND_LANES // indices.size))
        if rounds == 1:
            one, two = _words_of_round(stream, indices, number)
            candidate, accepted = _hat(flat[indices], one, two)
        else:
            offsets = np.multiply(np.arange(number, number + rounds), ROUND_STRIDE)
            one, two = stream.pairs_at(np.add(offsets[:, None], np.multiply(indices, 2)).reshape(-1))
            tried, passed = _hat(np.tile(flat[indices], rounds), one, two)
            passed = passed.reshape(rounds, indices.size)
            earliest, lanes = np.argmax(passed, axis=0), np.arange(indices.size)
            candidate = tried.reshape(rounds, indices.size)[earliest, lanes]
            accepted = passed[earliest, lanes]
        counts[indices[accepted]] = candidate[accepted].astype(np.int64)
        indices = indices[np.logical_not(accepted)]
        number += rounds


def _words_of_round(stream: Stream, indices: IntArray, number: int) -> tuple[WordArray, WordArray]:
    """Both words of each pixel in one round, by whichever way is faster."""
    base = number * ROUND_STRIDE
    first, last = int(indices[0]), int(indices[-1]) + 1
    if last - first > DENSE * indices.size:
        return stream.pairs_at(np.add(np.multiply(indices, 2), base))
    words = stream.words(2 * (last - first), base + 2 * first)
    where = np.multiply(np.subtract(indices, first), 2)
    return words[where], words[np.add(where, 1)]


def _walk(expectation: FloatArray, words: WordArray) -> IntArray:
    """Smallest count whose distribution function reaches the uniform number; expectations below 12."""
    counts = np.zeros(len(expectation), dtype=np.int64)
    lanes = np.arange(len(expectation))
    uniform = uniform_from(words)
    term = exp(np.negative(expectation))
    total = term
    count = 0
    # The sum may stop one rounding short of 1; no count of 100 or more has a probability above 1e-60.
    while count < 100:
        waiting = np.flatnonzero(np.greater(uniform, total))
        if not waiting.size:
            break
        if waiting.size < lanes.size:
            lanes, uniform = lanes[waiting], uniform[waiting]
            expectation, term, total = expectation[waiting], term[waiting], total[waiting]
        count += 1
        counts[lanes] = count
        term = np.multiply(term, np.divide(expectation, float(count)))
        total = np.add(total, term)
    return counts


def _hat(expectation: FloatArray, one: WordArray, two: WordArray) -> tuple[FloatArray, BoolArray]:
    """One round of PTRS: candidate counts (as float64) and whether each is accepted."""
    u = np.subtract(uniform_from(one), 0.5)
    v = uniform_from(two)
    edge = np.subtract(0.5, np.abs(u))
    b = np.sqrt(expectation)
    np.multiply(b, 2.53, out=b)
    np.add(b, 0.931, out=b)
    a = np.multiply(b, 0.02483)
    np.subtract(a, 0.059, out=a)
    k = np.divide(np.add(a, a), edge)
    np.add(k, b, out=k)
    np.multiply(k, u, out=k)
    np.add(k, expectation, out=k)
    np.add(k, 0.43, out=k)
    np.floor(k, out=k)
    bound = np.divide(3.6224, np.subtract(b, 2.0))
    np.subtract(0.9277, bound, out=bound)
    accepted = np.logical_and(np.greater_equal(edge, 0.07), np.less_equal(v, bound))
    hopeless = np.logical_or(np.less(k, 0.0), np.logical_and(np.less(edge, 0.013), np.greater(v, edge)))
    unsure = np.flatnonzero(np.logical_not(np.logical_or(accepted, hopeless)))
    if unsure.size:
        accepted[unsure] = _exact_test(
            expectation[unsure], k[unsure], a[unsure], b[unsure], v[unsure], edge[unsure]
        )
    return k, accepted


def _exact_test(
    expectation: FloatArray, k: FloatArray, a: FloatArray, b: FloatArray, v: FloatArray, edge: FloatArray
) -> BoolArray:
    """Whether v lies under the probability of k, divided by the hat."""
    following = np.add(k, 1.0)
    inverse_alpha = np.divide(1.1328, np.subtract(b, 3.4))
    np.add(inverse_alpha, 1.1239, out=inverse_alpha)
    hat = np.divide(a, np.multiply(edge, edge))
    np.add(hat, b, out=hat)
    # −ln(k+1)/2 of Stirling's formula stands as a square root on the other side.
    left = np.multiply(np.multiply(v, inverse_alpha), np.sqrt(following))
    left = log_of_normal(np.divide(left, hat))
    right = np.multiply(k, log_of_normal(np.divide(expectation, following)))
    np.add(right, np.subtract(following, expectation), out=right)
    np.subtract(right, _stirling_rest(k), out=right)
    return np.less_equal(left, right)


def _stirling_rest(k: FloatArray) -> FloatArray:
    """ln k! − (k + 1/2)·ln(k + 1) + (k + 1): a table below 128, Stirling's series above."""
    inverse = np.divide(1.0, np.add(k, 1.0))
    square = np.multiply(inverse, inverse)
    series = np.multiply(square, 1.0 / 1260.0)
    np.subtract(series, 1.0 / 360.0, out=series)
    np.multiply(series, square, out=series)
    np.add(series, 1.0 / 12.0, out=series)
    np.multiply(series, inverse, out=series)
    np.add(series, HALF_LOG_TWO_PI, out=series)
    small = np.flatnonzero(np.less(k, float(_TABLE_SIZE)))
    if small.size:
        series[small] = STIRLING[k[small].astype(np.int64)]
    return series


def normal(
    stream: Stream, shape: int | tuple[int, ...], cancel: Callable[[], None] | None = None
) -> FloatArray:
    """Standard normal numbers; pixel i (C order) is the quantile of word i (AS241).

    Parameters
    ----------
    cancel
        Called every few milliseconds; may raise.
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    count = 1
    for size in sizes:
        count *= size
    module = compiled()
    quantile = normal_quantile if module is None else module.normal_quantile
    values = np.empty(count)
    for first in range(0, count, BLOCK):
        if cancel is not None:
            cancel()
        last = min(first + BLOCK, count)
        values[first:last] = quantile(stream.words(last - first, first))
    return values.reshape(sizes)


def bernoulli(stream: Stream, shape: int | tuple[int, ...], probability: ArrayLike) -> BoolArray:
    """True with the given probability (a number or an array of that shape); pixel i reads word i."""
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    chance = np.asarray(probability, dtype=np.float64)
    if not bool(np.all(np.logical_and(np.greater_equal(chance, 0.0), np.less_equal(chance, 1.0)))):
        raise InputError("probability", "not a probability", allowed="0 to 1", remedy="correct the value")
    count = 1
    for size in sizes:
        count *= size
    uniform = stream.uniforms(count).reshape(sizes)
    return np.less(uniform, chance)
