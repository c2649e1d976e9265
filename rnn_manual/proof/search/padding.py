"""What layer 0 is of if the zeros that fill up shorter sequences are taken for their input."""

from __future__ import annotations

from functools import lru_cache

from rnn_manual.cases.case import Case
from rnn_manual.loops import cell_for, run_direction
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.laid_out import state_of, steps_of
from rnn_manual.weights import weights_from


def over_padding(case: Case, direction: int) -> list[Points]:
    """h' of every step of a packed batch, (B, H or P) each, its sequences sorted by length."""
    return _over_padding(as_formula(case), direction)


def runs_over_padding(case: Case, trace: Trace, direction: int) -> bool:
    """Whether a state that ran through padding is what is returned, and was not masked."""
    found = trace.mirrored.found["h_n"]
    if found.reason:
        return True  # as far as is known
    last = state_of(case, leaf_residues(case)["input"].like(found.values), 0, direction)
    due = over_padding(case, direction)[0 if direction else case.seq_len - 1]
    return last[: len(due)].is_same(due)


def turned_whole(case: Case, step: int) -> Points:
    """What each sequence has at a step's turn, (B_t, I), if a padded batch is turned round whole.

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
