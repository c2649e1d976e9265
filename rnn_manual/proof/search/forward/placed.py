"""Where the way there goes wrong: at the first quantity that was never computed."""

from __future__ import annotations

from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS
from rnn_manual.proof.expected.quantities import Cell, forward_cells
from rnn_manual.proof.formula import Place
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.forward.handed_on import handed_on
from rnn_manual.proof.search.forward.instead import instead_of
from rnn_manual.proof.search.forward.put_in import put_in
from rnn_manual.proof.search.missing import Missing, is_computed
from rnn_manual.proof.search.units import units_of

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


def placed(case: Case, trace: Trace, at: Cell, quantity: str) -> tuple[Place, str]:
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
            words = (
                f"{name} of {at} is computed, and the cell goes on with another value in its place"
            )
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
    units = units_of(case, trace, at, quantity)
    return place, f"{quantity} of {at} is another formula than {due}{units}"
