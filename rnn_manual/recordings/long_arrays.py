"""Many arrays as a few long ones, one a number format, and where in them each of them is."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from rnn_manual.recordings.recording import Array

LARGEST = np.finfo(np.float32).max


class Writer:
    """Long arrays, one a format; what is equal to something already there is not added."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Array]] = {}
        self.sizes: dict[str, int] = {}
        self.known: dict[tuple[str, bytes], int] = {}

    def place(self, array: Array, dtype: str) -> list[Any]:
        """Returns: [format, where it begins, shape]."""
        flat = _encoded(np.ravel(array), dtype)
        key = (dtype, hashlib.sha256(flat.tobytes()).digest())
        if key not in self.known:
            self.known[key] = self.sizes.get(dtype, 0)
            self.sizes[dtype] = self.known[key] + flat.size
            self.parts.setdefault(dtype, []).append(flat)
        return [dtype, self.known[key], list(array.shape)]

    def arrays(self) -> dict[str, Any]:
        return {dtype: np.concatenate(self.parts[dtype]) for dtype in sorted(self.parts)}


class Reader:
    """Raises ValueError, KeyError or TypeError where something is not as `Writer` wrote it."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.decoded = {dtype: _decoded(array, dtype) for dtype, array in arrays.items()}

    def array(self, place: Any, *formats: str) -> Array:
        """The array that was placed there, which is of one of these formats."""
        dtype, start, shape = place
        if dtype not in formats:
            raise ValueError(f"numbers of format {dtype!r}, expected {' or '.join(formats)}")
        size = math.prod(shape)
        stretch = self.decoded[dtype][start : start + size]
        if len(stretch) != size or start < 0:
            raise ValueError("its numbers are not all there")
        return stretch.reshape(shape)


def _encoded(array: Array, dtype: str) -> Array:
    if dtype == "bfloat16":
        bits: Array = (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype("u2")
        return bits
    return array.astype(dtype)


def _decoded(array: Array, dtype: str) -> Array:
    if array.dtype != ("uint16" if dtype == "bfloat16" else dtype):
        raise ValueError(f"its {dtype} numbers are {array.dtype}")
    if dtype == "bfloat16":
        values: Array = (array.astype(np.uint32) << 16).view(np.float32)
        return values
    return array


def rounded_up(limit: Array) -> Array:
    """A limit in float32: never less than it was, and never infinite."""
    exact = np.minimum(limit.astype(np.float64), LARGEST)
    short = exact.astype(np.float32)
    return np.where(short < exact, np.nextafter(short, LARGEST), short)
