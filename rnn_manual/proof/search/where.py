"""Where a candidate's formulas begin to be others than the loops'.

A candidate computed a quantity of the loops if its residues are among all that it computed. The
first, in the loops' order, that it never computed is where it went wrong. If it computed all of
them and returned something else, what stands in each place is named instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rnn_manual.cases.calls import WITHOUT_A_GRAPH, differentiated
from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, backward_cells, forward_cells
from rnn_manual.proof.expected.results import expected
from rnn_manual.proof.formula import OTHER, Formula, Place
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.backward.gradients import gradient_instead
from rnn_manual.proof.search.backward.parts import parts
from rnn_manual.proof.search.backward.shares import shares
from rnn_manual.proof.search.backward.weight_gradients import weight_gradient_instead
from rnn_manual.proof.search.due import due_gradient
from rnn_manual.proof.search.forward.instead import instead_of
from rnn_manual.proof.search.lines import unexplained, where_computed
from rnn_manual.proof.search.returned import what_is_returned

# Of the quantities, those that every layer computes, however it is written; and, of each, those
# that it is made of, which are looked at only where it is missing.
FORWARD: dict[str, dict[str, tuple[str, ...]]] = {
    "rnn": {"h'": ("a",)},
    "lstm": {
        "i": ("a_i",),
        "f": ("a_f",),
        "g": ("a_g",),
        "o": ("a_o",),
        "c'": (),
        "o·tanh(c')": ("tanh(c')",),
        "h'": ("tanh(c')",),
    },
    "gru": {"r": ("a_r",), "z": ("a_z",), "n": ("a_n",), "h'": ()},
}


@dataclass(frozen=True)
class Missing:
    """A quantity that was never computed, at the first cell at which it was not."""

    cell: Cell
    quantity: str


def locate(case: Case, trace: Trace, formula: Formula) -> tuple[Place | None, str]:
    """Where it begins, and what stands there instead; None and "" where that is not found."""
    missing = first_missing(case, trace)
    if missing is not None:
        at = missing.cell
        found = instead_of(case, trace, at, missing.quantity)
        place = Place(at.layer, DIRECTIONS[at.direction], at.step, missing.quantity, found.line)
        is_what = found.formula or f"another than expected{_units(trace, at, missing.quantity)}"
        words = f"{missing.quantity} of {at} is {is_what}"
        return place, f"{words}, expected {found.expected}" if found.formula else words
    outputs = [n for n, v in formula.tensors.items() if v == OTHER and not n.startswith("grad")]
    if outputs:
        return what_is_returned(case, trace, outputs)
    if case.call in WITHOUT_A_GRAPH:
        return None, ""
    return _of_gradients(case, trace, formula)


def first_missing(case: Case, trace: Trace) -> Missing | None:
    """The first quantity of the loops, forward, that was never computed."""
    made = FORWARD[case.config.kind]
    for cell in forward_cells(case):
        for name, made_of in made.items():
            if name not in cell.quantities or is_computed(trace, cell, name):
                continue
            for part in made_of:
                if not is_computed(trace, cell, part):
                    return Missing(cell, part)
            return Missing(cell, name)
    return None


def is_computed(trace: Trace, cell: Cell, name: str) -> bool:
    """Whether every element of a quantity is among what was computed; zeros are everywhere."""
    values = cell.quantities[name].values
    return bool((trace.has(values) | ~values.any(0)).all())


def _units(trace: Trace, cell: Cell, quantity: str) -> str:
    """In which units and rows of the batch, where it is not in all."""
    values = cell.quantities[quantity].values
    wrong = ~trace.has(values) & values.any(0)
    said = []
    for axis, name in ((1, "unit"), (0, "row")):
        there = np.flatnonzero(wrong.any(1 - axis))
        if 0 < len(there) < wrong.shape[axis]:
            many = "s" * (len(there) > 1)
            said.append(f"{name}{many} {', '.join(map(str, there[:4]))}{', …' * (len(there) > 4)}")
    return f" in {' of '.join(said)}" if said else ""


def _of_gradients(case: Case, trace: Trace, formula: Formula) -> tuple[Place | None, str]:
    """Where the way back goes wrong: at a cell, or in what is summed up for a weight."""
    forward, cells = forward_cells(case), backward_cells(case)
    missing = first_missing_gradient(case, trace, cells)
    if missing is not None:
        cell, name = missing.cell, missing.quantity
        line = _on_the_way_back(case, trace, cells, cell, name)
        is_what = gradient_instead(case, trace, forward, cells, cell, name)
        due = due_gradient(case, name)
        said = f"{is_what}, expected {due}" if is_what else f"another than expected: {due}"
        words = f"{name} of {cell} is {said}"
        return Place(cell.layer, DIRECTIONS[cell.direction], cell.step, name, line), words
    wrong = [name for name, verdict in formula.tensors.items() if verdict == OTHER]
    for name in wrong:
        place = _of_parameter(case, name)
        if place is not None:
            line = unexplained(trace, trace.executed[trace.forward :], _right(case, cells))
            line = line or where_computed(trace, trace.mirrored.found[name].values)
            return replace(place, line=line), weight_gradient_instead(
                case, trace, forward, cells, name
            )
    return None, ""


def first_missing_gradient(case: Case, trace: Trace, cells: list[Cell]) -> Missing | None:
    """The first quantity of the way back that was never computed.

    Args:
        cells: all of the way back, in its order.
    """
    into = [f"d{state}" for state in case.config.states]  # the step before
    for cell, after in zip(cells, [*cells[1:], cells[-1]], strict=True):
        goes_on = after is not cell and _place(after) == _place(cell)
        for name in cell.quantities:
            if is_computed(trace, cell, name) or not _is_asked(case, cell, name):
                continue
            # Of several terms, autograd adds each at once to the gradient that the step before has.
            if name in into and goes_on and is_computed(trace, after, f"{name}'"):
                continue
            return Missing(cell, name)
    return None


def _place(cell: Cell) -> tuple[int, int]:
    return cell.layer, cell.direction


def _on_the_way_back(case: Case, trace: Trace, cells: list[Cell], cell: Cell, quantity: str) -> str:
    """The line that computed something else, after the quantities before; "" if autograd did."""
    same = [c for c in cells if _place(c) == _place(cell)]
    earlier = same[: same.index(cell)][-1:]
    before = [points for each in earlier for points in each.quantities.values()]
    before += [cell.quantities[name] for name in cell.quantities if _makes(name, quantity)]
    return unexplained(trace, trace.executed[trace.forward :], _right(case, cells), before)


def _makes(part: str, quantity: str) -> bool:
    """Whether a quantity of a cell's way back is made of another: da of dh', dh of all da."""
    if quantity == "dh":
        return part.startswith("da")
    if quantity == "da_o":
        return part == "dh'"
    return part.endswith("'") and not quantity.endswith("'")


def _right(case: Case, cells: list[Cell]) -> list[Points]:
    """What is right to be computed on the way back: results, quantities, and their parts."""
    forward = forward_cells(case)
    found = [*expected(case).residues.values(), *parts(case, forward, cells)]
    found += [points for cell in [*forward, *cells] for points in cell.quantities.values()]
    for place in dict.fromkeys(map(_place, cells)):
        found += shares(case, forward, [c for c in cells if _place(c) == place])
    return found


def _is_asked(case: Case, cell: Cell, name: str) -> bool:
    """Not what would be the gradient of a first state, where nobody asks for that."""
    first = cell.step == (case.seq_len - 1 if cell.direction else 0)
    enters = first or (case.packed and cell.direction == 1)  # of some sequences at any step
    if not enters or name not in [f"d{state}" for state in case.config.states]:
        return True
    return case.state != "omitted" and differentiated(case, f"{name[1:]}_0")


def _of_parameter(case: Case, name: str) -> Place | None:
    config = case.config
    for layer in range(config.num_layers):
        for direction in range(config.num_directions):
            if name.removeprefix("grad ") in config.parameter_names(layer, direction).values():
                return Place(layer, DIRECTIONS[direction], None, name)
    return Place(None, None, None, name)
