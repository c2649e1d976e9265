"""What stands in the place of a gate's sum: other weights, another state, another step's input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.expected.results import as_formula
from rnn_manual.proof.search.forward.biases import Biases, biases
from rnn_manual.proof.search.forward.inputs import input_products, inputs
from rnn_manual.proof.search.forward.states import recurrent_products
from rnn_manual.proof.search.forward.terms import Term, letters, others, rows_of_gates


def sums_instead(case: Case, cell: Cell, quantity: str) -> Iterator[tuple[str, Points, int]]:
    """Sums of an input product, a recurrent product and biases, of which one or two are not due.

    Yields: the sum in words, its values, and how many of its terms are not due.
    """
    case = as_formula(case)
    gate = quantity[2:] or "h"
    own = _terms(case, cell, gate)
    for x, h, b in product(*(range(len(choices)) for choices in own)):
        cost = (x > 0) + (h > 0) + (b > 0)
        biases_only = not (_is_there(own[0][x]) or _is_there(own[1][h]))
        if 0 < cost < 3 and not (biases_only and case.packed):  # which stands on padding, too
            yield from _sum(own[0][x], own[1][h], own[2][b], cost)
    for other in rows_of_gates(case):
        if other != gate:
            of_x, of_h, of_b = _terms(case, cell, other)
            yield from _sum(of_x[0], of_h[0], of_b[0], 1)
    yield from _with_other_weights(case, cell, gate)


def _terms(case: Case, cell: Cell, gate: str) -> tuple[list[Term], list[Term], list[Biases]]:
    """What W x, W h and the biases of a gate's sum may be, what is due first."""
    products = input_products(case, cell, gate), recurrent_products(case, cell, gate)
    return *products, biases(case, cell, gate)


def _with_other_weights(case: Case, cell: Cell, gate: str) -> Iterator[tuple[str, Points, int]]:
    """The whole sum with the weights of another direction or layer."""
    x, h, rows = inputs(case, cell)[0][1], cell.given["h"], rows_of_gates(case)[gate]
    for which, w in others(case, cell):
        if w.weight_ih.shape == cell.weights.weight_ih.shape:
            W_i, W_h, b_i, b_h = letters(case, gate)
            both: Biases = ("", "", None)
            if w.bias_ih is not None:
                both = (b_i, b_h, w.bias_ih[rows] + w.bias_hh[rows])
            of_x, of_h = (
                (f"{W_i} x", x @ w.weight_ih[rows].T),
                (f"{W_h} h", h @ w.weight_hh[rows].T),
            )
            for words, points, cost in _sum(of_x, of_h, both, 1):
                yield f"{words} with {which}weights", points, cost


def _is_there(product: Term) -> bool:
    return product[1] is not None and bool(product[1].values.any())


def _sum(x: Term, h: Term, b: Biases, cost: int) -> Iterator[tuple[str, Points, int]]:
    values = [v for v in (x[1], h[1], b[2]) if v is not None]
    if values:
        words = " + ".join(filter(None, (x[0], b[0], h[0], b[1])))
        yield words, sum(values[1:], values[0]), cost
