"""The states in which the calls before the one that is judged ended."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from rnn_manual.candidates.harness.observer import another_call
from rnn_manual.cases.calls import AFTER_ANOTHER, others
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.layout import mapped_rows, rows_of, run, state_given, state_tuple
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.leaves import drawn
from rnn_manual.proof.expected.results import leaf_residues
from rnn_manual.weights import weights_from


def ended_in(case: Case) -> list[tuple[str, Points]]:
    """Which call, in words, and its h_n, (S, B, H) of its own batch; the last call first."""
    if case.call not in AFTER_ANOTHER or case.layout == "unbatched":
        return []
    config, calls = case.config, others(case)
    weights = weights_from(config, leaf_residues(case))
    found: list[tuple[str, Points]] = []
    for number, other in enumerate(calls):
        if other.drops:
            continue
        data = draw(other)
        call = another_call(number)
        rows = drawn(case, f"{call} input", np.shape(rows_of(data.input)))
        x = mapped_rows(partial(_instead, rows), data.input)
        state = None
        if data.state is not None:
            named = zip(config.states, data.state, strict=True)
            given = [drawn(case, f"{call} {name}_0", s.shape) for name, s in named]
            state = state_given(config, given)
        _, last = run(config, weights, x, state, training=other.training)
        before = "the call before" if number == len(calls) - 1 else "an earlier call"
        found.append((before, state_tuple(config, last)[0]))
    return found[::-1]


def _instead(rows: Points, _: Any) -> Points:
    return rows
