"""What a candidate computed in the place of a gradient within a cell: other factors, other terms.

One is told only if the candidate made something of it: what is computed on the way to a right
gradient, as dc'·g on that to dc'·g·i·(1 - i), is not mistaken for the whole of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import combinations, product
from operator import add, mul
from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.layout import layout_of
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, Named
from rnn_manual.proof.expected.results import (
    as_formula,
    cotangents_of,
    given_to_loops,
    leaf_residues,
)
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.backward.factors import factors_of
from rnn_manual.proof.search.forward.terms import Term, others, rows_of_gates


def gradient_instead(
    case: Case, trace: Trace, forward: list[Cell], cells: list[Cell], at: Cell, quantity: str
) -> str:
    """The formula that was computed instead, in words; "" if none is found.

    Args:
        forward: the cells of the way there. cells: of the way back, in its order.
        at: the cell whose gradient it is.
    """
    cell = _Cell(case, trace, forward, cells, at)
    gates = [n for n in at.quantities if n.startswith("da") and not cell.computed(cell.q[n])]
    others = [name for name in gates if name != quantity] if quantity in gates else []
    # Where several gates' are others, what is made of all of them tells whether each is right.
    beside = [[(n, p) for _, p in cell.others_than(n) if cell.computed(p)] for n in others]
    for words, points in cell.others_than(quantity):
        if any(cell.uses({quantity: points, **dict(more)}) for more in product(*beside)):
            return words
    return ""


class _Cell:
    """A cell of the way back, with what is around it.

    Attributes:
        there: its step on the way there. before, after: the steps of its direction that the way
            back takes before it and after it; None where there is none.
        q: what it computes on the way back. dh: for h', through the projection, if there is one.
    """

    def __init__(
        self, case: Case, trace: Trace, forward: list[Cell], cells: list[Cell], at: Cell
    ) -> None:
        self.case, self.trace, self.at = case, trace, at
        self.forward, self.cells = forward, cells
        self.there = next(cell for cell in forward if _place(cell) == _place(at))
        same = [c for c in cells if (c.layer, c.direction) == (at.layer, at.direction)]
        k = same.index(at)
        self.before = same[k - 1] if k else None
        self.after = same[k + 1] if k + 1 < len(same) else None
        self.q, self.dh = at.quantities, at.quantities["dh'"]
        if at.weights.weight_hr is not None:
            self.dh = self.dh @ at.weights.weight_hr

    def others_than(self, quantity: str) -> Iterator[Term]:
        """What may stand for a quantity, and is not what it should be."""
        right = self.q[quantity]
        for words, points in _candidates(self, quantity):
            if points.shape == right.shape and (points.values != right.values).any():
                yield words, points

    def uses(self, instead: Named) -> bool:
        """Whether the candidate went on with these in the place of quantities."""
        return any(map(self.computed, self._made_of(instead)))

    def computed(self, points: Points) -> bool:
        """Whether all of a value was computed, and is not zero."""
        values = points.values
        return bool((self.trace.has(values) | ~values.any(0)).all() and values.any())

    def _made_of(self, instead: Named) -> Iterator[Points]:
        """What may be made of a quantity next, or of all gates' sums: any one of it is enough."""
        quantity, points = next(iter(instead.items()))
        if quantity.startswith("da"):
            gates = {n: instead.get(n, a) for n, a in self.q.items() if n.startswith("da")}
            yield Points.concatenated(list(gates.values()), -1) @ self.at.weights.weight_ih
            if "da_n" in gates:
                gates["da_n"] = gates["da_n"] * self.there.quantities["r"]
            yield Points.concatenated(list(gates.values()), -1) @ self.at.weights.weight_hh
        elif quantity in ("dh", "dc"):
            if self.after is None:
                yield points
                return
            into = self.after.quantities[f"{quantity}'"]
            if len(into) == len(points):
                after = _Cell(self.case, self.trace, self.forward, self.cells, self.after)
                whole = into - self.q[quantity] + points
                yield from after._made_of({f"{quantity}'": whole})
        else:
            for name in _MADE_OF[self.case.config.kind][quantity]:
                factors = self.factors(name, **{quantity: points})
                yield reduce(mul, factors.values())

    def factors(self, quantity: str, **instead: Points) -> Named:
        """Of a gradient, by name.

        Args:
            instead: what to take for dh' or dc', if others than are right.
        """
        return factors_of(self.case, self.there, self.q | instead)[quantity]

    def atoms(self) -> Named:
        """What may stand in the place of a factor: of the shape of a gate."""
        y, given = self.there.quantities, self.there.given
        names = ("i", "f", "g", "o", "r", "z", "n", "c'", "tanh(c')", "h'")
        found = {name: y[name] for name in names if name in y}
        found |= {name: given[name] for name in ("h", "c") if name in given}
        ones = {f"(1 - {name})": 1 - a for name, a in found.items()}
        squares = {f"(1 - {name}²)": 1 - a * a for name, a in found.items()}
        return found | ones | squares


# Of what flows into a cell, the gradients that it is a factor of.
_MADE_OF = {
    "rnn": {"dh'": ["da"]},
    "lstm": {"dh'": ["da_o", "of dc'"], "dc'": ["da_i", "da_f", "da_g", "dc"]},
    "gru": {"dh'": ["da_n", "da_z"]},
}


def _candidates(cell: _Cell, quantity: str) -> Iterator[Term]:
    if quantity == "dh'":
        yield from _flows_in(cell)
    elif quantity == "dc'":
        dc = cell.q["dc'"] - reduce(mul, cell.factors("of dc'").values())
        yield "dc of the next step alone", dc
        for words, points in _products(cell, "of dc'"):
            yield f"dc + {words}", dc + points
            yield words, points
        yield "dh'·o·(1 - tanh²(c'))", cell.q["dc'"] - dc
    elif quantity == "dh":
        yield from _through_weights(cell)
    else:
        if quantity == "dc":
            yield "0", cell.q["dc"] * 0
        yield from _products(cell, quantity)


def _products(cell: _Cell, quantity: str) -> Iterator[Term]:
    """The product that is due, with one factor exchanged or left out, or of another size."""
    factors, atoms = cell.factors(quantity), cell.atoms()
    shape = next(iter(factors.values())).shape
    atoms = {name: atom for name, atom in atoms.items() if atom.shape == shape}
    for name in factors:
        yield from (_times(factors, {name: {other: atom}}) for other, atom in atoms.items())
    # The slope of σ, y·(1 - y), for that of tanh, 1 - y², or the other way round; or another's.
    slopes = [name for name in factors if name.startswith("(1 - ")]
    for slope in slopes:
        y = slope.removeprefix("(1 - ").removesuffix(")").removesuffix("²")
        for other in atoms:
            one = {other: atoms[other], f"(1 - {other})": atoms.get(f"(1 - {other})")}
            if one[f"(1 - {other})"] is not None:
                yield _times(factors, {y: {}, slope: one})
        if y in factors:
            yield _times(factors, {y: {}, slope: {f"(1 - {y}²)": atoms[f"(1 - {y}²)"]}})
    yield from (_times(factors, {name: {}}) for name in factors)
    words, whole = _times(factors, {})
    yield f"-{words}", -whole
    for factor in (2, 0.5):
        yield f"{factor:g}·{words}", whole * factor


def _times(factors: Named, instead: dict[str, dict[str, Any]]) -> Term:
    """The product of factors, some of them exchanged for others."""
    parts = [part for name, y in factors.items() for part in instead.get(name, {name: y}).items()]
    return "·".join(word for word, _ in parts), reduce(mul, (y for _, y in parts))


def _flows_in(cell: _Cell) -> Iterator[Term]:
    """Of d out, and dh of the next step or d h_n, one alone; or the two, dh being another."""
    whole, case = cell.q["dh'"], cell.case
    if cell.at.layer == case.config.num_layers - 1:
        steps = _d_out(case, cell.at.direction)
        due = steps[cell.at.step]
        for step, d_out in enumerate(steps):
            if step != cell.at.step and d_out.shape == due.shape:
                yield f"d out of step {step}, and the rest as it is due", whole - due + d_out
    if cell.before is None:
        d_h_n = leaf_residues(as_formula(case))["d h_n"]
        row = d_h_n[case.config.row(cell.at.layer, cell.at.direction)]
        if not case.packed and row.shape == whole.shape and row.values.any():
            yield "d h_n alone", row
            yield "d out of the step alone", whole - row
    elif len(cell.before.quantities["dh"]) == len(whole):
        dh = cell.before.quantities["dh"]
        yield "dh of the next step alone", dh
        yield "d out of the step alone", whole - dh
        before = _Cell(case, cell.trace, cell.forward, cell.cells, cell.before)
        for words, points in _through_weights(before):
            yield f"d out + {words} of the next step", whole - dh + points


def _d_out(case: Case, direction: int) -> list[Points]:
    """Of every step, what the results of a direction of the last layer are multiplied with."""
    case = as_formula(case)
    given = leaf_residues(case)
    layout = layout_of(case.config, given_to_loops(case, given)[1])
    rows = layout.to_rows(cotangents_of(case, given)[0])
    own = rows[..., case.config.columns(direction)]
    return list(FormulaOps().steps(own, layout.batch_sizes))


def _through_weights(cell: _Cell) -> Iterator[Term]:
    """W_hhᵀ da with another matrix, or with a gate left out."""
    case, w = cell.case, cell.at.weights
    yield "0", cell.q["dh"] * 0
    da = {name[3:]: a for name, a in cell.q.items() if name[:2] == "da"}
    rows = rows_of_gates(case)
    if case.config.kind == "gru":
        r, z = (cell.there.quantities[name] for name in ("r", "z"))
        kept = cell.dh * z
        da["n"] = da["n"] * r
        yield "W_hhᵀ da alone", cell.q["dh"] - kept
        yield "z·dh' alone", kept
        without_r = cell.q["dh"] + cell.q["da_n"] * (1 - r) @ w.weight_hh[rows["n"]]
        yield "z·dh' + W_hrᵀ da_r + W_hzᵀ da_z + W_hnᵀ da_n", without_r
        for other, atom in cell.atoms().items():
            yield f"{other}·dh' + W_hhᵀ da", cell.q["dh"] - kept + cell.dh * atom
    for (one, a), (other, b) in combinations(da.items(), 2):
        exchanged = (b - a) @ w.weight_hh[rows[one]] + (a - b) @ w.weight_hh[rows[other]]
        yield f"W_hhᵀ da with da_{one} and da_{other} exchanged", cell.q["dh"] + exchanged
    for gate, a in da.items():
        if len(da) > 1:
            missing = cell.q["dh"] - a @ w.weight_hh[rows[gate]]
            yield f"W_hhᵀ da without da_{gate}", missing
    if case.config.kind == "gru":
        return
    whole = Points.concatenated(list(da.values()), -1)
    if w.weight_hr is None:
        H = case.config.hidden_size
        matrices = [w.weight_hh[k : k + H] for k in range(0, len(w.weight_hh), H)]
        turned = [a @ W.T for a, W in zip(da.values(), matrices, strict=True)]
        yield "W_hh da", reduce(add, turned)
    for whose, other_weights in others(case, cell.at):
        yield f"{whose}W_hhᵀ da", whole @ other_weights.weight_hh


def _place(cell: Cell) -> tuple[int, int, int]:
    return cell.layer, cell.direction, cell.step
