"""Sequences run in two calls, the state handed on or detached: truncated backpropagation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from rnn_manual.candidates import by_hand
from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.process.dispatch import run_there
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, draw
from rnn_manual.claims.gradients import (
    ByName,
    gradients_by_hand,
    gradients_of,
    with_gradients,
    without_mode,
)
from rnn_manual.claims.layer import Layer
from rnn_manual.layout import state_given, state_tuple


def gradients_in_two(layer: Layer, case: Case, *, detached: bool) -> ByName:
    """The gradients of a candidate that runs a padded case's sequences in two calls.

    Args:
        detached: whether the state is detached between them.
    """
    without_mode(layer)
    found: ByName = run_there(layer.candidate, _in_two, case, detached, layer.device)
    return found


def _in_two(subject: Subject, case: Case, detached: bool, device: str) -> ByName:
    """Both calls within one graph."""

    def halved(built: Built) -> Built:
        def call(input: torch.Tensor, hx: Any = None) -> tuple[Any, Any]:
            first, second = input.tensor_split([input.shape[case.time_axis] // 2], case.time_axis)
            out, state = built.call(first, hx)
            states = state_tuple(built.config, state)
            states = tuple(s.detach() for s in states) if detached else states
            more, last = built.call(second, state_given(built.config, states))
            return torch.cat([out, more], case.time_axis), last

        return built._replace(call=call)

    in_two = Mode("in two", "two calls, the state handed on or detached", halved)
    return gradients_of(with_gradients(subject, case, None, device, in_two))


def halves_by_hand(case: Case) -> ByName:
    """What the two halves of a padded case give by hand, each by itself: for weights, their sum."""
    data, cut, time = draw(case), [case.seq_len // 2], case.time_axis
    (x, later_x), (d_out, later_d_out) = (
        np.split(array, cut, time) for array in (np.asarray(data.input), data.cotangents[0])
    )
    d_last = data.cotangents[1:]
    early = replace(data, input=x, cotangents=(d_out, *map(np.zeros_like, d_last)))
    first: Result = run_candidate(by_hand.build, case, data=early)
    reached = tuple(first.tensors[f"{name}_n"] for name in case.config.states)
    late = Data(data.parameters, later_x, reached, (later_d_out, *d_last))
    before, after = gradients_of(first), gradients_by_hand(case, late)
    summed = {f"grad {name}": after[f"grad {name}"] for name in data.parameters}
    found = {name: array + summed.get(name, 0) for name, array in before.items()}
    ends = [before["grad input"], after["grad input"]]
    return found | {"grad input": np.concatenate(ends, time)}
