"""Canonical JSON and the hashes made from it and from arrays (DESIGN: reproducibility contract).

Standard library and numpy only: the golden runs execute this module under emulation.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

#: Integers above this cannot be held by a JSON reader that uses doubles; they are written as strings.
LARGEST_EXACT_INTEGER = 2**53

_LITTLE_ENDIAN = sys.byteorder == "little"
# Made once: an encoder costs more than a short text.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Reduce a value to what canonical JSON may hold.

    Tuples become lists, −0 becomes 0, integers beyond ±2⁵³ become strings, ``None`` entries of
    mappings are left out.  Floats stay floats (``1.0`` and ``1`` are different values).

    Raises
    ------
    ValueError
        For NaN or infinity.
    TypeError
        For a type that has no canonical form.
    """
    # The exact types come first: nearly every value is one, and a manifest line has hundreds.
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is dict:
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if kind is list or kind is tuple:
        return [plain(item) for item in value]
    if kind is float and math.isfinite(value):
        return value + 0.0
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, np.integer)):
        number = int(value)
        return str(number) if abs(number) > LARGEST_EXACT_INTEGER else number
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no canonical form")
        return float(value) + 0.0
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> str:
    """The one text of a value: sorted keys, no spaces, shortest floats, non-ASCII kept."""
    return plain_json(plain(value))


def plain_json(value: Any) -> str:
    """:func:`canonical_json` of a value that :func:`plain` made (or that was read from such text)."""
    return _ENCODER.encode(value)


def sha256_of(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    return text_sha256(canonical_json(value))


def text_sha256(text: str) -> str:
    """SHA-256 (hex) of a text as UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def array_sha256(array: np.ndarray[Any, Any]) -> str:
    """SHA-256 (hex) of an array's decoded values: dtype, shape and little-endian C-order bytes.

    The same array hashes alike on every platform and out of every container; file bytes and
    compression play no part.
    """
    return blocks_sha256(array.dtype, array.shape, [array])


def blocks_sha256(
    dtype: np.dtype[Any], shape: tuple[int, ...], blocks: Iterable[np.ndarray[Any, Any]]
) -> str:
    """:func:`array_sha256` of an array that comes in blocks along its first axis, in order."""
    plain_dtype = dtype if _LITTLE_ENDIAN and dtype.isnative else dtype.newbyteorder("<")
    digest = hashlib.sha256(f"{plain_dtype.str}{list(shape)}".encode())
    for block in blocks:
        little = np.ascontiguousarray(block)
        if little.dtype != plain_dtype:
            little = little.astype(plain_dtype, copy=False)
        if little.size:
            digest.update(little.data)
    return digest.hexdigest()
