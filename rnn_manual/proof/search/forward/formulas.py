"""Small formulas of the quantities of a cell, which a candidate may have computed instead."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, combinations_with_replacement, permutations
from typing import NamedTuple

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.expected.results import as_formula, leaf_residues
from rnn_manual.proof.search.forward.states import in_other_orders, rows_of
from rnn_manual.proof.search.forward.sums import sums_instead
from rnn_manual.proof.search.forward.terms import others


class Small(NamedTuple):
    """A formula in words, and its values.

    others: how many of its terms are not those that are due. stands_for: the quantity that it is
        computed as, where that is not the one that is asked for: h', of which tanh(c') is left out.
    """

    words: str
    points: Points
    others: int = 0
    stands_for: str = ""


def small_formulas(case: Case, cell: Cell, quantity: str) -> Iterator[Small]:
    """Formulas that may stand in the place of a quantity, the plainest first."""
    if not quantity.startswith("a") or quantity == "a_n":
        yield from (Small(*found) for found in _formulas(case, cell, quantity))
    if quantity.startswith("a"):
        yield from (Small(*found) for found in sums_instead(case, cell, quantity))
    if quantity == "tanh(c')":
        yield from _without_it(case, cell)


def _formulas(case: Case, cell: Cell, quantity: str) -> Iterator[tuple[str, Points]]:
    kind, q = case.config.kind, cell.quantities
    if quantity == "a_n":
        yield from _reset(case, cell)
        return
    if quantity in ("i", "f", "g", "o", "r", "z", "n") or kind == "rnn":
        yield from _functions(cell, quantity)
        return
    if quantity == "tanh(c')":
        yield from _functions_of(q["c'"], "c'")
        return
    if quantity == "c'" and cell.first:
        yield from _of_other_first_states(case, cell)
    if quantity == "h'" and cell.weights.weight_hr is not None:
        for whose, w in others(case, cell):
            yield f"{whose}W_hr (o·tanh(c'))", q["o·tanh(c')"] @ w.weight_hr.T
        return
    yield from _sums_of_products(_atoms(cell))


def _of_other_first_states(case: Case, cell: Cell) -> Iterator[tuple[str, Points]]:
    """c' of another row of c_0, or of its sequences in another order."""
    c_0, q = leaf_residues(as_formula(case)).get("c_0"), cell.quantities
    if c_0 is None:
        return
    due = cell.given["c"]
    others_of_c = [(f"({words})", c) for words, c in in_other_orders(case, "c", due)]
    for words, c in chain(others_of_c, rows_of(case, c_0, "c_0", len(due))):
        yield f"f·{words} + i·g", q["f"] * c + q["i"] * q["g"]


def _without_it(case: Case, cell: Cell) -> Iterator[Small]:
    """What h' is where tanh(c') is left out, or another function in one operation with o."""
    o, c = cell.quantities["o"], cell.quantities["c'"]
    functions = ((f"o·{name}", o * y) for name, y in _functions_of(c, "c'"))
    for words, points in chain([("o·c'", o * c), ("c'", c)], functions):
        stands_for = "o·tanh(c')" if case.config.proj_size else "h'"
        yield Small(f"left out: h' is {words}", points, 1, stands_for)


def _functions(cell: Cell, quantity: str) -> Iterator[tuple[str, Points]]:
    """Some function of some gate's sum."""
    sums = {n: a for n, a in cell.quantities.items() if n.startswith("a")}
    own = f"a_{quantity}" if f"a_{quantity}" in sums else "a"
    for name in sorted(sums, key=lambda n: n != own):
        yield from _functions_of(sums[name], name)


def _functions_of(x: Points, name: str) -> Iterator[tuple[str, Points]]:
    yield f"σ({name})", x.sigmoid()
    yield f"tanh({name})", x.tanh()
    yield f"relu({name})", x.relu()
    yield f"1 - σ({name})", 1 - x.sigmoid()
    yield f"-tanh({name})", -x.tanh()
    for constant in (1, -1, 2, 0.5):
        sign = "+" if constant > 0 else "-"
        yield f"σ({name} {sign} {abs(constant):g})", (x + constant).sigmoid()
        yield f"tanh({name} {sign} {abs(constant):g})", (x + constant).tanh()
    for factor in (2, 0.5):
        yield f"σ({factor:g}·{name})", (x * factor).sigmoid()
        yield f"tanh({factor:g}·{name})", (x * factor).tanh()


def _atoms(cell: Cell) -> dict[str, Points]:
    """The quantities and states of a cell that have one shape, to be multiplied and added."""
    q, given = cell.quantities, cell.given
    names = ("i", "f", "g", "o", "r", "z", "n", "tanh(c')")
    atoms = {name: q[name] for name in names if name in q}
    shape = next(iter(atoms.values())).shape if atoms else q["h'"].shape
    atoms |= {name: given[name] for name in ("c", "h") if name in given}
    atoms |= {name: q[name] for name in ("c'",) if name in q}
    if "c" in given:
        atoms["tanh(c)"] = given["c"].tanh()
    # Of a state that is zero, every formula has many names.
    atoms = {name: a for name, a in atoms.items() if a.shape == shape and a.values.any()}
    gates = [name for name in ("i", "f", "o", "r", "z") if name in atoms]
    return atoms | {f"(1 - {name})": 1 - atoms[name] for name in gates}


def _sums_of_products(atoms: dict[str, Points]) -> Iterator[tuple[str, Points]]:
    """x, x·y, x + y, x·y + z, x·y + z·u, and the same with minus."""
    one = list(atoms.items())
    yield from one
    two = [(f"{m}·{n}", a * b) for (m, a), (n, b) in combinations_with_replacement(one, 2)]
    yield from two
    for (m, a), (n, b) in combinations(one, 2):
        yield f"{m} + {n}", a + b
        yield f"{m} - {n}", a - b
        yield f"{n} - {m}", b - a
    for (m, a), (n, b) in ((x, y) for x in two for y in one):
        yield f"{m} + {n}", a + b
        yield f"{m} - {n}", a - b
    for (m, a), (n, b) in combinations(two, 2):
        yield f"{m} + {n}", a + b
    for (m, a), (n, b) in permutations(two, 2):
        yield f"{m} - {n}", a - b


def _reset(case: Case, cell: Cell) -> Iterator[tuple[str, Points]]:
    """What r may be applied to instead, in a GRU."""
    ops, w, h = FormulaOps(), cell.weights, cell.given["h"]
    H, (x_n, y_n), r, z = (
        h.shape[-1],
        cell.products_of_n,
        cell.quantities["r"],
        cell.quantities["z"],
    )
    W, b = w.weight_hh[2 * H :], None if w.bias_hh is None else w.bias_hh[2 * H :]
    yield "W_in x + b_in + W_hn h + b_hn", x_n + y_n
    yield "W_in x + b_in + W_hn (r·h) + b_hn", x_n + ops.linear(r * h, W, b)
    if b is not None:
        yield "W_in x + b_in + r·(W_hn h) + b_hn", x_n + r * (y_n - b) + b
        yield "W_in x + b_in + r·(W_hn h)", x_n + r * (y_n - b)
        for whose, other in others(case, cell):
            words = f"W_in x + b_in + r·(W_hn h + {whose}b_hn)"
            yield words, x_n + r * (y_n - b + other.bias_hh[2 * H :])
    yield "r·(W_in x + b_in + W_hn h + b_hn)", r * (x_n + y_n)
    yield "W_in x + b_in + z·(W_hn h + b_hn)", x_n + z * y_n
