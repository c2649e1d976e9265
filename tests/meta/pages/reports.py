"""Small reports and recordings for the pages' tests."""

from functools import lru_cache
from unittest.mock import patch

from rnn_manual.cli.verify.closing import verdict
from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.following import Followed
from rnn_manual.cli.verify.legend import legend
from rnn_manual.cli.verify.paged import as_page
from rnn_manual.cli.verify.results import as_report
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.judge.report.environment import environment
from rnn_manual.parity import check, select
from rnn_manual.recordings.compared.between import drift
from rnn_manual.recordings.compared.columns import Column
from rnn_manual.recordings.recorded import recorded_case, recorded_run
from rnn_manual.recordings.recording import Recording

WRONG = "rnn_manual.mistakes:gates_g_o_exchanged"
IDS = ("lstm-f32", "gru-f32", "lstm-2layer-bi-batchfirst-f32")
MODE = "pieces"


def cases():
    """A few small ones."""
    found = {case.id: case for case in select("standard")}
    return [found[id] for id in IDS]


@lru_cache
def comparisons(candidate):
    """That candidate on them, and on one in a mode."""
    # What a mistake is like takes seconds to find, and is another test's.
    with patch("rnn_manual.judge.check.diagnose", return_value=None):
        found = [check(candidate, case) for case in cases()]
        return [*found, check(candidate, cases()[0], mode=MODE)]


def followed(candidate):
    """As a run of the suite leaves it."""
    found = Followed()
    for comparison in comparisons(candidate):
        case = case_json(comparison)
        found.cases.append(case)
        found.outcomes["failed" if case["report"] else "passed"] += 1
        if case["report"]:
            found.failures.append(Failure(f"test_parity[{case['id']}]", case["report"], case))
    return found


def report(candidate):
    """The JSON report, and what came of it."""
    found = followed(candidate)
    if candidate == WRONG:
        found.failures.append(Failure("test_a_law[<lstm>]", "1 & 2 <differ>"))
    return as_report(candidate, "standard", environment(), [MODE], found), found


def verified(candidate):
    """The page of a run."""
    made, found = report(candidate)
    return as_page(made, verdict(made, found)[0], legend(made["cases"]))


def recording(candidate, torch):
    """A recording of it, as if by that torch."""
    found = Recording({"environment": environment() | {"torch": torch}, "candidate": candidate})
    for comparison in comparisons(candidate):
        run = recorded_run(comparison)
        found.add(run.case, recorded_case(comparison), run)
    return found


def columns():
    """Three: the second is the same as the first, the third differs; and one that was skipped."""
    a, b, d = recording("torch.nn", "1"), recording("torch.nn", "2"), recording(WRONG, "4")
    return [
        Column("torch 1", a),
        Column("torch 2", b, drift(a, b)),
        Column("3", skipped="no <wheel>"),
        Column("torch 4", d, drift(b, d)),
    ]
