"""dh, which comes through W_hh from the gates' gradients: with other matrices or other gates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import combinations
from operator import add
from typing import Any, NamedTuple

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Named, d_sums_of
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.backward.products import atoms_of
from rnn_manual.proof.search.forward.terms import Term, others, rows_of_gates


class _Product(NamedTuple):
    """What W_hhᵀ makes of a gate's gradient: whose rows are multiplied, with which value."""

    gate: str
    name: str
    value: Points

    def word(self, turned: str = "ᵀ") -> str:
        name = f"({self.name})" if "·" in self.name else self.name
        return f"W_h{self.gate}{turned} {name}"


def through_weights(cell: Around) -> Iterator[Term]:
    """dh with other matrices, with two gates exchanged or one left out."""
    yield "0", cell.q["dh"] * 0
    kept, products = _terms(cell)
    terms = kept | _made(cell, products)
    if len(terms) > 1:
        for left_out in terms:
            yield _sum({name: value for name, value in terms.items() if name != left_out})
    if kept:
        yield _sum(kept)
        without_r = [*products[:-1], _Product("n", "da_n", cell.q["da_n"])]
        yield _sum(kept | _made(cell, without_r))
        for name, atom in atoms_of(cell).items():
            another = {f"{name}·dh'": atom * cell.q["dh'"]}
            yield _sum(another | _made(cell, products))
    for one, two in combinations(range(len(products)), 2):
        order = [*products]
        order[one], order[two] = order[two], order[one]
        exchanged = [
            of_gate._replace(name=its.name, value=its.value)
            for of_gate, its in zip(products, order, strict=True)
        ]
        yield _sum(kept | _made(cell, exchanged))
    rows, w = rows_of_gates(cell.case), cell.at.weights
    if w.weight_hr is None:
        turned = {p.word(""): p.value @ w.weight_hh[rows[p.gate]].T for p in products}
        yield _sum(kept | turned)
    for whose, weights in others(cell.case, cell.at):
        words, points = _sum(kept | _made(cell, products, weights.weight_hh))
        yield f"{words} with {whose}W_hh", points


def _terms(cell: Around) -> tuple[Named, list[_Product]]:
    """The terms of dh, as they are due: of a GRU z·dh', and the products."""
    names = d_sums_of(cell.case.config)
    products = [_Product(name[3:] or "h", name, cell.q[name]) for name in names]
    if cell.case.config.kind != "gru":
        return {}, products
    r, z = (cell.there.quantities[name] for name in ("r", "z"))
    products[-1] = _Product("n", "r·da_n", r * cell.q["da_n"])
    return {"z·dh'": z * cell.q["dh'"]}, products


def _made(cell: Around, products: list[_Product], weight_hh: Any = None) -> Named:
    """Each product, by what it is called."""
    rows = rows_of_gates(cell.case)
    weight = cell.at.weights.weight_hh if weight_hh is None else weight_hh
    return {each.word(): each.value @ weight[rows[each.gate]] for each in products}


def _sum(terms: Named) -> Term:
    return " + ".join(terms), reduce(add, terms.values())
