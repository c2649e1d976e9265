"""The plainest case on which a candidate fails."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.cases.case import Case
from rnn_manual.judge.check import check
from rnn_manual.judge.verdict import Verdict


def smallest_failure(
    candidate: Any,
    drawn: st.SearchStrategy[Case],
    *,
    device: str = "cpu",
    examples: int = 100,
    seed: int = 0,
) -> Case | None:
    """The plainest case on which a candidate fails, or None if it holds on all that were drawn.

    Raises: Unsupported: the candidate took none of them.
    """
    verdicts = set()

    def fails(case: Case) -> bool:
        verdict = check(candidate, case, device=device).verdict
        verdicts.add(verdict)
        return verdict.fails

    limits = settings(max_examples=examples, deadline=None, database=None)
    try:
        return find(drawn, fails, settings=limits, random=random.Random(seed))
    except NoSuchExample:
        if verdicts == {Verdict.UNSUPPORTED}:
            raise Unsupported("every case that was drawn") from None
        return None
