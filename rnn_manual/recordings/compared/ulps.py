"""How far apart two numbers are, in units in the last place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_manual.recordings.recording import Array

BITS = {"float16": "i2", "float32": "i4", "float64": "i8"}


def ulps(a: Array, b: Array, dtype: str) -> NDArray[np.uint64]:
    """How many numbers of the format lie between a and b, counting b; 0 between two NaN.

    Between 0 and -0 there is one.
    """
    x, y = _rank(a, dtype), _rank(b, dtype)
    apart = np.where(x > y, x - y, y - x)
    return np.where(np.isnan(a) & np.isnan(b), np.uint64(0), apart)


def _rank(a: Array, dtype: str) -> NDArray[np.uint64]:
    """The place of a number among all of its format, the lowest first."""
    if dtype == "bfloat16":
        bits = np.ascontiguousarray(a, np.float32).view(np.int32) >> 16
        lowest = -(1 << 15)
    else:
        bits = np.ascontiguousarray(a).view(BITS[dtype])
        lowest = int(np.iinfo(bits.dtype).min)
    bits = bits.astype(np.int64)
    # Of a negative number, all bits but the sign's count the way down from -0, which follows -tiny.
    signed = np.where(bits < 0, lowest - bits - 1, bits)
    return signed.view(np.uint64) ^ np.uint64(1 << 63)
