"""The third arithmetic of the loops: the operations that their equations need, on `Points`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from rnn_manual.ops import LinearBackward
from rnn_manual.proof.points import Points, concatenated, stacked


class FormulaOps(LinearBackward):
    """What `NumpyOps` and `TorchOps` are, on residues or on numbers at several points.

    Args:
        masks: what dropout multiplies with, call after call.
    """

    def __init__(self, masks: Iterable[Points] = ()) -> None:
        self.masks = iter(masks)

    def linear(self, x: Points, weight: Points, bias: Points | None = None) -> Points:
        product = x @ weight.T
        return product if bias is None else product + bias

    def tanh(self, x: Points) -> Points:
        return x.tanh()

    def sigmoid(self, x: Points) -> Points:
        return x.sigmoid()

    def relu(self, x: Points) -> Points:
        return x.relu()

    def tanh_backward(self, dy: Points, y: Points) -> Points:
        return dy * (1 - y * y)

    def sigmoid_backward(self, dy: Points, y: Points) -> Points:
        return dy * (1 - y) * y

    def relu_backward(self, dy: Points, y: Points) -> Points:
        return dy * y.step()

    def gates(self, x: Points, number: int) -> Sequence[Points]:
        return self.split(x, [x.shape[-1] // number] * number)

    def split(self, x: Points, sizes: Sequence[int]) -> Sequence[Points]:
        ends = np.cumsum(sizes)
        return [x[..., end - size : end] for end, size in zip(ends, sizes, strict=True)]

    def steps(self, rows: Points, batch_sizes: Sequence[int]) -> Sequence[Points]:
        flat, ends = rows.reshape(-1, rows.shape[-1]), np.cumsum(batch_sizes)
        return [flat[end - size : end] for end, size in zip(ends, batch_sizes, strict=True)]

    def unstack(self, x: Points) -> Sequence[Points]:
        return [x[k] for k in range(len(x))]

    def stack(self, arrays: Sequence[Points]) -> Points:
        return stacked(arrays)

    def concat(self, arrays: Sequence[Points], axis: int = 0) -> Points:
        return concatenated(arrays, axis)

    def zeros(self, shape: Sequence[int], like: Points) -> Points:
        return like.of_constant(np.zeros(tuple(shape)), len(like.values))

    def dropout(self, x: Points, p: float) -> Points:
        return x * next(self.masks).reshape(x.shape)

    def no_grad(self) -> AbstractContextManager[Any]:
        return nullcontext()
