"""Every mistake computes another formula wherever it shows."""

import pytest

from rnn_manual.candidates.errors import Violation
from rnn_manual.cases.options import is_telling
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import select
from rnn_manual.proof.compare import compare
from rnn_manual.proof.runs.mirrored import mirrored
from tests.meta.proof.dictionary import PLACES

# But for second derivatives, which are held as numbers only; and for sizes that take long.
ELSEWHERE = select(
    "quick",
    notes=None,
    where=lambda case: (
        is_telling(case)
        and case.call != "second derivatives"
        and sum(case.lengths) * case.config.hidden_size * case.config.num_rows < 1000
    ),
)


@pytest.mark.parametrize("name", PLACES)
def test_a_mistake_is_another_formula_on_other_cases_too(name):
    """Of any layout, call and size that shows it; or what it leaves behind ends the run before."""
    mistake = MISTAKES[name]
    shown = [case for case in ELSEWHERE if mistake.shows(case)]
    some = shown[:: max(1, len(shown) // 3)]
    assert [case.id for case in some if not is_seen(mistake, case)] == []


def is_seen(mistake, case):
    try:
        return compare(case, mirrored(mistake, case)).verdict == "other"
    except Violation as error:
        return "random generator" in str(error)
