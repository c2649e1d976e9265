"""What a run comes to, made of a few cases: no suite is run."""

import io

from rich.console import Console

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cli.verify.closing import show
from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.following import Followed
from rnn_manual.cli.verify.results import as_report
from rnn_manual.judge.report.as_json import case_json
from rnn_manual.judge.report.environment import environment
from rnn_manual.parity import check


def followed(candidate, cases, mode=""):
    """What a run on these cases comes to."""
    found = Followed()
    for case in cases:
        entry = case_json(check(candidate, case, mode=mode))
        found.cases.append(entry)
        failed = entry["verdict"] in ("differs", "error")
        found.outcomes["failed" if failed else "passed"] += 1
        if failed:
            found.failures.append(Failure(f"test_it[{case.id}]", entry["report"], entry))
    return found


def shown(found, width=100, level="standard"):
    report = as_report("mine:build", level, environment(), list(MODES), found)
    text = io.StringIO()
    show(Console(file=text, width=width, highlight=False), report, found)
    return text.getvalue()


def last_line(found, **how):
    return shown(found, **how).splitlines()[-1]
