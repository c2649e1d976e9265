"""Sums over axes."""

from __future__ import annotations

from collections.abc import Sequence
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
    moved = x.swapaxes(0, axis) if x.ndim > 1 else x
    totals = [moved[:1]]
    for k in range(1, len(moved)):
        totals.append(totals[-1] + moved[k : k + 1])
    done = Points.concatenated(totals)
    return done.swapaxes(0, axis) if x.ndim > 1 else done


def axes_of(axes: Any) -> tuple[int, ...] | None:
    """None and no axis are all of them; one may be a number."""
    if axes is None or (isinstance(axes, Sequence) and not axes):
        return None
    return (axes,) if isinstance(axes, int) else tuple(axes)
