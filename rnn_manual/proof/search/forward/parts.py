"""What is right to be computed on the way there: quantities, and what these are made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, forward_cells
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.runs.trace import Keys, keys_among, keys_of
from rnn_manual.proof.search.forward.inputs import input_at


def right_there(case: Case) -> Keys:
    """The keys of all that is right on the way there, in ascending order."""
    return _right_there(as_formula(case))


@lru_cache(maxsize=1)
def _right_there(case: Case) -> Keys:
    return keys_among(parts(case, forward_cells(case)))


def is_of_a_cell(case: Case, value: Points) -> bool:
    """Whether this is, whole, a quantity of a cell or what goes into one."""
    return keys_of(value.values).tobytes() in _arrays(as_formula(case))


@lru_cache(maxsize=1)
def _arrays(case: Case) -> frozenset[bytes]:
    cells = forward_cells(case)
    known = (points for c in cells for points in (*c.quantities.values(), *c.given.values()))
    return frozenset(keys_of(points.values).tobytes() for points in known)


def parts(case: Case, cells: list[Cell]) -> Iterator[Points]:
    """Of every cell, in whatever order it adds and multiplies; and all that goes in."""
    yield from leaf_residues(case).values()
    for cell in cells:
        q, h, w = cell.quantities, cell.given["h"], cell.weights
        yield from (*q.values(), *cell.given.values())
        x = input_at(case, cells, cell.layer, cell.step)
        x, h_product = x @ w.weight_ih.T, h @ w.weight_hh.T
        yield from (x, h_product, x + h_product)
        if w.bias_ih is not None and w.bias_hh is not None:
            both = w.bias_ih + w.bias_hh
            yield from (both, x + both, h_product + both, x + w.bias_ih + h_product)
        if "c'" in q:
            yield from (q["f"] * cell.given["c"], q["i"] * q["g"], q["o"] * q["tanh(c')"])
        if "n" in q:
            z, n, (_, y_n) = q["z"], q["n"], cell.products_of_n
            yield from (1 - z, (1 - z) * n, z * h, h - n, z * (h - n), q["r"] * y_n)
