"""What a candidate computed in the place of a quantity: a search for small formulas.

Each is made of the quantities of that cell and its neighbours. One that the candidate did compute,
and that none of the loops' own quantities is, stands in the place; it is told only if it is true of
every element, at every point. A zero is like everything that is shut, and tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic import FormulaOps
from rnn_manual.proof.points import Points
from rnn_manual.proof.quantities import Cell
from rnn_manual.proof.residues import Ints
from rnn_manual.proof.sums import sums_instead
from rnn_manual.proof.trace import GIVEN, Trace, keys_of

EXPECTED = {
    "rnn": {"h'": "f(W_ih x + b_ih + W_hh h + b_hh)", "a": "W_ih x + b_ih + W_hh h + b_hh"},
    "lstm": {
        "i": "σ(a_i)",
        "f": "σ(a_f)",
        "g": "tanh(a_g)",
        "o": "σ(a_o)",
        "c'": "f·c + i·g",
        "tanh(c')": "tanh(c')",
        "o·tanh(c')": "o·tanh(c')",
        "h'": "o·tanh(c')",
    },
    "gru": {
        "r": "σ(a_r)",
        "z": "σ(a_z)",
        "n": "tanh(a_n)",
        "a_n": "W_in x + b_in + r·(W_hn h + b_hn)",
        "h'": "n + z·(h - n)",
    },
}


@dataclass(frozen=True)
class Instead:
    """formula: what was computed, "" if nothing was found. expected: what the loops compute.

    residues: of what was computed.
    """

    formula: str
    expected: str
    line: str
    residues: Ints | None = None


def instead_of(case: Case, trace: Trace, cell: Cell, quantity: str) -> Instead:
    """Searches for what stands in the place of a quantity, and for the line that computed it."""
    config = case.config
    right = EXPECTED[config.kind].get(quantity, "")
    if quantity.startswith("a") and not (config.kind == "gru" and quantity == "a_n"):
        right = "W_ih x + b_ih + W_hh h + b_hh" if config.bias else "W_ih x + W_hh h"
        right = (
            right
            if quantity == "a"
            else right.replace("W_ih", f"W_i{quantity[2:]}")
            .replace("W_hh", f"W_h{quantity[2:]}")
            .replace("b_ih", f"b_i{quantity[2:]}")
            .replace("b_hh", f"b_h{quantity[2:]}")
        )
    if config.kind == "rnn" and quantity == "h'":
        right = "relu(a)" if config.nonlinearity == "relu" else "tanh(a)"
    if cell.weights.weight_hr is not None and quantity == "h'":
        right = "W_hr (o·tanh(c'))"
    right = _as_there(case, right)
    best, last, least = "", -1, 1 << 30
    residues: Ints | None = None
    for formula, points, cost in _candidates(case, cell, quantity):
        place = _stands(trace, points, cell)
        # What is computed last is the whole of it, and the others are its parts.
        if place is None or (cost, -place) >= (least, -last):
            continue
        if _is_used(trace, points, quantity):
            best, last, least, residues = formula, place, cost, points.values
    if best:
        return Instead(
            _as_there(case, best), right, trace.executed[trace.operation(last)].line, residues
        )
    return Instead("", right, _beside(trace, cell, quantity) or _unexplained(trace, cell, quantity))


def _as_there(case: Case, formula: str) -> str:
    """Without the biases, of a layer that has none."""
    return formula if case.config.bias else re.sub(r" \+ b_\w+", "", formula)


def _is_used(trace: Trace, points: Points, quantity: str) -> bool:
    """Whether what is made of a gate's sum, or of c', was made of this."""
    if quantity.startswith("a"):
        made = (points.sigmoid(), points.tanh(), points.relu())
    elif quantity == "c'":
        made = (points.tanh(), points.sigmoid(), points.relu())
    else:
        return True
    return any(bool((trace.has(m.values) | ~m.values.any(0)).all()) for m in made)


def _stands(trace: Trace, points: Points, cell: Cell) -> int | None:
    """The place in the trace where a formula's values are complete, if all of them are there."""
    values = points.values
    there = values.any(0)
    if not there.any():
        return None
    found = trace.first(values)
    if not ((found >= 0) | ~there).all():
        return None
    for known in cell.quantities.values():  # computed, and right
        if known.values.shape == values.shape and (known.values == values).all():
            return None
    last = int(found[there].max())
    if trace.executed[trace.operation(last)].label == GIVEN:  # and nothing was computed of it
        return None
    return last


def _candidates(case: Case, cell: Cell, quantity: str) -> Iterator[tuple[str, Points, int]]:
    """Formulas, the plainest first, and how many of their terms are not those that are due."""
    if quantity.startswith("a") and quantity != "a_n":
        yield from sums_instead(case, cell, quantity)
        return
    for formula, points in _formulas(case, cell, quantity):
        yield formula, points, 0
    if quantity == "a_n":
        yield from sums_instead(case, cell, quantity)


def _formulas(case: Case, cell: Cell, quantity: str) -> Iterator[tuple[str, Points]]:
    kind, q = case.config.kind, cell.quantities
    if quantity == "a_n":
        yield from _reset(cell)
        return
    if quantity in ("i", "f", "g", "o", "r", "z", "n") or kind == "rnn":
        yield from _functions(cell, quantity)
        return
    if quantity == "tanh(c')":
        yield from _functions_of(q["c'"], "c'")
        o, c = q["o"], q["c'"]
        yield "left out: h' is o·c'", o * c
        yield from ((f"left out: h' is o·{name}", o * y) for name, y in _functions_of(c, "c'"))
        return
    atoms = _atoms(cell)
    yield from _sums_of_products(atoms)


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
    for constant in (1, -1, 2, 0.5):
        sign = "+" if constant > 0 else "-"
        yield f"σ({name} {sign} {abs(constant):g})", (x + constant).sigmoid()
        yield f"tanh({name} {sign} {abs(constant):g})", (x + constant).tanh()
    for factor in (2, 0.5, -1):
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
    atoms = {name: a for name, a in atoms.items() if a.shape == shape}
    gates = [name for name in ("i", "f", "o", "r", "z") if name in atoms]
    return atoms | {f"(1 - {name})": 1 - atoms[name] for name in gates}


def _sums_of_products(atoms: dict[str, Points]) -> Iterator[tuple[str, Points]]:
    """x, x·y, x + y, x·y + z, x·y + z·u, and the same with minus."""
    one = list(atoms.items())
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
    for (m, a), (n, b) in combinations(two, 2):
        yield f"{m} - {n}", a - b


def _reset(cell: Cell) -> Iterator[tuple[str, Points]]:
    """What r may be applied to instead, in a GRU."""
    ops, w, q, h = FormulaOps(), cell.weights, cell.quantities, cell.given["h"]
    H = h.shape[-1]
    x_n, y_n, r = q["W_ih x + b_ih"][..., 2 * H :], q["W_hh h + b_hh"][..., 2 * H :], q["r"]
    W, b = w.weight_hh[2 * H :], None if w.bias_hh is None else w.bias_hh[2 * H :]
    yield "W_in x + b_in + W_hn (r·h) + b_hn", x_n + ops.linear(r * h, W, b)
    yield "W_in x + b_in + W_hn h + b_hn", x_n + y_n
    if b is not None:
        yield "W_in x + b_in + r·(W_hn h) + b_hn", x_n + r * (y_n - b) + b
        yield "W_in x + b_in + r·(W_hn h)", x_n + r * (y_n - b)
    yield "r·(W_in x + b_in + W_hn h + b_hn)", r * (x_n + y_n)
    z = q["z"]
    yield "W_in x + b_in + z·(W_hn h + b_hn)", x_n + z * y_n


def _beside(trace: Trace, cell: Cell, quantity: str) -> str:
    """The line that computed the elements of a quantity that are right, if some are."""
    found = trace.first(cell.quantities[quantity].values)
    operations = [trace.operation(int(place)) for place in found[found >= 0]]
    if not operations:
        return ""
    return trace.executed[max(set(operations), key=operations.count)].line


def _unexplained(trace: Trace, cell: Cell, quantity: str) -> str:
    """The line of the first value that is not the loops', after all that it is made of."""
    before = 0
    for name, points in cell.quantities.items():
        if name == quantity:
            break
        found = trace.first(points.values)
        before = max(before, int(found.max(initial=0)))
    known = {
        int(k)
        for points in [*cell.quantities.values(), *cell.given.values()]
        for k in _keys(points)
    }
    for executed in trace.executed[: trace.forward]:
        if executed.keys.start <= before or not executed.line:
            continue
        keys: Any = trace.keys[executed.keys]
        if keys.size and not np.isin(keys, np.fromiter(known, np.uint64)).any():
            return executed.line
    return ""


def _keys(points: Points) -> Any:
    return keys_of(points.values).ravel()
