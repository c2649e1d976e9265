"""Comparisons with the values 0 and 1, and what chooses by them."""

from __future__ import annotations

from typing import Any

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.rules.register import rule


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
