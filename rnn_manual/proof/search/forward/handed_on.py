"""What was handed on in the place of a state or a layer's output, where that was computed, too.

As where h' is computed, then clamped, and the next step begins with that. Nothing is known of what
is handed on but that the gates are made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.forward.inputs import input_at
from rnn_manual.proof.search.forward.put_in import line_that_gave
from rnn_manual.proof.search.forward.used import sums_with
from rnn_manual.proof.search.laid_out import batch_order, steps_of


class HandedOn(NamedTuple):
    """quantity: of what goes into a cell, which is another. expected: in words.

    line: of the candidate's own code, that computed what was handed on. by: the step before, of a
        state; None of x.
    """

    quantity: str
    expected: str
    line: str
    by: Cell | None = None


def handed_on(
    case: Case, trace: Trace, cells: list[Cell], cell: Cell, quantity: str
) -> HandedOn | None:
    """What was handed on to a cell, if one of its quantities is made of another value than is due.

    Args:
        cells: those of the way there, all.
    """
    same = [c for c in cells if c.place[:2] == cell.place[:2]]
    before = same[same.index(cell) - 1] if cell is not same[0] else None
    # At the first step the input first: what later steps make of another input looks like a state.
    if before is None:
        return _x(case, trace, cells, cell) or _state(case, trace, cell, before, quantity)
    return _state(case, trace, cell, before, quantity) or _x(case, trace, cells, cell)


def _state(
    case: Case, trace: Trace, cell: Cell, before: Cell | None, quantity: str
) -> HandedOn | None:
    state = "c" if quantity == "c'" else "h"
    due = cell.given[state] if before is None else before.quantities[f"{state}'"]
    made_of = partial(_new_c, cell) if state == "c" else partial(sums_with, cell, "weight_hh")
    line = line_that_gave(case, trace, due, partial(_states, case, due), made_of)
    row = case.config.row(cell.layer, cell.direction)
    expected = f"{state}' of step {before.step}" if before else f"{state}_0[{row}]"
    return HandedOn(state, expected, line, before) if line else None


def _x(case: Case, trace: Trace, cells: list[Cell], cell: Cell) -> HandedOn | None:
    if not cell.layer or case.drops:
        return None
    x = input_at(case, cells, cell.layer, cell.step)
    parts = partial(_steps, case, cell, x)
    line = line_that_gave(case, trace, x, parts, partial(sums_with, cell, "weight_ih"))
    return HandedOn("x", f"what layer {cell.layer - 1} puts out", line) if line else None


def _states(case: Case, due: Points, result: Points) -> Iterator[Points]:
    """Of a result, what may be a state: the whole, or each direction's part of one of both.

    Of the whole batch, some sequences of which may have ended, as the loops or the caller sort it.
    """
    if result.size == case.batch_size * due.shape[-1]:
        whole = result.reshape(case.batch_size, -1)
        yield whole
        yield whole[batch_order(case)]
    elif result.size in (due.size, 2 * due.size):
        yield from FormulaOps().unstack(result.reshape(-1, *due.shape))


def _steps(case: Case, cell: Cell, due: Points, result: Points) -> Iterator[Points]:
    """Of a result, what may be a step's input: the whole, or that step of one of all steps."""
    (size, features), T, B = due.shape, case.seq_len, case.batch_size
    if result.size == due.size:
        yield result.reshape(due.shape)
    if result.size == T * B * features:
        for step in (
            result.reshape(T, B, features)[cell.step],
            result.reshape(B, T, features)[:, cell.step],
        ):
            yield step[:size]
            yield step[batch_order(case)][:size]
    elif result.size == sum(case.lengths) * features:
        yield steps_of(case, result.reshape(-1, features))[cell.step]


def _new_c(cell: Cell, c: Points) -> Iterator[Points]:
    """What a cell makes of its c, which may be of more sequences than go on."""
    q, rows = cell.quantities, len(cell.given["c"])
    if rows <= len(c):
        yield q["f"] * c[:rows] + q["i"] * q["g"]
