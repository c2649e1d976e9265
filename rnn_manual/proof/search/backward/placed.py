"""Where the way back goes wrong: at a cell, or in what is summed up for a weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.expected.quantities import Cell, backward_cells, forward_cells
from rnn_manual.proof.expected.results import due_as, expected
from rnn_manual.proof.formula import OTHER, UNNAMED, Formula, Place
from rnn_manual.proof.runs.trace import BACK, Executed, Keys, Trace, are_among, keys_among, keys_of
from rnn_manual.proof.search.backward.around import Around
from rnn_manual.proof.search.backward.gradients import (
    Instead,
    gate_gradient_instead,
    gradient_instead,
)
from rnn_manual.proof.search.backward.missing import first_missing_gradient
from rnn_manual.proof.search.backward.parts import parts
from rnn_manual.proof.search.backward.shares import sent_down, shares
from rnn_manual.proof.search.backward.weight_gradients import weight_gradient_instead
from rnn_manual.proof.search.due import due_gradient
from rnn_manual.proof.search.forward.parts import parts as parts_there
from rnn_manual.proof.search.lines import unexplained, where_computed, where_computed_last
from rnn_manual.proof.search.missing import Missing
from rnn_manual.proof.search.parameters import parameter_of
from rnn_manual.proof.search.units import units_of


def placed(case: Case, trace: Trace, formula: Formula) -> tuple[Place | None, str]:
    """Where the way back goes wrong: at a cell, or in what is summed up for a weight."""
    forward, cells = forward_cells(case), backward_cells(case)
    right = _right(case, forward, cells)
    wrong = [name for name, verdict in formula.tensors.items() if verdict == OTHER]
    missing = first_missing_gradient(case, trace, cells)
    around = partial(Around, case, trace, forward, cells)
    told = partial(_told, right=right, detaches=bool(formula.detached))
    if missing is not None:
        instead = gradient_instead(around(missing.cell), missing.quantity)
        if instead is not None:
            return told(around(missing.cell), missing.quantity, instead)
    for cell in _first_and_last(cells) if missing is None else _sending(cells, missing):
        if f"grad {_weight_ih(case, cell)}" not in wrong:
            continue  # its gates' gradients are right
        if (of_gate := gate_gradient_instead(around(cell))) is not None:
            name, instead = of_gate
            return told(around(cell), name, instead)
    if missing is not None:
        return told(around(missing.cell), missing.quantity)
    if not wrong:
        return None, ""
    name, found = wrong[0], trace.mirrored.found[wrong[0]].values
    words, line = weight_gradient_instead(case, trace, forward, cells, name), ""
    if words.endswith(UNNAMED) and (other := _due_as(case, name, found)):
        words = f"{name} is what is due as {other}"  # and the line that computed it is right
    elif found.any():  # a zero is computed anywhere
        line = unexplained(trace, trace.on_the_way(BACK), right)
        # What is right where it is computed, as of one step and sequence, has no line either.
        if not (line or are_among(keys_of(found), right).all()):
            line = where_computed(trace, found)
    return replace(_of_parameter(case, name), line=line), words


def _due_as(case: Case, name: str, found: Ints) -> str:
    """The gradient that a result would be right as; "" if it would be as none, or as several."""
    same = due_as(case, found)
    is_gradient = len(same) == 1 and same[0].startswith("grad ") and found.any()
    return same[0] if is_gradient and same[0] != name else ""


def _told(
    around: Around, name: str, instead: Instead | None = None, *, right: Keys, detaches: bool
) -> tuple[Place, str]:
    """The place of a wrong gradient of a cell, with its line; and what is known of it."""
    case, trace, cell = around.case, around.trace, around.at
    back, due = trace.on_the_way(BACK), due_gradient(case, cell, around.before, name)
    made = None if instead is None else instead.points
    line = unexplained(trace, back, right, _made_of(around, name), until=made)
    if instead is None:
        said = f"another formula than {due}{units_of(case, trace, cell, name)}"
    else:
        said = f"{instead.words}, expected {due}"
        if detaches and not instead.points.values.any():
            line = ""  # a zero is computed anywhere, and where it is cut off is told
        else:
            line = line or _completed(trace, back, around.cells, instead.points)
    place = Place(cell.layer, DIRECTIONS[cell.direction], cell.step, name, line)
    return place, f"{name} of {cell} is {said}"


def _sending(cells: list[Cell], missing: Missing) -> list[Cell]:
    """The cells of whose gates' gradients a missing one is made: its own, or the layer above's."""
    at = missing.cell
    if missing.quantity == "dh":
        return [at]
    if missing.quantity == "dh'":
        return [c for c in cells if (c.layer, c.step) == (at.layer + 1, at.step)]
    return []


def _first_and_last(cells: list[Cell]) -> Iterator[Cell]:
    """Of each layer and direction, where what is sent down may be wrong and nothing else shows it.

    What is wrong at every step is so at the first; at a last one there is no dh to show it.
    """
    for walk in dict.fromkeys(cell.place[:2] for cell in cells):
        of_walk = [cell for cell in cells if cell.place[:2] == walk]
        yield from (of_walk[0], of_walk[-1])


def _weight_ih(case: Case, cell: Cell) -> str:
    return case.config.parameter_names(cell.layer, cell.direction)["weight_ih"]


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
    found: list[Points] = [*expected(case).residues.values(), *parts_there(case, forward)]
    found += parts(case, forward, cells)
    found += [points for cell in cells for points in cell.quantities.values()]
    for walk in dict.fromkeys(cell.place[:2] for cell in cells):
        found += shares(case, forward, [cell for cell in cells if cell.place[:2] == walk])
    return keys_among([*found, *sent_down(case, cells)])


def _of_parameter(case: Case, name: str) -> Place:
    found = parameter_of(case.config, name)
    if found is None:
        return Place(None, None, None, name)
    return Place(found.layer, DIRECTIONS[found.direction], None, name)
