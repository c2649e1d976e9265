"""A comparison as people use it: printed, or asserted."""

from __future__ import annotations

from dataclasses import dataclass

from rnn_manual.judge.drawn import declined
from rnn_manual.judge.findings import Findings
from rnn_manual.judge.report.text import report
from rnn_manual.judge.verdict import Verdict


@dataclass(frozen=True)
class Comparison(Findings):
    """What `check` returns: the findings on one case. Printed, it is the report."""

    def assert_ok(self) -> None:
        """Does nothing if the candidate agrees with the loops on the case.

        Raises: AssertionError, with the report as its text, if it does not. Unsupported, which
            pytest and unittest count as skipped, if it declined the case. (Under Hypothesis
            another one is drawn in its place.)
        """
        __tracebackhide__ = True
        if self.verdict.fails:
            raise AssertionError(report(self))
        if self.verdict == Verdict.UNSUPPORTED:
            raise declined(self.message)

    def __str__(self) -> str:
        return report(self)
