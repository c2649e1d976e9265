"""What each step adds to the gradients that are summed up: of the weights, and of the input."""

from __future__ import annotations

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.search.inputs import input_at


def shares(case: Case, forward: list[Cell], cells: list[Cell]) -> list[Points]:
    """Each step's, and the sums so far.

    Args:
        forward: the cells of the way there.
        cells: of the way back, those of one layer and direction, in their order.
    """
    found: list[Points] = []
    sums: dict[str, Points] = {}
    for cell in cells:
        gates = [points for name, points in cell.quantities.items() if name.startswith("da")]
        da = Points.concatenated(gates, -1)
        x = input_at(case, forward, cell.layer, cell.step)
        now = cell.shares | {"weight_ih": da.T @ x, "bias_ih": da.sum(0)}
        sums = {name: sums[name] + share if name in sums else share for name, share in now.items()}
        found += [da @ cell.weights.weight_ih, *now.values(), *sums.values()]
    return found
