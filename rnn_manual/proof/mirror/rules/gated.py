"""Products with a σ, which torch computes as one operation, and their derivatives."""

from __future__ import annotations

from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import Fused, rule


@rule("glu")
def _glu(x: Points, axis: int = -1) -> Any:
    a, b = _halves(x, axis)
    y = b.sigmoid()
    return Fused((a * y).swapaxes(0, axis), y)


@rule("glu_backward")
def _glu_backward(dy: Points, x: Points, axis: int) -> Any:
    a, b = _halves(x, axis)
    dy, y = dy.swapaxes(0, axis), b.sigmoid()
    return Points.concatenated([dy * y, dy * a * y * (1 - y)]).swapaxes(0, axis)


@rule("silu")
def _silu(x: Points) -> Any:
    y = x.sigmoid()
    return Fused(x * y, y)


@rule("silu_backward")
def _silu_backward(dy: Points, x: Points) -> Any:
    y = x.sigmoid()
    return dy * y * (1 + x * (1 - y))


def _halves(x: Points, axis: int) -> tuple[Points, Points]:
    """Of an axis, which comes first."""
    moved = x.swapaxes(0, axis)
    return moved[: len(moved) // 2], moved[len(moved) // 2 :]
