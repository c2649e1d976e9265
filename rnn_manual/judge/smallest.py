"""The plainest case on which a candidate fails."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from rnn_manual.candidates.catalogue import as_candidate
from rnn_manual.candidates.errors import Unsupported
from rnn_manual.cases.case import Case
from rnn_manual.judge.check import compare_numbers
from rnn_manual.judge.prove import formula_beside_numbers
from rnn_manual.judge.verdict import Verdict


def smallest_failure(
    candidate: Any,
    drawn: st.SearchStrategy[Case],
    *,
    device: str = "cpu",
    examples: int = 100,
    seed: int = 0,
    formulas: bool = True,
) -> Case | None:
    """The plainest case on which a candidate fails, or None if it holds on all that were drawn.

    Args:
        formulas: whether another formula, too, is a failure where the numbers agree.

    Raises: Unsupported: the candidate took none of them.
    """
    candidate = as_candidate(candidate)
    verdicts = set()

    def fails(case: Case) -> bool:
        # Nothing is explained on the way: that takes longer than all comparisons.
        found, result = compare_numbers(candidate, case, device, candidate.mode)
        verdicts.add(found.verdict)
        if found.verdict.fails or result is None or not formulas:
            return found.verdict.fails
        formula = formula_beside_numbers(candidate, case, device, candidate.mode, explained=False)
        return bool(formula.differs)

    limits = settings(max_examples=examples, deadline=None, database=None)
    try:
        return find(drawn, fails, settings=limits, random=random.Random(seed))
    except NoSuchExample:
        if verdicts == {Verdict.UNSUPPORTED}:
            raise Unsupported("every case that was drawn") from None
        return None
