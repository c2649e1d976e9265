"""Norms, and what is normalised."""

from __future__ import annotations

import math
from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.over_axes import axes_of
from rnn_manual.proof.mirror.rules.register import NoRule, rule


@rule("linalg_vector_norm")
def _norm(
    x: Points, order: Any = 2, axes: Any = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    if order != 2:
        raise NoRule(f"the norm of order {order}")
    return (x * x).sum(axes_of(axes), keepdim).sqrt()


@rule("_weight_norm_interface")
def _weight_norm(v: Points, g: Points, axis: int = 0) -> Any:
    norms = (v * v).sum(_but(v, axis), True).sqrt()
    return v * (g / norms), norms


@rule("_weight_norm_interface_backward")
def _weight_norm_backward(dw: Points, v: Points, g: Points, norms: Points, axis: int) -> Any:
    along = (dw * v).sum(_but(v, axis), True)
    return (dw - v * (along / (norms * norms))) * (g / norms), along / norms


@rule("native_layer_norm")
def _layer_norm(
    x: Points, shape: Any, weight: Points | None, bias: Points | None, eps: float
) -> Any:
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    number = math.prod(shape)
    mean = x.sum(axes, True) / number
    rstd = _rstd((x - mean) * (x - mean), axes, number, eps)
    y = (x - mean) * rstd
    y = y if weight is None else y * weight
    return y if bias is None else y + bias, mean, rstd


@rule("native_layer_norm_backward")
def _layer_norm_backward(
    dy: Points,
    x: Points,
    shape: Any,
    mean: Points,
    rstd: Points,
    weight: Points | None,
    bias: Points | None,
    asked: Any,
) -> Any:
    axes, number = tuple(range(x.ndim - len(shape), x.ndim)), math.prod(shape)
    others = tuple(range(x.ndim - len(shape)))
    y, g = (x - mean) * rstd, dy if weight is None else dy * weight
    dx = rstd * (g - g.sum(axes, True) / number - y * ((g * y).sum(axes, True) / number))
    return [dx, (dy * y).sum(others), dy.sum(others)]


def _rstd(squares: Points, axes: tuple[int, ...], number: int, eps: float) -> Points:
    return (squares.sum(axes, True) / number + eps).sqrt().inverse()


@rule("_softmax")
def _softmax(x: Points, axis: int, half_to_float: bool) -> Any:
    y = x.exp()
    return y / y.sum(_axis(axis, x), True)


@rule("_softmax_backward_data")
def _softmax_backward(dy: Points, y: Points, axis: int, dtype: Any) -> Any:
    return y * (dy - (dy * y).sum(_axis(axis, y), True))


def _axis(axis: int, x: Points) -> tuple[int, ...]:
    """A number alone has none, and torch takes 0 and -1 for it."""
    return (axis % x.ndim,) if x.ndim else ()


def _but(x: Points, axis: int) -> tuple[int, ...]:
    return tuple(k for k in range(x.ndim) if k != axis % x.ndim)
