"""One run, quantity by quantity, of the loops and of others, side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.config import Config
from rnn_manual.explain import quantities
from rnn_manual.explain.call import Call, module_for, numbers_for
from rnn_manual.explain.candidate import inside
from rnn_manual.explain.column import Column
from rnn_manual.explain.stepped import all_of, stepped_nn
from rnn_manual.layout import mapped_rows, state_given, state_tuple
from rnn_manual.weights import Array

NEAR = 1e-9  # in float64, of another order of additions over a few steps


class Trace(NamedTuple):
    """A run. columns: the loops' first, which has every quantity, in the order of computation.

    whole: whether torch.nn, stepped, gives what it gives in one call.
    """

    call: Call
    columns: list[Column]
    whole: bool


def trace(call: Call, seed: int = 0, candidate: Candidate | None = None) -> Trace:
    """Runs the loops, torch.nn and a candidate on one call, and all backwards on one loss.

    Raises: what `inside` raises.
    """
    module = module_for(call, seed)
    given = numbers_for(call, module, seed)
    config = call.config
    result, found = quantities.forward(config, given.weights, given.input, given.state)
    cotangents = _cotangents(config, result, seed)
    columns = [Column("the loops", found, quantities.backward(config, *given, *cotangents))]
    stepped, forward, backward = stepped_nn(call, given, *cotangents)
    columns.append(Column("torch.nn", forward, backward))
    if candidate is not None:
        columns.append(inside(candidate, call, given, cotangents))
    with torch.no_grad():
        at_once = module(given.input, given.state)
    pairs = zip(all_of(config, stepped), all_of(config, at_once), strict=True)
    whole = all(torch.allclose(a, b, rtol=NEAR, atol=NEAR) for a, b in pairs)
    return Trace(call, columns, whole)


def _cotangents(config: Config, result: Any, seed: int) -> tuple[Any, Any]:
    """What out and the last state are multiplied with in the loss; one decimal each."""
    rng = np.random.default_rng([seed, 2])

    def like(array: Array) -> Array:
        return torch.as_tensor(rng.standard_normal(tuple(array.shape)).round(1))

    d_states = [like(state) for state in state_tuple(config, result[1])]
    return mapped_rows(like, result[0]), state_given(config, d_states)
