"""What a candidate computed in the place of a gradient within a cell: other factors, other terms.

One is told only if the candidate went on with it: what is computed on the way to a right gradient,
as dc'·g on that to dc'·g·i·(1 - i), is not mistaken for the whole of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import combinations, product
from operator import add, mul
from typing import Any, NamedTuple

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Named, d_sums_of
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.due import flows_from, without_absent_biases
from rnn_manual.proof.search.forward.terms import Term, others, rows_of_gates
from rnn_manual.proof.search.laid_out import state_of, steps_of
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
        yield from _flows_in(cell)
    elif quantity == "dc'":
        yield from _flows_into_c(cell)
    elif quantity == "dh":
        yield from _through_weights(cell)
    else:
        if quantity == "dc":
            yield "0", cell.q["dc"] * 0
        yield from _products(cell, quantity)


def _flows_into_c(cell: Around) -> Iterator[Term]:
    words, of_h = _times(cell.factors("of dc'"), {})
    dc = cell.q["dc'"] - of_h
    if cell.case.packed:  # where some sequences end
        yield "dc alone", dc
    else:
        yield ("d c_n" if cell.before is None else f"dc of step {cell.before.step}") + " alone", dc
    yield words, of_h
    for words, points in _products(cell, "of dc'"):
        yield f"dc + {words}".replace("+ -", "- "), dc + points
        yield words, points


def _products(cell: Around, quantity: str) -> Iterator[Term]:
    """The product that is due, with one factor left out or exchanged, or of another size."""
    factors, atoms = cell.factors(quantity), _atoms(cell)
    shape = next(iter(factors.values())).shape
    atoms = {name: atom for name, atom in atoms.items() if atom.shape == shape}
    yield from (_times(factors, {name: {}}) for name in factors)
    for name in factors:
        yield from (_times(factors, {name: {other: atom}}) for other, atom in atoms.items())
    # The slope of σ, y·(1 - y), for that of tanh, 1 - y², or the other way round; or another's.
    for slope in [name for name in factors if name.startswith("(1 - ")]:
        y = slope.removeprefix("(1 - ").removesuffix(")").removesuffix("²")
        for other in atoms:
            if f"(1 - {other})" in atoms:
                both = {name: atoms[name] for name in (other, f"(1 - {other})")}
                yield _times(factors, {y: {}, slope: both})
        if y in factors:
            yield _times(factors, {y: {}, slope: {f"(1 - {y}²)": atoms[f"(1 - {y}²)"]}})
    words, whole = _times(factors, {})
    yield f"-{words}", -whole
    for factor in (2, 0.5):
        yield f"{factor:g}·{words}", whole * factor
    yield from ((f"{words}·{other}", whole * atom) for other, atom in atoms.items())


def _atoms(cell: Around) -> Named:
    """What may stand in the place of a factor; not zeros, which are like everything shut."""
    y, given = cell.there.quantities, cell.there.given
    names = ("i", "f", "g", "o", "r", "z", "n", "c'", "tanh(c')", "h'")
    found = {name: y[name] for name in names if name in y}
    found |= {name: given[name] for name in ("h", "c") if name in given}
    if "n" in y:
        found |= _beside_r(cell)
    found = {name: atom for name, atom in found.items() if atom.values.any()}
    ones = {f"(1 - {name})": 1 - a for name, a in found.items()}
    squares = {f"(1 - {name}²)": 1 - a * a for name, a in found.items()}
    return found | ones | squares


def _beside_r(cell: Around) -> Named:
    """What may stand for W_hn h + b_hn in a GRU's da_r."""
    x_n, y_n = cell.there.products_of_n
    found = {"(W_in x + b_in)": x_n}
    bias = cell.at.weights.bias_hh
    if bias is not None:
        found["(W_hn h)"] = y_n - bias[rows_of_gates(cell.case)["n"]]
    return found


def _times(factors: Named, instead: dict[str, dict[str, Any]]) -> Term:
    """The product of factors, some of them exchanged for others."""
    parts = [part for name, y in factors.items() for part in instead.get(name, {name: y}).items()]
    return "·".join(word for word, _ in parts), reduce(mul, (y for _, y in parts))


def _flows_in(cell: Around) -> Iterator[Term]:
    """What comes from above or from the step before alone; or both, one of them being another."""
    whole, case = cell.q["dh'"], cell.case
    above, along = flows_from(case, cell.at, cell.before)
    if cell.at.layer == case.config.num_layers - 1:
        steps = _d_out(case, cell.at.direction)
        due = steps[cell.at.step]
        for step, d_out in enumerate(steps):
            if step != cell.at.step and d_out.shape == due.shape:
                yield f"d out of step {step} + {along}", whole - due + d_out
    if cell.before is None:
        part = state_of(case, leaf_residues(as_formula(case))["d h_n"], *cell.at.place[:2])
    else:
        part = cell.before.quantities["dh"]
    if part.shape != whole.shape or not part.values.any():  # where some sequences end
        return
    yield f"{along} alone", part
    yield f"{above} alone", whole - part
    if cell.before is not None:
        for words, points in _through_weights(cell.at_step(cell.before)):
            yield f"{above} + {along}, which is {words}", whole - part + points


def _d_out(case: Case, direction: int) -> list[Points]:
    """Of every step, what the results of a direction of the last layer are multiplied with."""
    steps = steps_of(case, leaf_residues(as_formula(case))["d out"])
    return [step[..., case.config.columns(direction)] for step in steps]


class _Product(NamedTuple):
    """What W_hhᵀ makes of a gate's gradient: whose rows are multiplied, with which value."""

    gate: str
    name: str
    value: Points

    def word(self, turned: str = "ᵀ") -> str:
        name = f"({self.name})" if "·" in self.name else self.name
        return f"W_h{self.gate}{turned} {name}"


def _through_weights(cell: Around) -> Iterator[Term]:
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
        for name, atom in _atoms(cell).items():
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
