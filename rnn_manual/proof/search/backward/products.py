"""The product that a gradient within a cell is, with one factor another, left out or added."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import mul
from typing import Any

from rnn_manual.proof.expected.quantities import Named
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.forward.terms import Term, rows_of_gates


def products_near(cell: Around, quantity: str) -> Iterator[Term]:
    """The product that is due, with one factor left out or exchanged, or of another size."""
    factors, atoms = cell.factors(quantity), atoms_of(cell)
    shape = next(iter(factors.values())).shape
    atoms = {name: atom for name, atom in atoms.items() if atom.shape == shape}
    yield from (times(factors, {name: {}}) for name in factors)
    for name in factors:
        yield from (times(factors, {name: {other: atom}}) for other, atom in atoms.items())
    # The slope of σ, y·(1 - y), for that of tanh, 1 - y², or the other way round; or another's.
    for slope in [name for name in factors if name.startswith("(1 - ")]:
        y = slope.removeprefix("(1 - ").removesuffix(")").removesuffix("²")
        for other in atoms:
            if f"(1 - {other})" in atoms:
                both = {name: atoms[name] for name in (other, f"(1 - {other})")}
                yield times(factors, {y: {}, slope: both})
        if y in factors:
            yield times(factors, {y: {}, slope: {f"(1 - {y}²)": atoms[f"(1 - {y}²)"]}})
    words, whole = times(factors, {})
    yield f"-{words}", -whole
    for factor in (2, 0.5):
        yield f"{factor:g}·{words}", whole * factor
    yield from ((f"{words}·{other}", whole * atom) for other, atom in atoms.items())


def atoms_of(cell: Around) -> Named:
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


def times(factors: Named, instead: dict[str, dict[str, Any]]) -> Term:
    """The product of factors, some of them exchanged for others."""
    parts = [part for name, y in factors.items() for part in instead.get(name, {name: y}).items()]
    return "·".join(word for word, _ in parts), reduce(mul, (y for _, y in parts))
