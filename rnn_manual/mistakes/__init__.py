"""The classic mistakes, by name.

Each is a candidate (`rnn_manual.mistakes:h_0_ignored`) that the suite must fail, and an
explanation: a candidate that agrees with one of them behaves exactly like it.
"""

from torch import nn

from rnn_manual.mistakes import (  # noqa: F401 - each registers its own
    corners,
    dropout,
    equations,
    gradients,
    layers,
    states,
    time,
    weights,
)
from rnn_manual.mistakes.classes import CLASSES
from rnn_manual.mistakes.wrong import MISTAKES, Mistake

__all__ = ["MISTAKES", "Mistake"]


def __getattr__(name: str) -> Mistake | type[nn.Module]:
    found = MISTAKES.get(name) or CLASSES.get(name)
    if found is None:
        raise AttributeError(f"there is no classic mistake {name!r}")
    return found
