"""Every mistake computes another formula wherever it shows."""

from functools import partial

import pytest

from rnn_manual.candidates.errors import Violation
from rnn_manual.cases.options import is_telling
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import select
from rnn_manual.proof.compare import compare
from rnn_manual.proof.runs.again import mirrored_again
from rnn_manual.proof.runs.mirrored import mirrored
from tests.meta.proof.search.dictionary import PLACES

# But for masks that are random, which are nn's to draw; and for sizes that take long.
SMALL = select(
    "standard",
    notes=None,
    where=lambda case: (
        not case.random
        and 0 < sum(case.lengths) * case.config.hidden_size * case.config.num_rows < 1000
    ),
)
ELSEWHERE = [case for case in SMALL if is_telling(case)]
# For a mistake that shows only where a value or dropout masks the rest.
MASKING = [case for case in SMALL if not is_telling(case)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", PLACES)
def test_a_mistake_is_another_formula_on_other_cases_too(name):
    """Of any layout, call and size that shows it; or what it leaves behind ends the run before."""
    mistake = MISTAKES[name]
    shown = [case for case in ELSEWHERE if mistake.shows(case)]
    shown = shown or [case for case in MASKING if mistake.shows(case)]
    shown = shown or [case for case in select("standard", notes=None) if mistake.shows(case)]
    assert shown
    some = shown[:: max(1, len(shown) // 3)]
    assert [case.id for case in some if not is_seen(mistake, case)] == []


def is_seen(mistake, case):
    try:
        again = partial(mirrored_again, mistake, case, "cpu", "")
        return compare(case, mirrored(mistake, case), again).verdict == "other"
    except Violation as error:
        return "random generator" in str(error)
