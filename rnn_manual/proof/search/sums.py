"""What stands in the place of a gate's sum: other weights, another state, another step's input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, forward_cells
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.weights import weights_from

Term = tuple[str, Any]  # in words, and its values; None for no term


def sums_instead(case: Case, cell: Cell, quantity: str) -> Iterator[tuple[str, Points, int]]:
    """Sums of an input product, a recurrent product and biases, of which one or two are not due.

    Yields: the sum in words, its values, and how many of its terms are not due.
    """
    case = as_formula(case)
    gate = quantity[2:] or "h"
    rows = {g: _rows(case, j) for j, g in enumerate(case.config.gates)}
    of_x = _input_products(case, cell, gate, rows)
    of_h = _recurrent_products(case, cell, gate, rows)
    biases = _biases(case, cell, gate, rows)
    for n, m, b in product(*(range(len(terms)) for terms in (of_x, of_h, biases))):
        cost = bool(n) + bool(m) + bool(b)
        if 0 < cost < 3:
            yield from _sum([of_x[n], of_h[m], biases[b]], cost)
    for other in rows:
        if other != gate:
            terms = [t[0] for t in _of_gate(case, cell, other, rows)]
            yield from _sum(terms, 1)
    x, h = _inputs(case, cell)[0][1], cell.given["h"]
    for which, w in _others(case, cell):
        if w.weight_ih.shape == cell.weights.weight_ih.shape:
            W_i, W_h, b_i, b_h = _letters(case, gate)
            terms = [(f"{W_i} x", x @ w.weight_ih[rows[gate]].T)]
            terms.append((f"{W_h} h", h @ w.weight_hh[rows[gate]].T))
            if w.bias_ih is not None:
                terms.append((f"{b_i} + {b_h}", w.bias_ih[rows[gate]] + w.bias_hh[rows[gate]]))
            for words, points, cost in _sum(terms, 1):
                yield f"{words} with {which}weights", points, cost


def _of_gate(case: Case, cell: Cell, gate: str, rows: dict[str, slice]) -> Iterator[list[Term]]:
    """The terms that another gate's sum is due."""
    for terms in (_input_products, _recurrent_products, _biases):
        yield terms(case, cell, gate, rows)


def _sum(terms: list[Term], cost: int) -> Iterator[tuple[str, Points, int]]:
    values = [v for _, v in terms if v is not None]
    if values:
        yield " + ".join(word for word, _ in terms if word), sum(values[1:], values[0]), cost


def _rows(case: Case, gate: int) -> slice:
    H = case.config.hidden_size
    return slice(gate * H, (gate + 1) * H)


def _letters(case: Case, gate: str) -> tuple[str, str, str, str]:
    if case.config.kind == "rnn":
        return "W_ih", "W_hh", "b_ih", "b_hh"
    return f"W_i{gate}", f"W_h{gate}", f"b_i{gate}", f"b_h{gate}"


def _others(case: Case, cell: Cell) -> Iterator[tuple[str, Any]]:
    """The weights of other directions and layers, where they have the same shapes."""
    weights = weights_from(case.config, leaf_residues(case))
    for layer, row in enumerate(weights):
        for direction, w in enumerate(row):
            if (layer, direction) != (cell.layer, cell.direction):
                which = "the other direction's " if layer == cell.layer else f"layer {layer}'s "
                yield which, w


def _input_products(case: Case, cell: Cell, gate: str, rows: dict[str, slice]) -> list[Term]:
    """W x, as it is due first; then with other rows, other weights, another step's x, or none."""
    own = cell.weights
    x = _inputs(case, cell)
    found: list[Term] = []
    W_i = _letters(case, gate)[0]
    for name, value in x:
        found.append((f"{W_i} {name}", value @ own.weight_ih[rows[gate]].T))
    now = x[0][1]
    for other, place in rows.items():
        if other != gate:
            found.append((f"{_letters(case, other)[0]} x", now @ own.weight_ih[place].T))
    for which, w in _others(case, cell):
        if w.weight_ih.shape == own.weight_ih.shape:
            found.append((f"{which}{W_i} x", now @ w.weight_ih[rows[gate]].T))
    found.append(("", None))
    half = now.shape[-1] // 2
    if cell.layer and case.config.bidirectional:
        W = own.weight_ih[rows[gate]]
        found.append((f"{W_i} of the forward half of x", now[..., :half] @ W[:, :half].T))
        found.append((f"{W_i} of the backward half of x", now[..., half:] @ W[:, half:].T))
    return found


def _inputs(case: Case, cell: Cell) -> list[Term]:
    """x of the cell's step, and of others, and of the layers below."""
    config, leaves = case.config, leaf_residues(case)
    cells = forward_cells(case)
    size = len(next(iter(cell.given.values())))
    found: list[Term] = []

    def outputs(layer: int, step: int) -> Any:
        """What a layer puts out at a step."""
        both = [c.quantities["h'"] for c in cells if (c.layer, c.step) == (layer, step)]
        return Points.concatenated(both, -1) if both else None

    def at(step: int) -> Any:
        if cell.layer:
            return outputs(cell.layer - 1, step)
        from rnn_manual.cases.draw import draw
        from rnn_manual.layout import layout_of, mapped_rows
        from rnn_manual.proof.arithmetic.ops import FormulaOps

        layout = layout_of(config, mapped_rows(lambda _: leaves["input"], draw(case).input))
        steps = FormulaOps().steps(layout.rows, layout.batch_sizes)
        return steps[step] if 0 <= step < len(steps) else None

    due = at(cell.step)
    if cell.layer and case.drops:  # masks are torch's but where p is 1, which leaves only zeros
        found += [("x", due * 0), ("x before dropout", due)]
    else:
        found.append(("x", due))
    near = ((cell.step - 1, "the step before's x"), (cell.step + 1, "the next step's x"))
    for step, words in near:
        value = at(step) if step >= 0 else None
        if value is not None and len(value) >= size:
            found.append((words, value[:size]))
    T = case.seq_len
    mirrored = at(T - 1 - cell.step)
    if mirrored is not None and len(mirrored) >= size:
        found.append((f"step {T - 1 - cell.step}'s x", mirrored[:size]))
    if cell.layer > 1:
        value = outputs(0, cell.step)
        if value is not None and value.shape == found[0][1].shape:
            found.append(("layer 0's output", value))
    return [(name, value) for name, value in found if value is not None]


def _recurrent_products(case: Case, cell: Cell, gate: str, rows: dict[str, slice]) -> list[Term]:
    own, h = cell.weights, cell.given["h"]
    W_h = _letters(case, gate)[1]
    W = own.weight_hh[rows[gate]]
    found: list[Term] = [(f"{W_h} h", h @ W.T)]
    if W.shape[0] == W.shape[1]:
        found.append((f"{W_h}ᵀ h", h @ W))
    for other, place in rows.items():
        if other != gate:
            found.append((f"{_letters(case, other)[1]} h", h @ own.weight_hh[place].T))
    for which, w in _others(case, cell):
        if w.weight_hh.shape == own.weight_hh.shape:
            found.append((f"{which}{W_h} h", h @ w.weight_hh[rows[gate]].T))
    found.append(("", None))
    for name, state in _states(case, cell):
        if state.shape == h.shape:
            found.append((f"{W_h} {name}", state @ W.T))
    if W.shape[0] == W.shape[1]:
        for name, state in _states(case, cell):
            if state.shape == h.shape:
                found.append((f"{W_h}ᵀ {name}", state @ W))
    return found


def _states(case: Case, cell: Cell) -> list[Term]:
    """What else a state may be: c, ones, other rows of h_0, another sequence's, another layer's."""
    leaves, given = leaf_residues(case), cell.given
    h = given["h"]
    found: list[Term] = [("1", h * 0 + 1)]
    if "c" in given:
        found.append(("c", given["c"]))
    batch = len(h)
    if batch > 1:
        found.append(("h of the first sequence", h[:1] + h * 0))
        found.append(("h of the next sequence", h.like(np.roll(h.values, -1, 1))))
        found.append(("h of the sequence before", h.like(np.roll(h.values, 1, 1))))
        order = _orders(case)
        found += [("h of sequences in another order", h[o]) for o in order if len(o) == batch]
    if cell.first and "h_0" in leaves:
        h_0 = leaves["h_0"] if leaves["h_0"].ndim == 3 else leaves["h_0"][:, None]
        for row in range(len(h_0)):
            same = h_0[row]
            for order in [None, *_orders(case)]:
                rows = same if order is None else same[order]
                if rows.shape[0] >= batch:
                    found.append((f"h_0[{row}]", rows[:batch]))
    for other in forward_cells(case):
        if other.layer == cell.layer - 1 and other.direction == cell.direction:
            found.append(
                (f"h' of layer {other.layer}, step {other.step}", other.quantities["h'"][:batch])
            )
    return found


def _orders(case: Case) -> list[Any]:
    from rnn_manual.cases.draw import draw

    input = draw(case).input
    found = []
    for name in ("sorted_indices", "unsorted_indices"):
        order = getattr(input, name, None)
        if order is not None:
            found.append(np.asarray(order))
    return found


def _biases(case: Case, cell: Cell, gate: str, rows: dict[str, slice]) -> list[Term]:
    w: Any = cell.weights
    if w.bias_ih is None:
        return [("", None), ("1", _row(cell, 1))]
    _, _, b_i, b_h = _letters(case, gate)
    of_i, of_h = w.bias_ih[rows[gate]], w.bias_hh[rows[gate]]
    found: list[Term] = [
        (f"{b_i} + {b_h}", of_i + of_h),
        (b_h, of_h),
        (b_i, of_i),
        ("", None),
        (f"2·{b_i}", of_i * 2),
        (f"2·{b_h}", of_h * 2),
        (f"2·{b_i} + {b_h}", of_i * 2 + of_h),
        (f"{b_i} + 2·{b_h}", of_i + of_h * 2),
        (f"{b_i} + {b_h} + 1", of_i + of_h + 1),
    ]
    for other, place in rows.items():
        if other != gate:
            _, _, i, h = _letters(case, other)
            found.append((f"{i} + {h}", w.bias_ih[place] + w.bias_hh[place]))
    for which, v in _others(case, cell):
        if v.bias_ih is not None and v.bias_ih.shape == w.bias_ih.shape:
            both = v.bias_ih[rows[gate]] + v.bias_hh[rows[gate]]
            found.append((f"{which}{b_i} + {b_h}", both))
    return found


def _row(cell: Cell, value: int) -> Points:
    h = cell.given["h"]
    return h[:, :1] * 0 + value
