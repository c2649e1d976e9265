"""A way in which people run a recurrent layer, as a candidate with a short name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import nn

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.cases import Case


def every_case(case: Case) -> bool:
    """What most modes take."""
    return True


@dataclass(frozen=True)
class Mode:
    """One way to run a layer.

    Args:
        name: what `--candidate` takes, and what the table's row is called.
        sentence: what is done, in one line.
        build: from a layer that holds the right weights, in training mode, to the module whose
            parameters the gradients are taken of, and what to call.
        takes: the cases on which the mode means something. What torch does not support is among
            them: it has to say so itself, each time.
        environment: what must be set before torch is loaded.
        slow: whether a case, or starting a process for it, takes seconds.
    """

    name: str
    sentence: str
    build: Callable[[nn.RNNBase], tuple[nn.Module, Call]]
    takes: Callable[[Case], bool] = every_case
    environment: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
