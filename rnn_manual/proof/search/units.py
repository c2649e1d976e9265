"""In which elements of a quantity a candidate is wrong."""

from __future__ import annotations

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.laid_out import batch_order


def units_of(case: Case, trace: Trace, cell: Cell, quantity: str) -> str:
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
