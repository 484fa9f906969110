"""Random words that are addressed by value: seed, purpose and position, never by call order.

Tier A: numpy's Philox4x64-10 bit stream (Salmon et al., SC11, 2011), which numpy guarantees across
versions and platforms.  A :class:`Stream` holds no state: word *n* of a stream is the same however
often, in whatever order and in whatever blocks it is asked for.
"""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np

from sim.core.canonical import canonical_json
from sim.numerics.detmath import FloatArray, IntArray, WordArray, normal_quantile, uniform_from

#: Words between the first words of two redraw rounds; positions given by callers stay below it.
ROUND_STRIDE = 2**52

_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF_WIDTH = np.uint64(32)
#: Multipliers and key increments of Philox4x64.
FACTORS = np.array([0xD2E7470EE14C6C93, 0xCA5A826395121157], dtype=np.uint64)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)

_LOW_FACTORS = np.bitwise_and(FACTORS[:, None], _LOW_HALF)
_HIGH_FACTORS = np.right_shift(FACTORS[:, None], _HALF_WIDTH)
_WORD_MASK = 2**64 - 1

#: Lanes worked on at once: the temporaries of a block then stay in the processor's caches.
BLOCK = 16384


def derive_seed(*parts: object) -> int:
    """A 64-bit seed from any canonical values: the first 8 bytes, big endian, of their SHA-256."""
    text = canonical_json(["nanophantom", 1, *parts])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


class Stream:
    """One endless sequence of random 64-bit words.

    Parameters
    ----------
    seed
        Any integer, usually from :func:`derive_seed`.
    *purpose
        What the words are for, e.g. ``"poisson"``; streams of different purposes are independent.

    Notes
    -----
    The 128-bit Philox key is the first half of SHA-256 of the canonical JSON of
    ``["nanophantom", 1, "stream", seed, [purpose...]]``, read big endian.
    """

    def __init__(self, seed: int, *purpose: str | int) -> None:
        for part, kinds in ((seed, (int, np.integer)), *((word, (int, str, np.integer)) for word in purpose)):
            if isinstance(part, bool) or not isinstance(part, kinds):
                raise TypeError(f"a stream is keyed by integers and text, not by {part!r}")
        self.seed = int(seed)
        self.purpose = purpose
        text = canonical_json(["nanophantom", 1, "stream", self.seed, list(purpose)])
        self.key = int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:16], "big")

    def __repr__(self) -> str:
        return f"Stream({', '.join(repr(part) for part in (self.seed, *self.purpose))})"

    def child(self, *purpose: str | int) -> Stream:
        """The stream of a purpose within this one: its purposes follow this stream's own."""
        return Stream(self.seed, *self.purpose, *purpose)

    def words(self, count: int, start: int = 0) -> WordArray:
        """Words from ``start`` on, (count,) uint64: what ``np.random.Philox(key=key)`` gives raw."""
        block, skip = divmod(int(start), 4)
        # numpy's generator raises its counter before it makes a block: counter b yields words 4b to 4b+3.
        words: WordArray = np.random.Philox(key=self.key, counter=block).random_raw(int(count) + skip)
        return words[skip:]

    def words_at(self, positions: IntArray | WordArray) -> WordArray:
        """Words at any positions (any shape, below 2⁶⁴), equal to those of :meth:`words`."""
        where = np.asarray(positions).astype(np.uint64)
        flat = where.reshape(-1)
        block = philox_blocks(np.right_shift(flat, np.uint64(2)), self._round_keys)
        lane = np.bitwise_and(flat, np.uint64(3)).astype(np.int64)
        return block[lane, np.arange(flat.size)].reshape(where.shape)

    def pairs_at(self, positions: IntArray | WordArray) -> tuple[WordArray, WordArray]:
        """The words at even positions p, (n,), and at p + 1, for one Philox evaluation each."""
        where = np.asarray(positions).astype(np.uint64)
        block = philox_blocks(np.right_shift(where, np.uint64(2)), self._round_keys)
        second = np.equal(np.bitwise_and(where, np.uint64(2)), np.uint64(2))
        return np.where(second, block[2], block[0]), np.where(second, block[3], block[1])

    def uniforms(self, count: int, start: int = 0) -> FloatArray:
        """Uniform numbers strictly between 0 and 1, (count,) float64, one word each."""
        return uniform_from(self.words(count, start))

    def normals(self, count: int, start: int = 0) -> FloatArray:
        """Standard normal numbers, (count,) float64, one word each."""
        values = np.empty(int(count))
        # Blocks keep the temporaries of the quantile in the processor's cache.
        for first in range(0, len(values), BLOCK):
            last = min(first + BLOCK, len(values))
            values[first:last] = normal_quantile(self.words(last - first, start + first))
        return values

    def integers(self, count: int, bound: int, start: int = 0) -> IntArray:
        """Integers 0 to ``bound − 1``, every one exactly equally likely, (count,) int64.

        The few words that would favour small numbers are redrawn at their own position of the next
        round, so one draw never moves another.
        """
        if not 1 <= bound <= 2**63:
            raise ValueError(f"bound {bound} is not between 1 and 2**63")
        # The accepted words, 0 to accepted, hold every remainder equally often.
        accepted = np.uint64(2**64 - 1 - (2**64 % bound))
        words = self.words(count, start)
        rejected = np.flatnonzero(np.greater(words, accepted))
        rounds = 1
        while rejected.size:
            words[rejected] = self.words_at(np.add(rejected, start + rounds * ROUND_STRIDE))
            rejected = rejected[np.greater(words[rejected], accepted)]
            rounds += 1
        return np.remainder(words, np.uint64(bound)).astype(np.int64)

    def permutation(self, n: int) -> IntArray:
        """A random order of 0 to n − 1, (n,) int64: the ranks of n random words."""
        return np.argsort(self.words(n), kind="stable").astype(np.int64)

    @cached_property
    def _round_keys(self) -> WordArray:
        """The ten pairs of round keys of Philox (Weyl sequences), (10, 2, 1)."""
        low, high = self.key & _WORD_MASK, self.key >> 64
        pairs = [
            [[(low + number * WEYL[0]) & _WORD_MASK], [(high + number * WEYL[1]) & _WORD_MASK]]
            for number in range(10)
        ]
        return np.array(pairs, dtype=np.uint64)


def philox_blocks(block: WordArray, round_keys: WordArray) -> WordArray:
    """The four words of Philox4x64-10 for each block number (numpy's counter is block + 1).

    Parameters
    ----------
    block
        (n,) block numbers, below 2⁶⁴ − 1.
    round_keys
        (10, 2, 1): the pair of keys of each round.

    Returns
    -------
    (4, n) uint64.
    """
    words = np.empty((4, block.size), dtype=np.uint64)
    for start in range(0, block.size, BLOCK):
        words[:, start : start + BLOCK] = _philox(block[start : start + BLOCK], round_keys)
    return words


def _philox(block: WordArray, round_keys: WordArray) -> WordArray:
    # The first and third word are multiplied, the second and fourth mixed in: two rows at once.
    odd = np.zeros((2, block.size), dtype=np.uint64)
    even = np.zeros((2, block.size), dtype=np.uint64)
    np.add(block, np.uint64(1), out=odd[0])
    for keys in round_keys:
        upper, lower = _wide_product(odd)
        np.bitwise_xor(upper[::-1], even, out=odd)
        np.bitwise_xor(odd, keys, out=odd)
        even = lower[::-1]
    return np.stack([odd[0], even[0], odd[1], even[1]])


def _wide_product(x: WordArray) -> tuple[WordArray, WordArray]:
    """High and low words of the 128-bit products with the multipliers, by 32-bit halves."""
    low, high = np.bitwise_and(x, _LOW_HALF), np.right_shift(x, _HALF_WIDTH)
    carry = np.multiply(low, _LOW_FACTORS)
    np.right_shift(carry, _HALF_WIDTH, out=carry)
    middle = np.multiply(high, _LOW_FACTORS)
    np.add(middle, carry, out=middle)
    np.multiply(low, _HIGH_FACTORS, out=low)
    np.add(low, np.bitwise_and(middle, _LOW_HALF, out=carry), out=low)
    np.multiply(high, _HIGH_FACTORS, out=high)
    np.add(high, np.right_shift(middle, _HALF_WIDTH, out=middle), out=high)
    np.add(high, np.right_shift(low, _HALF_WIDTH, out=low), out=high)
    return high, np.multiply(x, FACTORS[:, None])
