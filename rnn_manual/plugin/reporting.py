"""Puts claim and comparison on a test's report, so that they cross the borders of processes."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from rnn_manual.usage import AT_QUICK

if TYPE_CHECKING:
    from rnn_manual.judge.comparison import Comparison
    from rnn_manual.recordings.compared.drift import RunDrift

COMPARISON: pytest.StashKey[Comparison] = pytest.StashKey()
DRIFT: pytest.StashKey[RunDrift] = pytest.StashKey()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says of a run at level quick that it has few cases: what passes there may fail elsewhere."""
    if config.getoption("level") == "quick":
        terminalreporter.write_line(f"rnn-manual: {AT_QUICK}")


def sentence_of(item: Any) -> str:
    """What a claim says in words: its test's docstring."""
    return " ".join((item.function.__doc__ or "").split())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Puts claim and comparison on the report, as JSON."""
    report: Any = yield
    # What is torn down has compared all that it will.
    fixtures = getattr(item, "fixturenames", ()) if report.when != "teardown" else ()
    report.rnn_manual_records = "record" in fixtures
    # Where in its own code a candidate raised, in its process.
    line = report.rnn_manual_line = getattr(call.excinfo and call.excinfo.value, "own_line", "")
    if line and hasattr(report.longrepr, "addsection"):  # JUnit's report has it by this
        report.longrepr.addsection("raised by the candidate at", line)
    if report.when == "call":
        claim = item.get_closest_marker("claim")
        report.rnn_manual_claim = claim.args[0] if claim else None
        report.rnn_manual_sentence = sentence_of(item) if claim else ""
        if COMPARISON in item.stash:
            from rnn_manual.judge.report.as_json import case_json

            found = case_json(item.stash[COMPARISON])
            drift = item.stash.get(DRIFT, None)
            if drift:  # since a recording
                found["drift"] = {
                    "verdict": drift.verdict,
                    "without_numbers": drift.without_numbers,
                    "ulp": drift.ulp,
                    "formula": drift.formula or None,
                }
            # As one string: reports travel between processes value by value, which takes long.
            report.rnn_manual_case = json.dumps(found)
    return report
