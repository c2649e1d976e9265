"""Powers of two that numbers are divided by before they are squared."""

from __future__ import annotations

import numpy as np

from rnn_manual.cases.draw import Floats
from rnn_manual.weights import Array

# What is larger than the one, or smaller than the other, has no square in float64: it would be
# infinite, or lose its digits or be zero.
LARGEST, SMALLEST = 1e140, 1e-140


def scale_of(x: Array) -> float:
    """About the largest finite number of an array; 1 where its squares are of a usual size."""
    if not x.size:
        return 1.0
    largest = float(np.abs(x).max())
    if SMALLEST < largest < LARGEST:
        return 1.0
    largest = float(np.abs(x).max(initial=0.0, where=np.isfinite(x)))
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1)) if largest else 1.0


def root_mean_square(x: Array, axis: int) -> Floats:
    """√(mean x²) along an axis, in float64, of numbers of any size."""
    sizes = np.abs(x)
    largest = sizes.max(axis, keepdims=True, initial=0.0, where=np.isfinite(sizes))
    scale = np.where(largest > 0, largest, 1.0)
    means = np.mean(np.square(x / scale, dtype=np.float64), axis)
    return np.asarray(np.sqrt(means) * np.squeeze(scale, axis), np.float64)
