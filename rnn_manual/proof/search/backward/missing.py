"""Which gradient was never computed first, of those that the loops compute."""

from __future__ import annotations

from itertools import zip_longest

from rnn_manual.cases.calls import differentiated
from rnn_manual.cases.case import Case
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.missing import Missing, is_computed

# What a gradient is made into, within its cell.
MADE_INTO: dict[str, dict[str, tuple[str, ...]]] = {
    "rnn": {"dh'": ("da",)},
    "lstm": {"dh'": ("da_o", "dc'"), "dc'": ("da_i", "da_f", "da_g")},
    "gru": {"dh'": ("da_n", "da_z")},
}


def first_missing_gradient(case: Case, trace: Trace, cells: list[Cell]) -> Missing | None:
    """The first gradient that was never computed, nor in the gradients that it is made into.

    Where several are added up, as d out and dh to dh', autograd may add later, what is made of
    each: then the sum itself is nowhere, and nothing is wrong.

    Args:
        cells: all of the way back, in its order.
    """
    for cell, following in zip_longest(cells, cells[1:]):
        same = following is not None and following.place[:2] == cell.place[:2]
        after = following if same else None
        for name in cell.quantities:
            if _is_asked(case, cell, name) and not _is_right(case, trace, cell, name, after):
                return Missing(cell, name)
    return None


def _is_right(case: Case, trace: Trace, cell: Cell, name: str, following: Cell | None) -> bool:
    if is_computed(trace, cell, name):
        return True
    if name in MADE_INTO[case.config.kind]:
        parts = MADE_INTO[case.config.kind][name]
        return all(_is_right(case, trace, cell, part, following) for part in parts)
    if following is None or name not in [f"d{state}" for state in case.config.states]:
        return False
    return _is_right(case, trace, following, f"{name}'", None)


def _is_asked(case: Case, cell: Cell, name: str) -> bool:
    """Not what would be the gradient of a first state, where nobody asks for that."""
    first = cell.step == (case.seq_len - 1 if cell.direction else 0)
    enters = first or (case.packed and cell.direction == 1)  # of some sequences at any step
    if not enters or name not in [f"d{state}" for state in case.config.states]:
        return True
    return case.state != "omitted" and differentiated(case, f"{name[1:]}_0")
