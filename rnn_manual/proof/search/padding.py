"""What layer 0 computes if the zeros that fill up shorter sequences are taken for their input."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.loops import cell_for, run_direction
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.runs.trace import THERE, Trace, keys_of
from rnn_manual.proof.search.laid_out import batch_order, state_of, steps_of
from rnn_manual.weights import weights_from


def over_padding(case: Case, direction: int) -> list[Points]:
    """h' of every step of a packed batch, (B, H or P) each, its sequences sorted by length."""
    return _over_padding(as_formula(case), direction)


def is_masked(case: Case, trace: Trace, step: int) -> bool:
    """Whether the reverse direction keeps the state of what has ended, where x is its padding.

    What it computes at a step and then masks is then no state that ran through padding.
    """
    T, lengths = case.seq_len, sorted(case.lengths, reverse=True)
    states = over_padding(case, 1)
    kept = [states[max(step, T - length)][b] for b, length in enumerate(lengths)]
    masked = FormulaOps().stack(kept)
    if masked.is_same(states[step]):
        return False
    order = np.argsort(batch_order(case))  # the caller's
    sought = [keys_of(rows.values).ravel() for rows in (masked, masked[order])]
    found = (trace.keys[e.keys] for e in trace.on_the_way(THERE))
    return any(np.array_equal(keys, each) for keys in found for each in sought)


def reversed_with_padding(case: Case, step: int) -> Points:
    """What each sequence has at a step's turn, (B_t, I), if a padded batch is reversed whole.

    A shorter sequence then begins with its padding.
    """
    steps = steps_of(case, leaf_residues(case)["input"])
    rows = []
    for b, length in enumerate(sorted(case.lengths, reverse=True)[: len(steps[step])]):
        at = case.seq_len - (length - step)
        rows.append(steps[at][b] if at < length else steps[0][b] * 0)
    found: Points = FormulaOps().stack(rows)
    return found


@lru_cache(maxsize=2)
def _over_padding(case: Case, direction: int) -> list[Points]:
    config, leaves, ops = case.config, leaf_residues(case), FormulaOps()
    steps = steps_of(case, leaves["input"])
    batch = len(steps[0])
    rows = ops.concat([ops.concat([x, steps[0][len(x) :] * 0]) for x in steps])
    state = tuple(
        state_of(case, leaves[f"{name}_0"], 0, direction)
        if f"{name}_0" in leaves
        else ops.zeros((batch, config.state_size(name)), like=rows)
        for name in config.states
    )
    w, sizes = weights_from(config, leaves)[0][direction], [batch] * len(steps)
    out, _ = run_direction(ops, cell_for(config), w, rows, sizes, state, bool(direction))
    return list(ops.steps(out, sizes))
