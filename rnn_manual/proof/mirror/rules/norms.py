"""Norms, and weights normalised by them."""

from __future__ import annotations

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


def _but(x: Points, axis: int) -> tuple[int, ...]:
    return tuple(k for k in range(x.ndim) if k != axis % x.ndim)
