"""Registers mistakes that only gradients show."""

from __future__ import annotations

from collections.abc import Callable

from rnn_manual.mistakes.conditions import all_gradients
from rnn_manual.mistakes.wrong import Condition, Mistake, Wrong, mistake


def of_gradients(
    sentence: str, *conditions: Condition, name: str = ""
) -> Callable[[Wrong], Mistake]:
    """Registers a mistake that shows where all gradients are asked for."""
    return mistake(sentence, all_gradients, *conditions, name=name)
