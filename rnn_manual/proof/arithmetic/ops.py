"""The third arithmetic of the loops: the operations that their equations need, on `Points`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from rnn_manual.ops import LinearBackward
from rnn_manual.weights import Array


class FormulaOps(LinearBackward):
    """What `NumpyOps` and `TorchOps` are, on residues or on numbers at several points.

    Args:
        masks: what dropout multiplies with, call after call.
    """

    def __init__(self, masks: Iterable[Array] = ()) -> None:
        self.masks = iter(masks)

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        product = x @ weight.T
        return product if bias is None else product + bias

    def tanh(self, x: Array) -> Array:
        return x.tanh()

    def sigmoid(self, x: Array) -> Array:
        return x.sigmoid()

    def relu(self, x: Array) -> Array:
        return x.relu()

    def tanh_backward(self, dy: Array, y: Array) -> Array:
        return dy * (1 - y * y)

    def sigmoid_backward(self, dy: Array, y: Array) -> Array:
        return dy * (1 - y) * y

    def relu_backward(self, dy: Array, y: Array) -> Array:
        return dy * y.step()

    def gates(self, x: Array, number: int) -> Sequence[Array]:
        return self.split(x, [x.shape[-1] // number] * number)

    def split(self, x: Array, sizes: Sequence[int]) -> Sequence[Array]:
        ends = np.cumsum(sizes)
        return [x[..., end - size : end] for end, size in zip(ends, sizes, strict=True)]

    def steps(self, rows: Array, batch_sizes: Sequence[int]) -> Sequence[Array]:
        flat, ends = rows.reshape(-1, rows.shape[-1]), np.cumsum(batch_sizes)
        return [flat[end - size : end] for end, size in zip(ends, batch_sizes, strict=True)]

    def unstack(self, x: Array) -> Sequence[Array]:
        return [x[k] for k in range(len(x))]

    def stack(self, arrays: Sequence[Array]) -> Array:
        return arrays[0].stacked(arrays)

    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array:
        return arrays[0].concatenated(arrays, axis)

    def zeros(self, shape: Sequence[int], like: Array) -> Array:
        return like.of_constant(np.zeros(tuple(shape)), len(like.values))

    def dropout(self, x: Array, p: float) -> Array:
        return x * next(self.masks).reshape(x.shape)

    def no_grad(self) -> AbstractContextManager[Any]:
        return nullcontext()
