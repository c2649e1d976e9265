"""The few array operations the equations need, as NumPy and as torch provide them.

Everything else the loops do (`+`, `*`, slicing) both libraries spell alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np

from rnn_manual.weights import Array


class Ops(Protocol):
    """What both libraries must offer; `linear` is x Wᵀ + b, `steps` splits (ΣB_t, …) by step."""

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array: ...
    def linear_backward(self, x: Array, weight: Array, dy: Array) -> tuple[Array, Array, Array]: ...
    def tanh(self, x: Array) -> Array: ...
    def sigmoid(self, x: Array) -> Array: ...
    def relu(self, x: Array) -> Array: ...
    def tanh_backward(self, dy: Array, y: Array) -> Array: ...
    def sigmoid_backward(self, dy: Array, y: Array) -> Array: ...
    def relu_backward(self, dy: Array, y: Array) -> Array: ...
    def gates(self, x: Array, number: int) -> Sequence[Array]: ...
    def split(self, x: Array, sizes: Sequence[int]) -> Sequence[Array]: ...
    def steps(self, rows: Array, batch_sizes: Sequence[int]) -> Sequence[Array]: ...
    def unstack(self, x: Array) -> Sequence[Array]: ...
    def stack(self, arrays: Sequence[Array]) -> Array: ...
    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array: ...
    def zeros(self, shape: Sequence[int], like: Array) -> Array: ...
    def dropout(self, x: Array, p: float) -> Array: ...
    def no_grad(self) -> AbstractContextManager[Any]: ...


class LinearBackward:
    """The backward of `linear`, which both libraries spell alike."""

    def linear_backward(self, x: Array, weight: Array, dy: Array) -> tuple[Array, Array, Array]:
        """From dy, the gradient for y = x Wᵀ + b, those for x, W and b; x (N, I), dy (N, O).

        As y_no = Σ_i x_ni W_oi + b_o, the gradient for x_ni sums dy_no W_oi over all outputs o;
        those for W_oi and b_o, which all rows share, sum dy_no x_ni and dy_no over all rows n.
        """
        return dy @ weight, dy.T @ x, dy.sum(0)


class NumpyOps(LinearBackward):
    """No torch kernel involved: in float64 or longdouble, this is the oracle's arithmetic.

    Args:
        masks: what dropout multiplies with, call after call: (ΣB_t, D·H), 0 or 1/(1 - p). Others
            than torch's would be no use, and NumPy's generator would draw others.
    """

    def __init__(self, masks: Iterable[Array] = ()) -> None:
        self.masks = iter(masks)

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        product = x @ weight.T
        return product if bias is None else product + bias

    def tanh(self, x: Array) -> Array:
        return np.tanh(x)

    def sigmoid(self, x: Array) -> Array:
        # 1/(1 + exp(-x)) overflows on the way for very negative x; this never does.
        return np.exp(-np.logaddexp(0, -x))

    def relu(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def tanh_backward(self, dy: Array, y: Array) -> Array:
        return dy * (1 - y * y)

    def sigmoid_backward(self, dy: Array, y: Array) -> Array:
        return dy * (1 - y) * y

    def relu_backward(self, dy: Array, y: Array) -> Array:
        # Where relu has a kink, every slope from 0 to 1 is one; torch takes 0.
        return np.where(y <= 0, np.zeros_like(dy), dy)

    def gates(self, x: Array, number: int) -> Sequence[Array]:
        return np.split(x, number, axis=-1)

    def split(self, x: Array, sizes: Sequence[int]) -> Sequence[Array]:
        return np.split(x, np.cumsum(sizes)[:-1], axis=-1)

    def steps(self, rows: Array, batch_sizes: Sequence[int]) -> Sequence[Array]:
        return np.split(rows.reshape(-1, rows.shape[-1]), np.cumsum(batch_sizes)[:-1])

    def unstack(self, x: Array) -> Sequence[Array]:
        return list(x)

    def stack(self, arrays: Sequence[Array]) -> Array:
        return np.stack(arrays)

    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array:
        return np.concatenate(arrays, axis)

    def zeros(self, shape: Sequence[int], like: Array) -> Array:
        return np.zeros(shape, like.dtype)

    def dropout(self, x: Array, p: float) -> Array:
        mask = next(self.masks, None)
        if mask is None:
            raise ValueError(f"dropout={p} in NumPy needs a mask for every layer but the last")
        return x * mask.reshape(x.shape)

    def no_grad(self) -> AbstractContextManager[Any]:
        return nullcontext()


class TorchOps(LinearBackward):
    """Differentiable, on any device, and bit for bit what nn's own CPU kernels compute."""

    def __init__(self) -> None:
        # Here and not above, so that the NumPy loops run where no torch is installed.
        import torch

        self.torch = torch

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        # Not `x @ weight.T + bias`: nn hands the bias to the matmul, which starts its sums from
        # it. For one feature and for several hundred the two round differently (claim A5).
        return self.torch.nn.functional.linear(x, weight, bias)

    def tanh(self, x: Array) -> Array:
        return self.torch.tanh(x)

    def sigmoid(self, x: Array) -> Array:
        return self.torch.sigmoid(x)

    def relu(self, x: Array) -> Array:
        return self.torch.relu(x)

    # Written out, `dy * (1 - y * y)` rounds where autograd's own kernels, fused, do not.

    def tanh_backward(self, dy: Array, y: Array) -> Array:
        return self.torch.ops.aten.tanh_backward(dy, y)

    def sigmoid_backward(self, dy: Array, y: Array) -> Array:
        return self.torch.ops.aten.sigmoid_backward(dy, y)

    def relu_backward(self, dy: Array, y: Array) -> Array:
        return self.torch.ops.aten.threshold_backward(dy, y, 0)

    def gates(self, x: Array, number: int) -> Sequence[Array]:
        return self.torch.chunk(x, number, -1)

    def split(self, x: Array, sizes: Sequence[int]) -> Sequence[Array]:
        return self.torch.split_with_sizes(x, list(sizes), -1)

    def steps(self, rows: Array, batch_sizes: Sequence[int]) -> Sequence[Array]:
        if rows.ndim == 3:  # (T, B, …)
            return self.torch.unbind(rows)
        return self.torch.split_with_sizes(rows, list(batch_sizes))

    def unstack(self, x: Array) -> Sequence[Array]:
        return self.torch.unbind(x)

    def stack(self, arrays: Sequence[Array]) -> Array:
        return self.torch.stack(list(arrays))

    def concat(self, arrays: Sequence[Array], axis: int = 0) -> Array:
        return self.torch.cat(list(arrays), axis)

    def zeros(self, shape: Sequence[int], like: Array) -> Array:
        return self.torch.zeros(tuple(shape), dtype=like.dtype, device=like.device)

    def dropout(self, x: Array, p: float) -> Array:
        return self.torch.nn.functional.dropout(x, p)

    def no_grad(self) -> AbstractContextManager[Any]:
        return self.torch.no_grad()


def ops_for(array: Any) -> Ops:
    """The operations of the library that `array` belongs to, or that it names itself."""
    if hasattr(array, "ops"):  # neither of the two: another arithmetic
        ops: Ops = array.ops
        return ops
    return NumpyOps() if isinstance(array, np.ndarray) else TorchOps()
