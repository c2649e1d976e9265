"""Registers mistakes that only gradients show, and the walk that most of them change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnn_manual.backprop import run_direction_backward
from rnn_manual.mistakes.conditions import all_gradients
from rnn_manual.mistakes.wrong import Condition, Mistake, Wrong, mistake

walk_backward: Callable[..., Any] = run_direction_backward


def of_gradients(
    sentence: str, *conditions: Condition, name: str = ""
) -> Callable[[Wrong], Mistake]:
    """Registers a mistake that shows where all gradients are asked for."""
    return mistake(sentence, all_gradients, *conditions, name=name)
