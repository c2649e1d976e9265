"""Float64 numbers in the place of residues: what a formula is worth on a case's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_manual.ops import NumpyOps
from rnn_manual.proof.arithmetic.points import Points, aligned

_functions = NumpyOps()


class Reals(Points):
    """Numbers at one point, the case's own."""

    @classmethod
    def of_constant(cls, array: Any, points: int) -> Reals:
        return cls(np.broadcast_to(np.asarray(array, np.float64), (points, *np.shape(array))))

    def __add__(self, other: Any) -> Reals:
        a, b = aligned(self, self.lifted(other))
        return Reals(a + b)

    def __mul__(self, other: Any) -> Reals:
        a, b = aligned(self, self.lifted(other))
        return Reals(a * b)

    def __matmul__(self, other: Reals) -> Reals:
        a, b = aligned(self, other)
        return Reals(a @ b)

    def __neg__(self) -> Reals:
        return Reals(-self.values)

    def inverse(self) -> Reals:
        return Reals(1 / self.values)

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Reals:
        return Reals(self.values.sum(shifted(axis, self.ndim), keepdims=keepdims))

    def sigmoid(self) -> Reals:
        return Reals(_functions.sigmoid(self.values))

    def tanh(self) -> Reals:
        return Reals(np.tanh(self.values))

    def exp(self) -> Reals:
        return Reals(np.exp(self.values))

    def sqrt(self) -> Reals:
        return Reals(np.sqrt(self.values))

    def maximum(self, other: Any) -> Reals:
        return Reals(np.maximum(*aligned(self, self.lifted(other))))

    def minimum(self, other: Any) -> Reals:
        return Reals(np.minimum(*aligned(self, self.lifted(other))))

    def relu(self) -> Reals:
        return Reals(np.maximum(self.values, 0))

    def step(self) -> Reals:
        return Reals((self.values > 0).astype(np.float64))


def shifted(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Axes of the array as axes of its values, which have one more in front."""
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tuple(a % ndim + 1 for a in axes) if ndim else ()  # torch takes 0 and -1 of a number
