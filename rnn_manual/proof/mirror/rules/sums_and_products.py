"""Sums, products and quotients."""

from __future__ import annotations

from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import NoRule, rule


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
