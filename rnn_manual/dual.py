"""Dual numbers: arrays that carry their derivative along one direction, of any of the arithmetics.

The loops on dual numbers give what they give, and how it changes when what went in moves along a
direction; by hand backwards, the same of the gradients. Over numbers that is the oracle of second
derivatives, and over residues it is what they are proved to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from rnn_manual.ops import Ops, ops_for
from rnn_manual.weights import Array


class Dual:
    """value + ε·tangent with ε² = 0: two arrays of one shape, with what the loops do to arrays."""

    __array_ufunc__ = None  # so that array * dual is this class's product, not NumPy's

    def __init__(self, value: Array, tangent: Array) -> None:
        self.value, self.tangent = value, tangent

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self.value.ndim  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def ops(self) -> DualOps:
        """What `ops_for` finds."""
        return DualOps(ops_for(self.value))

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, place: Any) -> Dual:
        return Dual(self.value[place], self.tangent[place])

    def __add__(self, other: Any) -> Dual:
        value, tangent = parts(other)
        return Dual(self.value + value, self.tangent + tangent)

    def __sub__(self, other: Any) -> Dual:
        value, tangent = parts(other)
        return Dual(self.value - value, self.tangent - tangent)

    def __mul__(self, other: Any) -> Dual:
        value, tangent = parts(other)
        return Dual(self.value * value, self.tangent * value + self.value * tangent)

    __radd__, __rmul__ = __add__, __mul__

    def reshape(self, *shape: Any) -> Dual:
        return Dual(self.value.reshape(*shape), self.tangent.reshape(*shape))

    def swapaxes(self, a: int, b: int) -> Dual:
        return Dual(self.value.swapaxes(a, b), self.tangent.swapaxes(a, b))


def parts(x: Any) -> tuple[Any, Any]:
    """Value and tangent; a plain array or number does not move."""
    return (x.value, x.tangent) if isinstance(x, Dual) else (x, np.zeros((), np.result_type(x)))


def with_second(found: dict[str, Dual]) -> dict[str, Any]:
    """The values, and of every `grad NAME` its change as `grad² NAME`.

    Its change is H·u, for the Hessian H and the direction u in which all that went in moves; and
    the gradient of Σ ⟨first, u⟩ is Hᵀ·u, the same.
    """
    second = {f"grad² {n[5:]}": d.tangent for n, d in found.items() if n.startswith("grad ")}
    return {name: dual.value for name, dual in found.items()} | second


class DualOps:
    """The operations of an arithmetic on dual numbers, each by its rule of differentiation.

    Args:
        ops: what computes values and derivatives.
    """

    def __init__(self, ops: Ops) -> None:
        self.ops = ops

    def linear(self, x: Dual, weight: Dual, bias: Dual | None = None) -> Dual:
        value = self.ops.linear(x.value, weight.value, None if bias is None else bias.value)
        moved_x = self.ops.linear(x.tangent, weight.value, None if bias is None else bias.tangent)
        return Dual(value, moved_x + self.ops.linear(x.value, weight.tangent))

    def linear_backward(self, x: Dual, weight: Dual, dy: Dual) -> tuple[Dual, Dual, Dual]:
        values = self.ops.linear_backward(x.value, weight.value, dy.value)
        moved = self.ops.linear_backward(x.value, weight.value, dy.tangent)
        dx, dW, _ = self.ops.linear_backward(x.tangent, weight.tangent, dy.value)
        tangents = (moved[0] + dx, moved[1] + dW, moved[2])
        return (
            Dual(values[0], tangents[0]),
            Dual(values[1], tangents[1]),
            Dual(values[2], tangents[2]),
        )

    def tanh(self, x: Dual) -> Dual:
        y = self.ops.tanh(x.value)
        return Dual(y, self.ops.tanh_backward(x.tangent, y))

    def sigmoid(self, x: Dual) -> Dual:
        y = self.ops.sigmoid(x.value)
        return Dual(y, self.ops.sigmoid_backward(x.tangent, y))

    def relu(self, x: Dual) -> Dual:
        y = self.ops.relu(x.value)
        return Dual(y, self.ops.relu_backward(x.tangent, y))

    def tanh_backward(self, dy: Dual, y: Dual) -> Dual:
        moved = self.ops.tanh_backward(dy.tangent, y.value)
        return Dual(
            self.ops.tanh_backward(dy.value, y.value), moved - 2 * dy.value * y.value * y.tangent
        )

    def sigmoid_backward(self, dy: Dual, y: Dual) -> Dual:
        moved = self.ops.sigmoid_backward(dy.tangent, y.value)
        return Dual(
            self.ops.sigmoid_backward(dy.value, y.value),
            moved + dy.value * (1 - 2 * y.value) * y.tangent,
        )

    def relu_backward(self, dy: Dual, y: Dual) -> Dual:
        ops = self.ops
        return Dual(ops.relu_backward(dy.value, y.value), ops.relu_backward(dy.tangent, y.value))

    def gates(self, x: Dual, number: int) -> Sequence[Dual]:
        return _zipped(self.ops.gates(x.value, number), self.ops.gates(x.tangent, number))

    def split(self, x: Dual, sizes: Sequence[int]) -> Sequence[Dual]:
        return _zipped(self.ops.split(x.value, sizes), self.ops.split(x.tangent, sizes))

    def steps(self, rows: Dual, batch_sizes: Sequence[int]) -> Sequence[Dual]:
        value, tangent = rows.value, rows.tangent
        return _zipped(self.ops.steps(value, batch_sizes), self.ops.steps(tangent, batch_sizes))

    def unstack(self, x: Dual) -> Sequence[Dual]:
        return _zipped(self.ops.unstack(x.value), self.ops.unstack(x.tangent))

    def stack(self, arrays: Sequence[Dual]) -> Dual:
        values, tangents = [x.value for x in arrays], [x.tangent for x in arrays]
        return Dual(self.ops.stack(values), self.ops.stack(tangents))

    def concat(self, arrays: Sequence[Dual], axis: int = 0) -> Dual:
        values, tangents = [x.value for x in arrays], [x.tangent for x in arrays]
        return Dual(self.ops.concat(values, axis), self.ops.concat(tangents, axis))

    def zeros(self, shape: Sequence[int], like: Dual) -> Dual:
        return Dual(self.ops.zeros(shape, like.value), self.ops.zeros(shape, like.value))

    def dropout(self, x: Dual, p: float) -> Dual:
        mask = self.ops.dropout(self.ops.zeros(x.shape, x.value) + 1, p)
        return Dual(x.value * mask, x.tangent * mask)

    def no_grad(self) -> AbstractContextManager[Any]:
        return self.ops.no_grad()


def _zipped(values: Any, tangents: Any) -> list[Dual]:
    return [Dual(value, tangent) for value, tangent in zip(values, tangents, strict=True)]
