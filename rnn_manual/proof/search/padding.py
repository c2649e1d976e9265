"""What layer 0 computes if the zeros that fill up shorter sequences are taken for their input."""

from __future__ import annotations

from functools import lru_cache

from rnn_manual.cases.case import Case
from rnn_manual.loops import cell_for, run_direction
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.search.laid_out import state_of, steps_of
from rnn_manual.weights import weights_from


def over_padding(case: Case, direction: int) -> list[Points]:
    """h' of every step of a packed batch, (B, H or P) each, its sequences sorted by length."""
    return _over_padding(as_formula(case), direction)


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
