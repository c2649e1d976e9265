"""What each of torch's operations computes, as a formula.

A rule takes what the operation takes, `Points` in the place of tensors, and returns what it
returns; it is found by the operation's name, without the underscore of those that write in place.
So the same rule serves residues and ordinary numbers, and is tested against torch on the latter.

Operations that only move numbers have no rule here: `moving.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnn_manual.proof.arithmetic.points import Points

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers a function as the rule of these operations."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


class NoRule(Exception):
    """An operation, called in a way that its rule does not know."""


# Sums, products and quotients.


@rule("add")
def _add(x: Any, y: Any, alpha: Any = 1) -> Any:
    return x + y if alpha == 1 else x + y * alpha


@rule("sub")
def _sub(x: Any, y: Any, alpha: Any = 1) -> Any:
    return x - y if alpha == 1 else x - y * alpha


@rule("rsub")
def _rsub(x: Any, y: Any, alpha: Any = 1) -> Any:
    return _sub(y, x, alpha)


@rule("mul")
def _mul(x: Any, y: Any) -> Any:
    return x * y


@rule("div", "true_divide")
def _div(x: Any, y: Any, rounding_mode: str | None = None) -> Any:
    if rounding_mode:
        raise NoRule(f"division rounded by {rounding_mode}")
    return x / y if isinstance(x, Points) else y.inverse() * x


@rule("neg")
def _neg(x: Points) -> Any:
    return -x


@rule("reciprocal")
def _reciprocal(x: Points) -> Any:
    return x.inverse()


@rule("square")
def _square(x: Points) -> Any:
    return x * x


@rule("pow")
def _pow(x: Any, exponent: Any) -> Any:
    if not isinstance(x, Points) or exponent not in (0, 1, 2, 3, 4, -1, -2):
        raise NoRule("a power that is no small integer")
    power = x * 0 + 1
    for _ in range(abs(int(exponent))):
        power = power * x
    return power.inverse() if exponent < 0 else power


@rule("addcmul")
def _addcmul(x: Points, a: Points, b: Points, value: Any = 1) -> Any:
    return _add(x, a * b, value)


@rule("addcdiv")
def _addcdiv(x: Points, a: Points, b: Points, value: Any = 1) -> Any:
    return _add(x, a / b, value)


@rule("lerp")
def _lerp(x: Points, end: Points, weight: Any) -> Any:
    return x + (end - x) * weight


# Matrix products.


@rule("mm", "bmm", "mv", "dot", "vdot")
def _product(x: Points, y: Points) -> Any:
    if y.ndim == 1:
        return (x * y).sum(-1)
    return x @ y


@rule("ger", "outer")
def _outer(x: Points, y: Points) -> Any:
    return x[:, None] * y


@rule("addmm", "addmv", "baddbmm")
def _addmm(c: Points, x: Points, y: Points, beta: Any = 1, alpha: Any = 1) -> Any:
    product = _product(x, y)
    return (c if beta == 1 else c * beta) + (product if alpha == 1 else product * alpha)


@rule("addbmm")
def _addbmm(c: Points, x: Points, y: Points, beta: Any = 1, alpha: Any = 1) -> Any:
    return c * beta + (x @ y).sum(0) * alpha


@rule("addr")
def _addr(c: Points, x: Points, y: Points, beta: Any = 1, alpha: Any = 1) -> Any:
    return c * beta + _outer(x, y) * alpha


@rule("linear")
def _linear(x: Points, weight: Points, bias: Points | None = None) -> Any:
    product = (x if x.ndim > 1 else x[None]) @ weight.T
    product = product if x.ndim > 1 else product[0]
    return product if bias is None else product + bias


# Sums over axes.


@rule("sum")
def _sum(x: Points, axes: Any = None, keepdim: bool = False) -> Any:
    return x.sum(_axes(axes), keepdim)


@rule("mean")
def _mean(x: Points, axes: Any = None, keepdim: bool = False) -> Any:
    total = x.sum(_axes(axes), keepdim)
    return total / (x.size // max(1, total.size))


@rule("cumsum")
def _cumsum(x: Points, axis: int) -> Any:
    moved = x.swapaxes(0, axis) if x.ndim > 1 else x
    totals = [moved[:1]]
    for k in range(1, len(moved)):
        totals.append(totals[-1] + moved[k : k + 1])
    done = Points.concatenated(totals)
    return done.swapaxes(0, axis) if x.ndim > 1 else done


def _axes(axes: Any) -> tuple[int, ...] | None:
    """None and no axis are all of them; one may be a number."""
    if axes is None or (isinstance(axes, Sequence) and not axes):
        return None
    return (axes,) if isinstance(axes, int) else tuple(axes)


# Functions, and their derivatives.


@rule("sigmoid")
def _sigmoid(x: Points) -> Any:
    return x.sigmoid()


@rule("tanh")
def _tanh(x: Points) -> Any:
    return x.tanh()


@rule("exp")
def _exp(x: Points) -> Any:
    return x.exp()


@rule("expm1")
def _expm1(x: Points) -> Any:
    return x.exp() - 1


@rule("relu")
def _relu(x: Points) -> Any:
    return x.relu()


@rule("threshold")
def _threshold(x: Points, threshold: Any, value: Any) -> Any:
    if threshold != 0 or value != 0:
        raise NoRule("a threshold that is not zero")
    return x.relu()


@rule("clamp_min")
def _clamp_min(x: Points, low: Any) -> Any:
    return _maximum(x, low)


@rule("clamp")
def _clamp(x: Points, low: Any = None, high: Any = None) -> Any:
    if high is not None:
        raise NoRule("clamped from above")
    return _maximum(x, low)


@rule("maximum")
def _maximum(x: Points, y: Any) -> Any:
    return (x - y).relu() + y


@rule("minimum")
def _minimum(x: Points, y: Any) -> Any:
    return x - (x - y).relu()


@rule("abs")
def _abs(x: Points) -> Any:
    return x * (x.step() * 2 - 1)


@rule("sigmoid_backward")
def _sigmoid_backward(dy: Points, y: Points) -> Any:
    return dy * (1 - y) * y


@rule("tanh_backward")
def _tanh_backward(dy: Points, y: Points) -> Any:
    return dy * (1 - y * y)


@rule("threshold_backward")
def _threshold_backward(dy: Points, y: Points, threshold: Any) -> Any:
    if threshold != 0:
        raise NoRule("a threshold that is not zero")
    return dy * y.step()


@rule("sqrt")
def _sqrt(x: Points) -> Any:
    return x.sqrt()


@rule("linalg_vector_norm")
def _norm(
    x: Points, order: Any = 2, axes: Any = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    if order != 2:
        raise NoRule(f"the norm of order {order}")
    return (x * x).sum(_axes(axes), keepdim).sqrt()


@rule("_weight_norm_interface")
def _weight_norm(v: Points, g: Points, axis: int = 0) -> Any:
    norms = (v * v).sum(_but(v, axis), True).sqrt()
    return v * (g / norms), norms


@rule("_weight_norm_interface_backward")
def _weight_norm_backward(dw: Points, v: Points, g: Points, norms: Points, axis: int) -> Any:
    along = (dw * v).sum(_but(v, axis), True)
    return (dw - v * (along / (norms * norms))) * (g / norms), along / norms


def _but(x: Points, axis: int) -> tuple[int, ...]:
    return tuple(k for k in range(x.ndim) if k != axis % x.ndim)


# Comparisons with the values 0 and 1, and what chooses by them.


@rule("gt", "greater")
def _gt(x: Any, y: Any) -> Any:
    return (x - y).step()


@rule("lt", "less")
def _lt(x: Any, y: Any) -> Any:
    return (-(x - y)).step()


@rule("le", "less_equal")
def _le(x: Any, y: Any) -> Any:
    return 1 - _gt(x, y)


@rule("ge", "greater_equal")
def _ge(x: Any, y: Any) -> Any:
    return 1 - _lt(x, y)


@rule("eq")
def _eq(x: Any, y: Any) -> Any:
    """Whether they are the same formula: others are equal for some inputs only."""
    return (x - y).is_zero()


@rule("ne")
def _ne(x: Any, y: Any) -> Any:
    return 1 - (x - y).is_zero()


@rule("logical_not", "bitwise_not")
def _not(x: Points) -> Any:
    return 1 - x


@rule("logical_and", "bitwise_and")
def _and(x: Points, y: Any) -> Any:
    return x * y


@rule("where")
def _where(condition: Points, x: Any, y: Any) -> Any:
    return (condition * 0 + y) + condition * (x - y)


@rule("masked_fill")
def _masked_fill(x: Points, mask: Points, value: Any) -> Any:
    return _where(mask, value, x)


@rule("fill")
def _fill(x: Points, value: Any) -> Any:
    return x.lifted(value)


# Values added up at given places.


@rule("index_put", "_index_put_impl", "_unsafe_index_put")
def _index_put(
    x: Points, indices: Any, values: Points, accumulate: bool = False, unsafe: bool = False
) -> Any:
    """Put or added, one after the other, for a place may be there several times."""
    numbers = np.arange(x.size).reshape(x.shape)
    chosen = numbers[tuple(slice(None) if i is None else np.asarray(i) for i in indices)]
    zero = x.reshape(x.size)[:1] * 0
    added = (values + zero.take(np.zeros(chosen.shape, int))).reshape(chosen.size)
    flat = x.reshape(x.size)
    columns = [flat[k : k + 1] for k in range(x.size)]
    for k, place in enumerate(chosen.ravel()):
        columns[place] = (columns[place] if accumulate else zero) + added[k : k + 1]
    return Points.concatenated(columns).reshape(x.shape)


@rule("index_add")
def _index_add(x: Points, axis: int, index: Any, source: Points, alpha: Any = 1) -> Any:
    found = _rows_first(x, axis)
    added = _rows_first(source * alpha, axis)
    rows = [found[k : k + 1] for k in range(len(found))]
    for k, place in enumerate(index):
        rows[int(place)] = rows[int(place)] + added[k : k + 1]
    return _rows_first(Points.concatenated(rows), axis)


def _rows_first(x: Points, axis: int) -> Any:
    return x.swapaxes(0, axis) if x.ndim > 1 and axis else x


@rule("embedding_dense_backward")
def _embedding_dense_backward(
    dy: Points, indices: Any, number: int, padding: int, scale: bool
) -> Any:
    if scale:
        raise NoRule("scaled by frequency")
    flat, places = dy.reshape(-1, dy.shape[-1]), np.asarray(indices).ravel()
    rows = [flat[:0].sum(0, True)] * number
    for k, place in enumerate(places):
        if place != padding:
            rows[int(place)] = rows[int(place)] + flat[k : k + 1]
    return Points.concatenated(rows)
