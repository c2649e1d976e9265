"""What a candidate computed in the place of a quantity: a search for small formulas.

Each is made of the quantities of that cell and its neighbours. One that the candidate did compute,
and that none of the loops' own quantities is, stands in the place; it is told only if it is true of
every element, at every point. A constant tells nothing: a zero is like everything that is shut.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.expected.quantities import Cell, forward_cells
from rnn_manual.proof.runs.mirrored import GIVEN
from rnn_manual.proof.runs.trace import BACK, THERE, Trace
from rnn_manual.proof.search.due import (
    due_formula,
    with_first_states,
    without_absent_biases,
    without_zero_state,
)
from rnn_manual.proof.search.forward.formulas import small_formulas
from rnn_manual.proof.search.forward.parts import right_there
from rnn_manual.proof.search.forward.put_in import put_in
from rnn_manual.proof.search.forward.states import THROUGH_PADDING
from rnn_manual.proof.search.forward.used import others_too
from rnn_manual.proof.search.lines import unexplained
from rnn_manual.proof.search.padding import is_masked


@dataclass(frozen=True)
class Instead:
    """formula: what was computed, "" if nothing was found. expected: what the loops compute.

    residues: of what was computed.
    """

    formula: str
    expected: str
    line: str
    residues: Ints | None = None


def instead_of(case: Case, trace: Trace, cell: Cell, quantity: str) -> Instead:
    """Searches for what stands in the place of a quantity, and for the line that computed it."""
    due = due_formula(case, cell, quantity)
    best, last, least = "", -1, 1 << 30
    residues: Ints | None = None
    cells = forward_cells(case)
    for words, points, others, stands_for in small_formulas(case, cell, quantity):
        place = _stands(trace, points)
        # What is computed last is the whole of it, and the others are its parts.
        if place is None or (others, -place) >= (least, -last):
            continue
        if points.is_same(cell.quantities[stands_for or quantity]):
            continue  # it is what is due, and only handed on as another
        if not stands_for and _is_right(cell, quantity, points):
            continue
        if THROUGH_PADDING in words and is_masked(case, trace, cell.step):
            continue
        too = others_too(case, trace, cells, cell, stands_for or quantity, points)
        if too is not None and (others + too, -place) < (least, -last):
            best, last, least, residues = words, place, others + too, points.values
    if best:
        line = trace.executed[trace.operation(last)].line
        best = without_absent_biases(case, best)
        if "_0[" in best:
            due = with_first_states(case, cell, due)
        told = without_zero_state(cell, best)
        if told != best:
            due = f"{without_zero_state(cell, due)} (h is 0)"
        return Instead(told, due, line, residues)
    line = put_in(case, trace, cell, quantity) or _beside(trace, cell, quantity)
    line = line or _unexplained(case, trace, cell, quantity)
    return Instead("", due, line)


def _is_right(cell: Cell, quantity: str, points: Points) -> bool:
    """Whether a sum, or c', is another quantity, which is right where that is due.

    What is made of it, a gate or tanh(c'), is then made of it there.
    """
    if not (quantity.startswith("a") or quantity == "c'"):
        return False
    each = (known for name, known in cell.quantities.items() if "+" not in name)
    return any(map(points.is_same, each))


def _stands(trace: Trace, points: Points) -> int | None:
    """The place in the trace where a formula's values are complete, if all of them are there."""
    values = points.values
    there = values.any(0)
    if values.size == 0 or (values == values.flat[0]).all():  # 0, or 1 as i + (1 - i)
        return None
    if not trace.has_all(values):
        return None
    last = int(trace.first(values)[there].max())
    operation = trace.executed[trace.operation(last)]
    if operation.label == GIVEN or operation.way == BACK:  # and nothing was computed of it
        return None
    return last


def _beside(trace: Trace, cell: Cell, quantity: str) -> str:
    """The line that computed the elements of a quantity that are right, if some are."""
    found = trace.first(cell.quantities[quantity].values)
    operations = [trace.operation(int(place)) for place in found[found >= 0]]
    if not operations:
        return ""
    return trace.executed[max(set(operations), key=operations.count)].line


def _unexplained(case: Case, trace: Trace, cell: Cell, quantity: str) -> str:
    """The line of the first value that is not the loops', after all that it is made of."""
    names = list(cell.quantities)
    made_of = [cell.quantities[name] for name in names[: names.index(quantity)]]
    return unexplained(trace, trace.on_the_way(THERE), right_there(case), made_of)
