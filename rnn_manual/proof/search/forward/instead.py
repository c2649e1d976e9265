"""What a candidate computed in the place of a quantity: a search for small formulas.

Each is made of the quantities of that cell and its neighbours. One that the candidate did compute,
and that none of the loops' own quantities is, stands in the place; it is told only if it is true of
every element, at every point. A zero is like everything that is shut, and tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import GIVEN, Trace
from rnn_manual.proof.search.due import due_formula, without_absent_biases
from rnn_manual.proof.search.forward.formulas import small_formulas
from rnn_manual.proof.search.lines import unexplained


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
    for formula, points, cost in small_formulas(case, cell, quantity):
        place = _stands(trace, points, cell)
        # What is computed last is the whole of it, and the others are its parts.
        if place is None or (cost, -place) >= (least, -last):
            continue
        if _is_used(trace, points, quantity):
            best, last, least, residues = formula, place, cost, points.values
    if best:
        line = trace.executed[trace.operation(last)].line
        return Instead(without_absent_biases(case, best), due, line, residues)
    return Instead("", due, _beside(trace, cell, quantity) or _unexplained(trace, cell, quantity))


def _is_used(trace: Trace, points: Points, quantity: str) -> bool:
    """Whether what is made of a gate's sum, or of c', was made of this."""
    if quantity.startswith("a"):
        made = (points.sigmoid(), points.tanh(), points.relu())
    elif quantity == "c'":
        made = (points.tanh(), points.sigmoid(), points.relu())
    else:
        return True
    return any(bool((trace.has(m.values) | ~m.values.any(0)).all()) for m in made)


def _stands(trace: Trace, points: Points, cell: Cell) -> int | None:
    """The place in the trace where a formula's values are complete, if all of them are there."""
    values = points.values
    there = values.any(0)
    if not there.any():
        return None
    found = trace.first(values)
    if not ((found >= 0) | ~there).all():
        return None
    for known in cell.quantities.values():  # computed, and right
        if known.values.shape == values.shape and (known.values == values).all():
            return None
    last = int(found[there].max())
    if trace.executed[trace.operation(last)].label == GIVEN:  # and nothing was computed of it
        return None
    return last


def _beside(trace: Trace, cell: Cell, quantity: str) -> str:
    """The line that computed the elements of a quantity that are right, if some are."""
    found = trace.first(cell.quantities[quantity].values)
    operations = [trace.operation(int(place)) for place in found[found >= 0]]
    if not operations:
        return ""
    return trace.executed[max(set(operations), key=operations.count)].line


def _unexplained(trace: Trace, cell: Cell, quantity: str) -> str:
    """The line of the first value that is not the loops', after all that it is made of."""
    names = list(cell.quantities)
    made_of = [cell.quantities[name] for name in names[: names.index(quantity)]]
    known = [*cell.quantities.values(), *cell.given.values()]
    return unexplained(trace, trace.executed[: trace.forward], known, made_of)
