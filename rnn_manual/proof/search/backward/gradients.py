"""What a candidate computed in the place of a gradient within a cell: other factors, other terms.

One is told only if the candidate went on with it: what is computed on the way to a right gradient,
as dc'·g on that to dc'·g·i·(1 - i), is not mistaken for the whole of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Named, d_sums_of
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.backward.flows import flows_into_c, flows_into_h
from rnn_manual.proof.search.backward.products import products_near
from rnn_manual.proof.search.backward.through_weights import through_weights
from rnn_manual.proof.search.due import without_absent_biases
from rnn_manual.proof.search.forward.terms import Term
from rnn_manual.proof.search.missing import is_computed


class Instead(NamedTuple):
    """The formula that was computed in the place of a gradient, in words, and its values."""

    words: str
    points: Points


def gradient_instead(cell: Around, quantity: str) -> Instead | None:
    """What was computed in the place of a quantity; None if it is not found."""
    sums = d_sums_of(cell.case.config)
    missing = [name for name in sums if not is_computed(cell.trace, cell.at, name)]
    # Where several gates' are others, what is made of all of them tells whether each is right.
    beside = [
        [
            (name, points)
            for _, points in _others_than(cell, name)
            if cell.trace.has(points.values).all()
        ]
        for name in missing
        if name != quantity
    ]
    for words, points in _others_than(cell, quantity):
        alone: Named = {quantity: points}
        several = product(*beside) if beside and quantity in sums else ()
        if cell.went_on_with(alone) or any(cell.went_on_with(alone | dict(s)) for s in several):
            return Instead(without_absent_biases(cell.case, words), points)
        if "h" in quantity and "dc" in cell.q and cell.went_on_with(alone, without_dc=True):
            return Instead(f"{words}, with dc left out as well", points)
    return None


def gate_gradient_instead(cell: Around) -> tuple[str, Instead] | None:
    """Of a cell that computed each gate's gradient, which it went on without, and with what."""
    for name in d_sums_of(cell.case.config):
        for words, points in _others_than(cell, name):
            shown = cell.trace.shows(points.values)
            if shown and cell.went_on_with({name: points}):
                return name, Instead(without_absent_biases(cell.case, words), points)
    return None


def _others_than(cell: Around, quantity: str) -> Iterator[Term]:
    """What may stand for a quantity, and is not what it should be."""
    right = cell.q[quantity]
    for words, points in _candidates(cell, quantity):
        if points.shape == right.shape and (points.values != right.values).any():
            yield words, points


def _candidates(cell: Around, quantity: str) -> Iterator[Term]:
    if quantity == "dh'":
        yield from flows_into_h(cell)
    elif quantity == "dc'":
        yield from flows_into_c(cell)
    elif quantity == "dh":
        yield from through_weights(cell)
    else:
        if quantity == "dc":
            yield "0", cell.q["dc"] * 0
        yield from products_near(cell, quantity)
