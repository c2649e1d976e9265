"""Where a candidate's formulas begin to be others than the loops'.

A candidate computed a quantity of the loops if its residues are among all that it computed. The
first, in the loops' order, that it never computed is where it went wrong. If it computed all of
them and returned something else, what stands in each place is named instead.
"""

from __future__ import annotations

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.proof.formula import OPEN, OTHER, Formula, Place
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.backward import placed as backward
from rnn_manual.proof.search.forward import placed as forward
from rnn_manual.proof.search.returned import what_is_returned


def locate(case: Case, trace: Trace, formula: Formula) -> tuple[Place | None, str]:
    """Where it begins, and what stands there instead; None and "" where that is not found.

    Where some results are not known, neither is what they are made of: what is never seen there may
    well have been computed, and nothing is placed.
    """
    others = [name for name, verdict in formula.tensors.items() if verdict == OTHER]
    known = OPEN not in formula.tensors.values()
    if others and known and all(name.startswith("grad²") for name in others):
        return Place(None, None, None, others[0]), _twice(others)
    outputs = formula.forward
    if OPEN in outputs.values():
        return None, ""
    missing = forward.first_missing(case, trace)
    if missing is not None:
        return forward.placed(case, trace, missing.cell, missing.quantity)
    if OTHER in outputs.values():
        return what_is_returned(case, trace, [n for n, v in outputs.items() if v == OTHER])
    if case.call in WITHOUT_A_GRAPH or OPEN in formula.tensors.values():
        return None, ""
    return backward.placed(case, trace, formula)


def _twice(others: list[str]) -> str:
    """What is said of second derivatives: their walk is not followed."""
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    are = "are other formulas" if more else "is another formula"
    return (
        f"{others[0]}{more}, gradients differentiated once more, {are} than expected; "
        "the gradients are the loops'"
    )
