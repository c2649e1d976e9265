"""What correct arithmetic at a precision may come to, measured on the case at hand.

No constant rtol can say how close that is: with weights ten times the usual ones the recurrence is
chaotic and two correct float32 layers end up millions of roundings apart, while with usual weights
twenty roundings are generous. So rounding errors are made on purpose (Monte Carlo arithmetic,
Parker 1997), in NumPy loops that otherwise run in float64 or wider, forward and backward, and how
far these move the results is measured. No kernel of torch's and no candidate takes part.

Every result of a matmul, tanh, sigmoid or derivative is moved by a normal random number times the
unit roundoff u of the case's dtype:

- tanh, sigmoid and derivatives y, by u·|y|;
- a sum of n products pₖ by u·√(1 + n/2)·√(Σ pₖ²): each product rounds, and so do the n partial
  sums of one after the other, which for random terms grow as √k. A gradient of weights is a sum
  over all steps and rows;
- and all of them by the dtype's smallest number, below which it has no other; but for what is zero
  because all its terms are, which no arithmetic rounds. (Else relu would open there by chance.)

Sequences of a batch that are the same sequence, as in expanded input, round alike: in a sum over
the batch, such errors add up, and do not cancel.

The sums and products between them, f·c + i·g and the like, are not moved: what they round is no
more than what i, f and g already are.
"""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
import torch

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.judge.reference.scale import scale_of
from rnn_manual.ops import NumpyOps
from rnn_manual.weights import Array


class NoisyOps(NumpyOps):
    """Samples of a batch side by side in its rows, each with rounding errors of its own.

    Args:
        case: whose dtype's roundings are made.
        masks: as for `NumpyOps`, for all rows.
        samples: how many rows stand for each row of the batch.
        rows: how many rows the batch has over all steps.
        alike: how many sequences of it may be the same one, at every step.
    """

    def __init__(
        self, case: Case, masks: list[Floats], samples: int, rows: int, alike: int = 1
    ) -> None:
        super().__init__(masks)
        format = torch.finfo(getattr(torch, case.dtype))
        self.roundoff = format.eps / 2
        # Below the smallest normal number torch's vectorized exp gives 0; float16's is float32's.
        self.smallest = format.tiny * (format.eps if case.dtype == "float16" else 1)
        self.samples, self.rows, self.alike = samples, rows, alike
        self.finite = case.values not in ("infinities", "NaN")
        self.random = random.Random(case.seed)

    def rounded(self, y: Array, size: Array) -> Array:
        """y, off by roundings of numbers of that size."""
        normal = _normal(1 << (max(1 << 16, 2 * y.size) - 1).bit_length())
        start = self.random.randrange(len(normal) - y.size)
        errors = normal[start : start + y.size].reshape(y.shape)
        if self.alike_in(y) > 1:
            by_sequence = errors.reshape(-1, self.alike, self.samples, y.shape[1])
            errors = np.repeat(by_sequence[:, :1], self.alike, 1).reshape(y.shape)
        moved = y + errors * (self.roundoff * np.abs(size) + self.smallest * (size != 0))
        # What is infinite or NaN has no rounding errors: it stays what it is.
        return moved if self.finite else np.where(np.isfinite(size), moved, y)

    def alike_in(self, rows: Array) -> int:
        """How many sequences are one and the same in these rows; 1 where they differ."""
        if self.alike == 1 or rows.ndim != 2 or len(rows) % (self.alike * self.samples):
            return 1
        by_sequence = rows.reshape(-1, self.alike, self.samples, rows.shape[1])
        return self.alike if (by_sequence == by_sequence[:, :1]).all() else 1

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        scales = scale_of(x), scale_of(weight)
        squares = np.square(x / scales[0]) @ np.square(weight / scales[1]).T
        size = _of_sum(squares, weight.shape[1], *scales)
        if bias is not None:
            size = np.hypot(size, _of_sum(np.square(bias), weight.shape[1]))
        return self.rounded(super().linear(x, weight, bias), size)

    def linear_backward(self, x: Array, weight: Array, dy: Array) -> tuple[Array, Array, Array]:
        # The rows of one sample are summed, and not those of another.
        by_sample_x, by_sample_dy = (
            a.reshape(-1, self.samples, a.shape[-1]).swapaxes(0, 1) for a in (x, dy)
        )
        dW = by_sample_dy.swapaxes(1, 2) @ by_sample_x
        s_x, s_w, s_dy = scale_of(x), scale_of(weight), scale_of(dy)
        dy_squares = np.square(by_sample_dy / s_dy)
        squares = dy_squares.swapaxes(1, 2) @ np.square(by_sample_x / s_x)
        db, db_squares = by_sample_dy.sum(1), dy_squares.sum(1)
        # The sum of k that are alike is k times as large, and not √k times.
        squares *= min(self.alike_in(x), self.alike_in(dy))
        db_squares *= self.alike_in(dy)
        dx_squares = np.square(dy / s_dy) @ np.square(weight / s_w)
        return (
            self.rounded(dy @ weight, _of_sum(dx_squares, len(weight), s_dy, s_w)),
            self.rounded(dW, _of_sum(squares, self.rows, s_dy, s_x)),
            self.rounded(db, _of_sum(db_squares, self.rows, s_dy)),
        )

    def tanh(self, x: Array) -> Array:
        y = super().tanh(x)
        return self.rounded(y, y)

    def sigmoid(self, x: Array) -> Array:
        y = super().sigmoid(x)
        return self.rounded(y, y)

    def tanh_backward(self, dy: Array, y: Array) -> Array:
        da = super().tanh_backward(dy, y)
        return self.rounded(da, da)

    def sigmoid_backward(self, dy: Array, y: Array) -> Array:
        da = super().sigmoid_backward(dy, y)
        return self.rounded(da, da)


def _of_sum(squares: Array, terms: int, *scales: float) -> Array:
    """The size of what a sum of so many terms rounds, from the sum of their squares.

    Args:
        scales: what the factors of the terms were divided by, one after the other.
    """
    size = np.sqrt((1 + terms / 2) * squares)
    for scale in scales:
        size = size * scale
    return size


@lru_cache
def _normal(size: int) -> Floats:
    """Drawn once, because drawing is what takes long."""
    return np.random.default_rng(0).standard_normal(size)
