"""A way in which people run a recurrent layer, as a candidate with a short name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import nn

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.cases import Case

Build = Callable[[nn.RNNBase], tuple[nn.Module, Call]]


def every_case(case: Case) -> bool:
    """What most modes take."""
    return True


def keeps_all(name: str) -> bool:
    """What most modes lose: nothing."""
    return False


def loses_all(name: str) -> bool:
    """No gradient comes back."""
    return True


def loses_weights(name: str) -> bool:
    """Only those of input and states come back."""
    return name.startswith(("weight", "bias"))


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
        loses: the gradients (by name: input, h_0, weight_ih_l0, …) that the mode does not give.
        slow: whether a case, or starting a process for it, takes seconds.
    """

    name: str
    sentence: str
    build: Build
    takes: Callable[[Case], bool] = every_case
    environment: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
    loses: Callable[[str], bool] = keeps_all
