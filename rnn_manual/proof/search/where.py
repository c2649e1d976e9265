"""Where a candidate's formulas begin to be others than the loops'.

A candidate computed a quantity of the loops if its residues are among all that it computed. The
first, in the loops' order, that it never computed is where it went wrong. If it computed all of
them and returned something else, what stands in each place is named instead.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, backward_cells, forward_cells
from rnn_manual.proof.expected.results import expected, leaf_residues
from rnn_manual.proof.formula import OPEN, OTHER, Formula, Place
from rnn_manual.proof.runs.trace import BACK, Executed, Keys, Trace, keys_among
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.backward.gradients import gate_gradient_instead, gradient_instead
from rnn_manual.proof.search.backward.missing import Missing, first_missing_gradient, is_computed
from rnn_manual.proof.search.backward.parts import parts
from rnn_manual.proof.search.backward.shares import sent_down, shares
from rnn_manual.proof.search.backward.weight_gradients import weight_gradient_instead
from rnn_manual.proof.search.due import due_gradient
from rnn_manual.proof.search.forward.handed_on import handed_on
from rnn_manual.proof.search.forward.instead import instead_of
from rnn_manual.proof.search.forward.put_in import put_in
from rnn_manual.proof.search.laid_out import batch_order
from rnn_manual.proof.search.lines import unexplained, where_computed, where_computed_last
from rnn_manual.proof.search.parameters import parameter_of
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

# What a quantity is made of, and may be computed and not used; of a gate, its sum.
MADE_OF = {
    "c'": ("i", "f", "g"),
    "o·tanh(c')": ("o", "tanh(c')"),
    "h'": ("a", "o", "tanh(c')", "z", "n"),
    "tanh(c')": ("c'",),
    "a_n": ("r",),
}


def locate(case: Case, trace: Trace, formula: Formula) -> tuple[Place | None, str]:
    """Where it begins, and what stands there instead; None and "" where that is not found.

    Where some results are not known, neither is what they are made of: what is never seen there may
    well have been computed, and nothing is placed.
    """
    outputs = {n: v for n, v in formula.tensors.items() if not n.startswith("grad")}
    if OPEN in outputs.values():
        return None, ""
    missing = first_missing(case, trace)
    if missing is not None:
        return _of_quantity(case, trace, missing.cell, missing.quantity)
    if OTHER in outputs.values():
        return what_is_returned(case, trace, [n for n, v in outputs.items() if v == OTHER])
    if case.call in WITHOUT_A_GRAPH or OPEN in formula.tensors.values():
        return None, ""
    return _of_gradients(case, trace, formula)


def _of_quantity(case: Case, trace: Trace, at: Cell, quantity: str) -> tuple[Place, str]:
    """A quantity that was never computed; or what it is made of, if another value was put there."""
    direction = DIRECTIONS[at.direction]
    for name in (quantity, *MADE_OF.get(quantity, (f"a_{quantity}",))):
        if name not in at.quantities:
            continue
        found = instead_of(case, trace, at, name)
        if name == quantity:
            due, line = found.expected, found.line
        if found.formula:
            # Where it is made of another x, the line is the one that gave that.
            given = handed_on(case, trace, forward_cells(case), at, name) if at.layer else None
            line = given.line if given and given.quantity == "x" else found.line
            place = Place(at.layer, direction, at.step, name, line)
            return place, f"{name} of {at} is {found.formula}, expected {found.expected}"
        if name != quantity and (put := put_in(case, trace, at, name)):
            words = f"{name} of {at} is computed, and another formula put in its place"
            return Place(at.layer, direction, at.step, name, put), words
    given = handed_on(case, trace, forward_cells(case), at, quantity)
    if given:
        if given.by is not None:
            name = f"{given.quantity}'"
            found = instead_of(case, trace, given.by, name)
            if found.formula:
                place = Place(at.layer, direction, given.by.step, name, found.line)
                return place, f"{name} of {given.by} is {found.formula}, expected {found.expected}"
        place = Place(at.layer, direction, at.step, given.quantity, given.line)
        return place, f"{given.quantity} of {at} is another formula than {given.expected}"
    place = Place(at.layer, direction, at.step, quantity, line)
    if due == quantity:
        return place, f"{quantity} of {at} is never computed"
    units = _units(case, trace, at, quantity)
    return place, f"{quantity} of {at} is another formula than {due}{units}"


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


def _units(case: Case, trace: Trace, cell: Cell, quantity: str) -> str:
    """In which units and sequences of the batch, where it is not in all."""
    values = cell.quantities[quantity].values
    wrong = ~trace.has(values) & values.any(0)
    said = []
    order = batch_order(case)
    for axis, name in ((1, "unit"), (0, "sequence")):
        there = np.flatnonzero(wrong.any(1 - axis))
        there = there if axis else np.sort(np.array(order)[there])
        if 0 < len(there) < wrong.shape[axis]:
            many = "s" * (len(there) > 1)
            said.append(f"{name}{many} {', '.join(map(str, there[:4]))}{', …' * (len(there) > 4)}")
    return f" in {' of '.join(said)}" if said else ""


def _of_gradients(case: Case, trace: Trace, formula: Formula) -> tuple[Place | None, str]:
    """Where the way back goes wrong: at a cell, or in what is summed up for a weight."""
    forward, cells = forward_cells(case), backward_cells(case)
    back, right = trace.on_the_way(BACK), _right(case, forward, cells)
    missing = first_missing_gradient(case, trace, cells)
    if missing is not None:
        cell, name = missing.cell, missing.quantity
        around = Around(case, trace, forward, cells, cell)
        instead = gradient_instead(around, name)
        if instead is None and name == "dh":
            of_gate = gate_gradient_instead(around)
            if of_gate is not None:
                name, instead = of_gate
        due = due_gradient(case, cell, around.before, name)
        made = None if instead is None else instead.points
        line = unexplained(trace, back, right, _made_of(around, name), until=made)
        if instead is None:
            said = f"another formula than {due}{_units(case, trace, cell, name)}"
        else:
            said = f"{instead.words}, expected {due}"
            line = line or _completed(trace, back, cells, instead.points)
        place = Place(cell.layer, DIRECTIONS[cell.direction], cell.step, name, line)
        return place, f"{name} of {cell} is {said}"
    wrong = [name for name, verdict in formula.tensors.items() if verdict == OTHER]
    if not wrong:
        return None, ""
    line = unexplained(trace, back, right)
    line = line or where_computed(trace, trace.mirrored.found[wrong[0]].values)
    words = weight_gradient_instead(case, trace, forward, cells, wrong[0])
    return replace(_of_parameter(case, wrong[0]), line=line), words


def _completed(trace: Trace, back: list[Executed], cells: list[Cell], made: Points) -> str:
    """The line that completed a value on the way back; "" if it is a right one of another place."""
    if line := where_computed_last(trace, back, made.values):
        return line
    is_due = any(made.is_same(q) for cell in cells for q in cell.quantities.values())
    return "" if is_due else where_computed(trace, made.values)


def _made_of(cell: Around, quantity: str) -> list[Points]:
    """What a quantity of the way back comes after: the step before, and what it is made of."""
    before = list(cell.before.quantities.values()) if cell.before else []
    return before + [cell.q[name] for name in cell.q if _makes(name, quantity)]


def _makes(part: str, quantity: str) -> bool:
    """Whether a quantity of a cell's way back is made of another: da of dh', dh of all da."""
    if quantity == "dh":
        return part.startswith("da")
    if quantity in ("da_o", "da_r"):
        return part == {"da_o": "dh'", "da_r": "da_n"}[quantity]
    return part.endswith("'") and not quantity.endswith("'")


def _right(case: Case, forward: list[Cell], cells: list[Cell]) -> Keys:
    """The keys of what is right on the way back: results, quantities, and their parts."""
    found: list[Points] = [*expected(case).residues.values(), *leaf_residues(case).values()]
    found += parts(case, forward, cells)
    found += [points for cell in [*forward, *cells] for points in cell.quantities.values()]
    for walk in dict.fromkeys(cell.place[:2] for cell in cells):
        found += shares(case, forward, [cell for cell in cells if cell.place[:2] == walk])
    return keys_among([*found, *sent_down(case, cells)])


def _of_parameter(case: Case, name: str) -> Place:
    found = parameter_of(case.config, name)
    if found is None:
        return Place(None, None, None, name)
    return Place(found.layer, DIRECTIONS[found.direction], None, name)
