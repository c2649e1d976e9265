"""Which result was put in the place of a value that is due, whatever formula it is.

Each is tried there, until what the cell makes of it is found among what was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import THERE, Keys, Trace, are_among, keys_of
from rnn_manual.proof.search.forward.parts import is_of_a_cell, right_there
from rnn_manual.proof.search.forward.used import shows_another, whole_of
from rnn_manual.proof.search.laid_out import batch_order

BLOCKS = (1, 2, 3, 4)  # as many gates, or directions, may be computed at once


def put_in(case: Case, trace: Trace, cell: Cell, quantity: str) -> str:
    """The line that computed what a cell went on with in a quantity's place; "" if none did."""
    due = cell.quantities[quantity]

    def parts(result: Points) -> Iterator[Points]:
        for number in BLOCKS:
            for rows in {len(due), case.batch_size}:
                if result.size == rows * number * due.shape[-1]:
                    yield from _blocks(case, due, result, rows, number)

    return line_that_gave(case, trace, None, parts, partial(whole_of, cell, quantity))


def _blocks(case: Case, due: Points, result: Points, rows: int, number: int) -> Iterator[Points]:
    """Of what was computed at once, side by side or one after the other; of those that go on."""
    size = due.shape[-1]
    beside, after = result.reshape(rows, number, size), result.reshape(number, rows, size)
    for k in range(number):
        for block in [beside[:, k]] if number == 1 else [beside[:, k], after[k]]:
            yield block[: len(due)]
            if rows == case.batch_size and case.packed:
                yield block[batch_order(case)][: len(due)]


def line_that_gave(
    case: Case,
    trace: Trace,
    due: Points | None,
    parts: Callable[[Points], Iterator[Points]],
    made_of: Callable[[Points], Iterator[Points]],
) -> str:
    """The line of the first operation that gave a value of which what is not right was made.

    Args:
        due: what comes before it, if that was computed.
        parts: of a result, what may stand in the place. made_of: what the cell makes of that.
    """
    right = right_there(case)
    start = -1 if due is None else int(trace.first(due.values).max())
    for each in trace.on_the_way(THERE):
        if each.keys.start <= start or not each.line:
            continue
        result = trace.points_of(each)
        for value in parts(result):
            # A value that another cell rightly computes is not to blame where that is computed.
            if value.size == result.size and is_of_a_cell(case, value):
                continue
            made = (m for m in made_of(value) if not m.is_same(value))  # as relu of what is one
            if any(shows_another(trace, right, m) for m in made):
                return _begun(trace, right, value) or each.line
    return ""


def _begun(trace: Trace, right: Keys, value: Points) -> str:
    """The line that first computed an element of a value that is not right; "" if all are."""
    wrong = ~are_among(keys_of(value.values), right)
    if not wrong.any():
        return ""
    return trace.executed[trace.operation(int(trace.first(value.values[:, wrong]).min()))].line
