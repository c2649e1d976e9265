"""Sequences run in two calls, the state handed on or detached: truncated backpropagation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import state_given, state_tuple
from rnn_manual.parity.candidates import Call, Candidate
from rnn_manual.parity.cases import Case, Data
from rnn_manual.parity.derivatives import (
    BY_HAND,
    ByName,
    gradients_by_hand,
    gradients_of,
    there_and_back,
    without_mode,
)
from rnn_manual.parity.layer import Layer
from rnn_manual.parity.process import somewhere
from rnn_manual.parity.results import run_candidate


@dataclass(frozen=True)
class InTwo(Candidate):
    """A candidate whose sequences run in two calls, within one graph.

    Args:
        detached: whether the state is detached between them.
    """

    detached: bool = False

    def make(self, config: Config, *args: Any, **options: Any) -> tuple[nn.Module, Call]:
        module, call = super().make(config, *args, **options)

        def in_two(input: torch.Tensor, hx: Any = None) -> tuple[Any, Any]:
            time = 1 if config.batch_first and input.dim() == 3 else 0
            first, second = input.tensor_split([input.shape[time] // 2], time)
            out, state = call(first, hx)
            states = state_tuple(config, state)
            states = tuple(s.detach() for s in states) if self.detached else states
            more, last = call(second, state_given(config, states))
            return torch.cat([out, more], time), last

        return module, in_two


def gradients_in_two(layer: Layer, case: Case, *, detached: bool) -> ByName:
    """The gradients of a candidate that runs a padded case's sequences in two calls."""
    found: ByName = somewhere(layer.candidate, _in_two, case, detached, layer.device)
    return found


def _in_two(candidate: Candidate, case: Case, detached: bool, device: str) -> ByName:
    without_mode(candidate)
    parts = InTwo(candidate.name, candidate.subject, detached=detached)
    return gradients_of(there_and_back(parts, case, None, device))


def halves_by_hand(case: Case) -> ByName:
    """What the two halves of a padded case give by hand, each by itself: for weights, their sum."""
    data, cut = case.data(), [case.seq_len // 2]
    time = 1 if case.layout == "batched" and case.config.batch_first else 0
    (x, later_x), (d_out, later_d_out) = (
        np.split(array, cut, time) for array in (np.asarray(data.input), data.cotangents[0])
    )
    d_last = data.cotangents[1:]
    early = replace(data, input=x, cotangents=(d_out, *map(np.zeros_like, d_last)))
    first = run_candidate(BY_HAND, case, data=early)
    reached = tuple(first.tensors[f"{name}_n"] for name in case.config.states)
    late = Data(data.parameters, later_x, reached, (later_d_out, *d_last))
    before, after = gradients_of(first), gradients_by_hand(case, late)
    summed = {f"grad {name}": after[f"grad {name}"] for name in data.parameters}
    found = {name: array + summed.get(name, 0) for name, array in before.items()}
    ends = [before["grad input"], after["grad input"]]
    return found | {"grad input": np.concatenate(ends, time)}
