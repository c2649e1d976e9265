"""Whether a candidate went on with a value as a quantity of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import Keys, Trace, are_among, keys_of
from rnn_manual.proof.search.forward.parts import right_there
from rnn_manual.proof.search.laid_out import state_of, steps_of


def others_too(
    case: Case, trace: Trace, cells: list[Cell], cell: Cell, quantity: str, points: Points
) -> int | None:
    """Whether something that is made of the quantity was made of this value.

    So what was computed for another purpose, as f·c on the way to c', is not taken for h'.

    Args:
        cells: those of the way there, all.

    Returns: how many other quantities are then others, too; None if nothing was made of it.
    """
    shows = partial(shows_another, trace, right_there(case))
    if quantity == "o·tanh(c')":  # of which h' is made by a product alone
        W_hr: Any = cell.weights.weight_hr
        quantity, points = "h'", points @ W_hr.T
    if quantity == "h'":
        returned = _is_returned(case, trace, cell, points)
        made = _next_sums(case, cells, cell, points) if returned is None else ()
        return 0 if returned or any(map(shows, made)) else None
    if any(map(shows, whole_of(cell, quantity, points))):
        return 0
    others = (*made_of(cell, quantity, points), *_made_with_another(cell, quantity, points))
    return 1 if any(map(shows, others)) else None


def shows_another(trace: Trace, right: Keys, made: Points) -> bool:
    """Whether this was computed, and not as what a step rightly computes.

    Args:
        right: the keys of all that is, in ascending order.
    """
    return trace.shows_there(made.values) and not are_among(keys_of(made.values), right).all()


def made_of(cell: Cell, quantity: str, y: Points) -> Iterator[Points]:
    """What is made of a value in the place of a sum, if nothing else is known."""
    if quantity.startswith("a"):
        yield from (y.tanh(), y.sigmoid(), y.relu())


def whole_of(cell: Cell, quantity: str, y: Points) -> Iterator[Points]:
    """What a cell's new state, or n, is of a value in the place of a quantity; of others' right."""
    q, given = cell.quantities, cell.given
    if quantity == "a":
        yield from (y.tanh(), y.relu())
    elif quantity.startswith("a_"):
        gate = quantity[2:]
        yield from whole_of(cell, gate, y.tanh() if gate in ("g", "n") else y.sigmoid())
    elif quantity in ("i", "g"):
        yield q["f"] * given["c"] + y * q["g" if quantity == "i" else "i"]
    elif quantity == "f":
        yield y * given["c"] + q["i"] * q["g"]
    elif quantity == "c'":
        yield q["o"] * y.tanh()
    elif quantity in ("o", "tanh(c')"):
        yield y * q["tanh(c')" if quantity == "o" else "o"]
    elif quantity == "r":
        x_n, y_n = cell.products_of_n
        yield x_n + y * y_n
    elif quantity in ("z", "n"):
        z, n = (y, q["n"]) if quantity == "z" else (q["z"], y)
        yield n + z * (given["h"] - n)


def _made_with_another(cell: Cell, quantity: str, y: Points) -> Iterator[Points]:
    """What c' is of a gate, where one beside it is another gate's, too, as of two exchanged."""
    if quantity not in ("i", "g", "f"):
        return
    q, c = cell.quantities, cell.given["c"]
    for name, a in q.items():
        if name.startswith("a_"):
            for other in (a.tanh(), a.sigmoid()):
                yield y * c + q["i"] * other if quantity == "f" else q["f"] * c + y * other


def _is_returned(case: Case, trace: Trace, cell: Cell, h: Points) -> bool | None:
    """Whether this is what is returned at a cell's step; None where another layer reads it."""
    config, out = case.config, trace.mirrored.found.get("out")
    if cell.layer < config.num_layers - 1 or out is None or out.reason:
        return _is_last(case, trace, cell, h) or None
    step = steps_of(case, h.like(out.values))[cell.step][..., config.columns(cell.direction)]
    return step.is_same(h)


def _is_last(case: Case, trace: Trace, cell: Cell, h: Points) -> bool:
    """Whether this is returned as a direction's last state, of all sequences."""
    h_n = trace.mirrored.found.get("h_n")
    if h_n is None or h_n.reason:
        return False
    return state_of(case, h.like(h_n.values), cell.layer, cell.direction).is_same(h)


def _next_sums(case: Case, cells: list[Cell], cell: Cell, h: Points) -> Iterator[Points]:
    """The sums that the next step is to make of this, and the layer above."""
    same = [c for c in cells if c.place[:2] == cell.place[:2]]
    for following in same[same.index(cell) + 1 :][:1]:
        yield from sums_with(following, "weight_hh", h)
    if case.config.num_directions == 1:
        for above in (c for c in cells if c.layer == cell.layer + 1 and c.step == cell.step):
            yield from sums_with(above, "weight_ih", h)


def sums_with(cell: Cell, role: str, operand: Points) -> Iterator[Points]:
    """The sums of a cell's gates, if weight_ih or weight_hh is multiplied by this; one at most.

    What else is added is the cell's own, so that these can be no other step's.
    """
    w, q = cell.weights, cell.quantities
    weight: Any = getattr(w, role)
    bias = w.bias_hh if role == "weight_hh" else w.bias_ih
    rest = q["W_ih x + b_ih" if role == "weight_hh" else "W_hh h + b_hh"]
    if len(rest) > len(operand) or weight.shape[-1] != operand.shape[-1]:
        return
    product = operand[: len(rest)] @ weight.T
    product = product if bias is None else product + bias
    gates = rest.shape[-1] if "n" not in q else 2 * (rest.shape[-1] // 3)
    yield (product + rest)[..., :gates]
