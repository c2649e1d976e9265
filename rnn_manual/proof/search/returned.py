"""What stands in out, h_n and c_n, where all quantities are computed and others are returned."""

from __future__ import annotations

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.expected.quantities import forward_cells
from rnn_manual.proof.expected.results import as_formula, due_as, expected, leaf_residues
from rnn_manual.proof.formula import Place
from rnn_manual.proof.runs.trace import THERE, Trace, keys_of
from rnn_manual.proof.search.laid_out import batch_order
from rnn_manual.proof.search.lines import where_computed
from rnn_manual.proof.search.padding import over_padding


def what_is_returned(case: Case, trace: Trace, outputs: list[str]) -> tuple[Place | None, str]:
    """The first output that holds something else, and what that is."""
    named = _names(case)
    for output in sorted(outputs, key=("h_n", "c_n", "out").index):
        wanted, found = expected(case).residues[output], trace.mirrored.found[output]
        shape, due = found.values.shape[1:], wanted.values.shape[1:]
        if shape != due:
            return Place(None, None, None, output), f"{output} is {shape}, expected {due}"
        wrong = (found.values != wanted.values).any(0)
        first = tuple(int(k) for k in np.argwhere(wrong)[0])
        stands = named.get(int(keys_of(found.values)[first]), "")
        should = named.get(int(keys_of(wanted.values)[first]), output)
        where = f"{output}[{', '.join(map(str, first))}]"
        layer = direction = None
        if output != "out":
            row, direction_ = case.config.layer_direction(first[0])
            layer, direction = row, DIRECTIONS[direction_]
        line = (
            _put_together(case, trace, found.values)
            if stands
            else where_computed(trace, found.values[:, wrong][:, 0])
        )
        place = Place(layer, direction, None, output, line)
        stands = stands or "none of the loops' values"
        return place, f"{where} is {stands}, expected {should}"
    return None, ""


def _put_together(case: Case, trace: Trace, values: Ints) -> str:
    """The line that computed a result as it is returned, and not as what is due elsewhere."""
    if due_as(case, values):  # h_n and c_n exchanged
        return ""
    keys = keys_of(values).ravel()
    for each in reversed(trace.on_the_way(THERE)):
        if each.line and np.array_equal(trace.keys[each.keys], keys):
            return each.line
    return ""


def _names(case: Case) -> dict[int, str]:
    """Key → which quantity of which cell has this value."""
    found: dict[int, str] = {}
    case = as_formula(case)
    for name, leaf in leaf_residues(case).items():
        for place, key in np.ndenumerate(keys_of(leaf.values)):
            found.setdefault(int(key), f"{name}[{', '.join(map(str, place))}]")
    order = batch_order(case)
    for direction in range(case.config.num_directions) if case.packed else ():
        for step, h in enumerate(over_padding(case, direction)):
            for (row, unit), key in np.ndenumerate(keys_of(h.values)):
                where = f"layer 0, {DIRECTIONS[direction]}, step {step}"
                words = f"h' of {where}, run through padding, batch {order[row]}, unit {unit}"
                found.setdefault(int(key), words)
    for cell in forward_cells(case):
        for name, quantity in cell.quantities.items():
            if "+" in name:  # of all gates at once
                continue
            for (row, unit), key in np.ndenumerate(keys_of(quantity.values)):
                where = f"layer {cell.layer}, {DIRECTIONS[cell.direction]}, step {cell.step}"
                found[int(key)] = f"{name} of {where}, batch {order[row]}, unit {unit}"
    zero = np.zeros((len(leaf_residues(case)["input"].values), 1), np.int64)
    found[int(keys_of(zero)[0])] = "0"  # whichever of them are
    return found
