"""A candidate's formulas on other numbers than the case's own: formulas do not depend on these.

What changes with them was computed where torch is not watched, and was taken for a constant.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnn_manual.candidates.candidate import Subject
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, draw
from rnn_manual.proof.runs.mirrored import Mirrored, mirrored
from rnn_manual.proof.runs.trace import traced


def on_other_numbers(subject: Subject, case: Case, device: str = "cpu", mode: str = "") -> Mirrored:
    """Runs a candidate as `mirrored` does: the same residues, beside other numbers.

    Raises: what `mirrored` raises.
    """
    return mirrored(subject, case, device, mode, data=_others(case))


def where_numbers_come_in(subject: Subject, case: Case, device: str = "cpu", mode: str = "") -> str:
    """The line of the first operation that computes other residues on other numbers; "" if none.

    Raises: what `mirrored` raises.
    """
    one = traced(subject, case, device, mode)
    other = traced(subject, case, device, mode, data=_others(case))
    for here, there in zip(one.executed, other.executed):  # noqa: B905 - of branches, one is longer
        if not np.array_equal(one.keys[here.keys], other.keys[there.keys]):
            return here.line
    return ""


def _others(case: Case) -> Data:
    return draw(replace(case, seed=case.seed + 1))
