"""What each step adds to the gradients that are summed up: of the weights, and of the input."""

from __future__ import annotations

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, Named, d_sums_of
from rnn_manual.proof.search.forward.inputs import input_at


def shares(case: Case, forward: list[Cell], cells: list[Cell]) -> list[Points]:
    """Each step's, and the sums so far.

    Args:
        forward: the cells of the way there.
        cells: of the way back, those of one layer and direction, in their order.
    """
    found: list[Points] = []
    sums: Named = {}
    for cell in cells:
        now = shares_of_weights(case, forward, cell)
        sums = {name: sums[name] + share if name in sums else share for name, share in now.items()}
        found += [d_sums(case, cell) @ cell.weights.weight_ih, *now.values(), *sums.values()]
    return found


def sent_down(case: Case, cells: list[Cell]) -> list[Points]:
    """What each layer adds up for the one below, or for the input: both directions' shares."""
    found: dict[tuple[int, int], Points] = {}
    for cell in cells:
        now, at = d_sums(case, cell) @ cell.weights.weight_ih, (cell.layer, cell.step)
        found[at] = found[at] + now if at in found else now
    return list(found.values())


def shares_of_weights(case: Case, forward: list[Cell], cell: Cell) -> Named:
    """What a step adds to each weight's gradient, by role."""
    da, x = d_sums(case, cell), input_at(case, forward, cell.layer, cell.step)
    return {"weight_ih": da.T @ x, "bias_ih": da.sum(0)} | cell.shares


def d_sums(case: Case, cell: Cell) -> Points:
    """The gradients of all gates' sums, (B_t, G·H)."""
    gates = [cell.quantities[name] for name in d_sums_of(case.config)]
    found: Points = Points.concatenated(gates, -1)
    return found
