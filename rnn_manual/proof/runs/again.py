"""A candidate's formulas once more, beside the case's own numbers or others.

A formula does not depend on numbers. What changes with them, and only with them, was computed where
torch is not watched, and was taken for a constant.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest

import numpy as np

from rnn_manual.candidates.candidate import Subject
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, draw
from rnn_manual.proof.runs.mirrored import Mirrored, mirrored
from rnn_manual.proof.runs.trace import traced


def mirrored_again(
    subject: Subject, case: Case, device: str = "cpu", mode: str = "", numbers: int = 0
) -> Mirrored:
    """Runs a candidate as `mirrored` does: the same residues, beside other numbers.

    Args:
        numbers: which; 0 are the case's own.

    Raises: what `mirrored` raises.
    """
    return mirrored(subject, case, device, mode, data=_data(case, numbers))


def where_numbers_come_in(subject: Subject, case: Case, device: str = "cpu", mode: str = "") -> str:
    """The line of the first operation that computes other residues on other numbers; "" if none.

    Raises: what `mirrored` raises.
    """
    one, other = (traced(subject, case, device, mode, data=_data(case, k)) for k in (0, 1))
    for here, there in zip_longest(one.executed, other.executed):  # if it branches, one has more
        if here is None or there is None:
            return (here or there).line
        if not np.array_equal(one.keys[here.keys], other.keys[there.keys]):
            return here.line
    return ""


def _data(case: Case, numbers: int) -> Data:
    return draw(replace(case, seed=case.seed + numbers))
