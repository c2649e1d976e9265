"""Sums over axes."""

from __future__ import annotations

from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import rule


@rule("sum")
def _sum(x: Points, axes: Any = None, keepdim: bool = False) -> Any:
    return x.sum(axes_of(axes), keepdim)


@rule("mean")
def _mean(x: Points, axes: Any = None, keepdim: bool = False) -> Any:
    total = x.sum(axes_of(axes), keepdim)
    return total / (x.size // max(1, total.size))


@rule("cumsum")
def _cumsum(x: Points, axis: int) -> Any:
    moved = x.swapaxes(0, axis)
    totals = [moved[:1]]
    for k in range(1, len(moved)):
        totals.append(totals[-1] + moved[k : k + 1])
    return Points.concatenated(totals).swapaxes(0, axis)


def axes_of(axes: Any) -> tuple[int, ...] | None:
    """None and no axis are all of them."""
    return tuple(axes) if axes else None
