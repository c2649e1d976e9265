"""What stands in the place of a gate's sum: other weights, another state, another step's input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.expected.results import as_formula
from rnn_manual.proof.search.forward.biases import biases
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
    for places in product(*(range(len(choices)) for choices in own)):
        cost = sum(place > 0 for place in places)
        if 0 < cost < 3:
            yield from _sum([of[k] for of, k in zip(own, places, strict=True)], cost)
    for other in rows_of_gates(case):
        if other != gate:
            yield from _sum([choices[0] for choices in _terms(case, cell, other)], 1)
    yield from _with_other_weights(case, cell, gate)


def _terms(case: Case, cell: Cell, gate: str) -> list[list[Term]]:
    """What each term of a gate's sum may be, the one that is due first."""
    return [terms(case, cell, gate) for terms in (input_products, recurrent_products, biases)]


def _with_other_weights(case: Case, cell: Cell, gate: str) -> Iterator[tuple[str, Points, int]]:
    """The whole sum with the weights of another direction or layer."""
    x, h, rows = inputs(case, cell)[0][1], cell.given["h"], rows_of_gates(case)[gate]
    for which, w in others(case, cell):
        if w.weight_ih.shape == cell.weights.weight_ih.shape:
            W_i, W_h, b_i, b_h = letters(case, gate)
            terms = [(f"{W_i} x", x @ w.weight_ih[rows].T), (f"{W_h} h", h @ w.weight_hh[rows].T)]
            if w.bias_ih is not None:
                terms.append((f"{b_i} + {b_h}", w.bias_ih[rows] + w.bias_hh[rows]))
            for words, points, cost in _sum(terms, 1):
                yield f"{words} with {which}weights", points, cost


def _sum(terms: list[Term], cost: int) -> Iterator[tuple[str, Points, int]]:
    values = [v for _, v in terms if v is not None]
    if values:
        yield " + ".join(word for word, _ in terms if word), sum(values[1:], values[0]), cost
