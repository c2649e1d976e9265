"""Whether a candidate went on with a value as a quantity of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import Trace, are_among, keys_of
from rnn_manual.proof.search.forward.parts import right_there
from rnn_manual.proof.search.laid_out import steps_of


def others_too(
    case: Case, trace: Trace, cells: list[Cell], cell: Cell, quantity: str, points: Points
) -> int | None:
    """Whether something that is made of the quantity was made of this value.

    So what was computed for another purpose, as f·c on the way to c', is not taken for h'.

    Args:
        cells: those of the way there, all.

    Returns: how many other quantities are then others, too; None if nothing was made of it.
    """
    if quantity == "h'":
        return 0 if _goes_on(case, trace, cells, cell, points) else None
    right = right_there(case)

    def shows(made: Points) -> bool:
        """Whether it was computed, and not as what another step rightly computes."""
        return trace.shows_there(made.values) and not are_among(keys_of(made.values), right).all()

    if any(map(shows, _made_of(cell, quantity, points))):
        return 0
    if any(map(shows, _made_with_another(cell, quantity, points))):
        return 1
    return None


def _made_of(cell: Cell, quantity: str, y: Points) -> Iterator[Points]:
    q, given, w = cell.quantities, cell.given, cell.weights
    W_hr: Any = w.weight_hr
    if quantity == "c'":
        yield from (y.tanh(), y.sigmoid(), y.relu(), q["o"] * y.tanh())
    elif quantity.startswith("a"):
        yield from (y.tanh(), y.sigmoid(), y.relu())
    elif quantity == "o·tanh(c')":
        yield y @ W_hr.T
    elif quantity in ("i", "g"):
        new = y * q["g" if quantity == "i" else "i"]
        yield from (new, q["f"] * given["c"] + new)
    elif quantity == "f":
        yield from (y * given["c"], y * given["c"] + q["i"] * q["g"])
    elif quantity in ("o", "tanh(c')"):
        yield y * q["tanh(c')" if quantity == "o" else "o"]
    elif quantity == "r":
        x_n, y_n = cell.products_of_n
        yield from (y * y_n, x_n + y * y_n)
    elif quantity == "z":
        h, n = given["h"], q["n"]
        yield from (y * (h - n), n + y * (h - n), (1 - y) * n, y * h)
    elif quantity == "n":
        h, z = given["h"], q["z"]
        yield from ((1 - z) * y, h - y, y - h, z * y, y + z * (h - y))


def _made_with_another(cell: Cell, quantity: str, y: Points) -> Iterator[Points]:
    """Of an LSTM whose gates are exchanged both factors of i·g are others."""
    if quantity not in ("i", "g"):
        return
    kept = cell.quantities["f"] * cell.given["c"]
    for name, a in cell.quantities.items():
        if name.startswith("a_"):
            for other in (a.tanh(), a.sigmoid()):
                yield from (y * other, kept + y * other)


def _goes_on(case: Case, trace: Trace, cells: list[Cell], cell: Cell, h: Points) -> bool:
    """Whether this is what is returned, or what the next step's sums are made of."""
    config = case.config
    out = trace.mirrored.found.get("out")
    if cell.layer == config.num_layers - 1 and out is not None and not out.reason:
        step = steps_of(case, h.like(out.values))[cell.step][..., config.columns(cell.direction)]
        return bool(step.shape == h.shape and (step.values == h.values).all())
    same = [c for c in cells if c.place[:2] == cell.place[:2]]
    following = same[[c.place for c in same].index(cell.place) + 1 :][:1]
    above = [c for c in cells if c.layer == cell.layer + 1 and c.step == cell.step]
    made = [_sums(c, h, "weight_hh") for c in following]
    if config.num_directions == 1:
        made += [_sums(c, h, "weight_ih") for c in above]
    return any(trace.shows_there(points.values) for sums in made for points in sums)


def _sums(cell: Cell, operand: Points, role: str) -> Iterator[Points]:
    """What a cell's sums are if they are made of this, in whatever order they are added up."""
    other, bias, its = (
        ("W_ih x + b_ih", cell.weights.bias_hh, cell.weights.weight_hh)
        if role == "weight_hh"
        else ("W_hh h + b_hh", cell.weights.bias_ih, cell.weights.weight_ih)
    )
    rest = cell.quantities[other]
    if len(rest) > len(operand) or its.shape[-1] != operand.shape[-1]:
        return
    product = operand[: len(rest)] @ its.T
    yield product
    product = product if bias is None else product + bias
    yield product
    gates = rest.shape[-1] if "n" not in cell.quantities else 2 * (rest.shape[-1] // 3)
    yield (product + rest)[..., :gates]
