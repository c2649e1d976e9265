"""What was handed on in the place of a state or a layer's output, where that was computed, too.

As where h' is computed, then clamped, and the next step begins with that. Nothing is known of what
is handed on but that the gates are made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import THERE, Trace, are_among, keys_of
from rnn_manual.proof.search.forward.inputs import input_at
from rnn_manual.proof.search.forward.parts import right_there
from rnn_manual.proof.search.laid_out import batch_order, steps_of


class HandedOn(NamedTuple):
    """quantity: of what goes into a cell, which is another. expected: in words.

    line: of the candidate's own code, that computed what was handed on.
    """

    quantity: str
    expected: str
    line: str


def handed_on(
    case: Case, trace: Trace, cells: list[Cell], cell: Cell, quantity: str
) -> HandedOn | None:
    """What was handed on to a cell, if one of its quantities is made of another value than is due.

    Args:
        cells: those of the way there, all.
    """
    same = [c for c in cells if c.place[:2] == cell.place[:2]]
    k = same.index(cell)
    if k:
        state, before = "c" if quantity == "c'" else "h", same[k - 1]
        due = before.quantities[f"{state}'"]
        made_of = _of_state(cell, state)
        line = _line(case, trace, due, lambda result: _states(case, result, due), made_of)
        return HandedOn(state, f"{state}' of step {before.step}", line) if line else None
    if not cell.layer or case.drops:
        return None
    x = input_at(case, cells, cell.layer, cell.step)
    line = _line(case, trace, x, lambda result: _steps(case, cell, result, x), _of_input(cell))
    return HandedOn("x", f"what layer {cell.layer - 1} puts out", line) if line else None


def _line(
    case: Case,
    trace: Trace,
    due: Points,
    parts: Callable[[Points], Iterator[Points]],
    made_of: Callable[[Points], Iterator[Points]],
) -> str:
    """The line of the first operation after what is due that gave what the gates are made of.

    Args:
        parts: of a result, what may stand in the place of what is due.
        made_of: what the gates are made of that.
    """
    right, complete = right_there(case), int(trace.first(due.values).max())
    for each in trace.on_the_way(THERE):
        if each.keys.start <= complete or not each.line:
            continue
        for given in parts(due.like(trace.values_of(each))):
            for made in made_of(given):
                shown = trace.shows_there(made.values)
                if shown and not are_among(keys_of(made.values), right).all():
                    return each.line
    return ""


def _states(case: Case, result: Points, due: Points) -> Iterator[Points]:
    """Of a result, what may be a state: the whole, or each direction's part of one of both.

    Of the whole batch, some sequences of which may have ended, as the loops or the caller sort it.
    """
    if result.size == case.batch_size * due.shape[-1]:
        whole = result.reshape(case.batch_size, -1)
        yield whole
        yield whole[batch_order(case)]
    elif result.size in (due.size, 2 * due.size):
        yield from FormulaOps().unstack(result.reshape(-1, *due.shape))


def _steps(case: Case, cell: Cell, result: Points, due: Points) -> Iterator[Points]:
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


def _of_state(cell: Cell, state: str) -> Callable[[Points], Iterator[Points]]:
    """What a cell makes of its state."""
    q, rows, weights = cell.quantities, len(cell.given[state]), cell.weights

    def made(given: Points) -> Iterator[Points]:
        if rows > len(given):
            return
        given = given[:rows]
        if state == "c":
            yield from (q["f"] * given, q["f"] * given + q["i"] * q["g"])
            return
        yield from _sums(cell, given, weights.weight_hh, weights.bias_hh, q["W_ih x + b_ih"])

    return made


def _of_input(cell: Cell) -> Callable[[Points], Iterator[Points]]:
    """What a cell makes of its input."""
    w, rest = cell.weights, cell.quantities["W_hh h + b_hh"]
    return lambda given: _sums(cell, given, w.weight_ih, w.bias_ih, rest)


def _sums(cell: Cell, given: Points, weight: Any, bias: Any, rest: Points) -> Iterator[Points]:
    """A product with and without its bias, and the gates' sums."""
    product = given @ weight.T
    yield product
    if bias is not None:
        product = product + bias
        yield product
    gates = rest.shape[-1] if "n" not in cell.quantities else 2 * (rest.shape[-1] // 3)
    yield (product + rest)[..., :gates]
