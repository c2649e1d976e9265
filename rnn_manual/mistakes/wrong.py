"""What a mistake is: a small wrong change to the loops, with a name, and the cases that show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from rnn_manual.candidates.by_hand import run_by_hand
from rnn_manual.candidates.candidate import Call
from rnn_manual.cases.case import Case
from rnn_manual.config import Config
from rnn_manual.layout import run, state_given, state_tuple
from rnn_manual.weights import LayerWeights, Weights, read_weights


@dataclass(frozen=True)
class Net:
    """One call of the loops, with everything a mistake may want to change about it."""

    config: Config
    weights: Weights
    input: Any
    state: Any
    arithmetic: dict[str, Any]  # the module's mode; cell and walk where they are not the usual
    kept: dict[Any, Any] = field(default_factory=dict)  # from call to call of one layer
    module: Any = None  # that the weights are read from

    def run(self) -> tuple[Any, Any]:
        return run(self.config, self.weights, self.input, self.state, **self.arithmetic)

    def by_hand(self, **backward: Any) -> tuple[Any, Any]:
        """Runs, its gradients computed by `vjp`. backward: `cell_backward`, `walk_backward`."""
        arithmetic = self.arithmetic | backward
        return run_by_hand(self.config, self.weights, self.input, self.state, **arithmetic)

    def using(self, **arithmetic: Any) -> Net:
        return replace(self, arithmetic=self.arithmetic | arithmetic)

    def reweighted(self, change: Callable[[LayerWeights], LayerWeights]) -> Net:
        weights = tuple(tuple(map(change, layer)) for layer in self.weights)
        return replace(self, weights=weights)

    def from_state(self, change: Callable[..., tuple[Any, ...]]) -> Net:
        """change: (h_0) or (h_0, c_0) → the same; not called where no state was given."""
        if self.state is None:
            return self
        changed = change(*state_tuple(self.config, self.state))
        return replace(self, state=state_given(self.config, changed))

    def run_to_state(self, change: Callable[..., tuple[Any, ...]]) -> tuple[Any, Any]:
        """Runs, then changes (h_n) or (h_n, c_n)."""
        out, last = self.run()
        return out, state_given(self.config, change(*state_tuple(self.config, last)))


Wrong = Callable[[Net], Any]  # Net -> (out, state), or -> the wrong Net to run
Condition = Callable[[Case], bool]


@dataclass(frozen=True)
class Mistake:
    """A wrong layer.

    conditions: the cases on which it can be told from a right one meet all.
    classic: whether a layer that behaves like it is told so; others are wrong in some corner only.
    """

    name: str
    sentence: str
    wrong: Wrong
    conditions: tuple[Condition, ...]
    classic: bool = True

    def __call__(self, module: nn.RNNBase) -> Call:
        """Builds the wrong layer, as any candidate is built."""
        kept: dict[Any, Any] = {}

        def call(input: Any, hx: Any = None) -> tuple[Any, Any]:
            training = {"training": module.training}
            config, weights = Config.of(module), read_weights(module)
            net = self.wrong(Net(config, weights, input, hx, training, kept, module))
            return net.run() if isinstance(net, Net) else net

        return call

    def shows(self, case: Case) -> bool:
        return all(condition(case) for condition in self.conditions)


MISTAKES: dict[str, Mistake] = {}


def mistake(
    sentence: str, *conditions: Condition, name: str = "", classic: bool = True
) -> Callable[[Wrong], Mistake]:
    """Registers a wrong layer under its function's name, or under `name`."""

    def register(wrong: Wrong) -> Mistake:
        found = Mistake(name or wrong.__name__, sentence, wrong, conditions, classic)
        MISTAKES[found.name] = found
        return found

    return register


def dropped_out(net: Net, out: Any) -> Any:
    """A layer's output after dropout, if the net is in training."""
    p, training = net.config.dropout, net.arithmetic["training"]
    if isinstance(out, torch.Tensor):
        return F.dropout(out, p, training)
    return out._replace(data=F.dropout(out.data, p, training))
