"""Matrix products."""

from __future__ import annotations

from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import rule


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
