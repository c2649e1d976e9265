"""The register of rules, by the operation's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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


class Fused(NamedTuple):
    """What a rule returns if a result is made of others that people know: σ(b), of a·σ(b)."""

    result: Points
    made_of: Points


class NoRule(Exception):
    """An operation, called in a way that its rule does not know."""
