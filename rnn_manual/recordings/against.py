"""Holds what a run of the suite compares against a recording of another one."""

from __future__ import annotations

from pathlib import Path

from rnn_manual.cases.case import Case
from rnn_manual.config import Config
from rnn_manual.judge.findings import Findings
from rnn_manual.recordings.compared.between import check_same_numbers, run_drift
from rnn_manual.recordings.compared.drift import RunDrift
from rnn_manual.recordings.recorded import recorded_case, recorded_numbers, recorded_run
from rnn_manual.recordings.recording import RecordedCase, Unreadable
from rnn_manual.recordings.store import load


class Against:
    """A recording, as what is compared now is to be.

    Raises: Unreadable: it is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recording = load(folder)

    def check_numbers(self, seed: int) -> None:
        """Raises Unreadable unless the cases recorded are drawn as they were, from this seed."""
        seed_then = self.recording.about.get("seed")
        for name, then in self.recording.cases.items():
            fields = dict(then.fields)
            if fields.get("seed") == seed_then:  # a test may have cases with a seed of their own
                fields["seed"] = seed
            try:
                now = Case(Config(**fields.pop("config")), **fields)
                numbers = recorded_numbers(now)
            except Exception as error:  # fields of another version, or of none
                said = " ".join(str(error).split())
                raise Unreadable(f"{self.folder}: no such case as {name} here: {said}") from error
            check_same_numbers(name, then, RecordedCase(then.fields, "", [], numbers, {}))

    def drift(self, findings: Findings) -> RunDrift | None:
        """What changed since; None if there is no such run in the recording.

        Raises: Unreadable: it was of other numbers.
        """
        now = recorded_run(findings)
        then = self.recording.runs.get((now.mode, now.case))
        if then is None:
            return None
        case_then, case_now = self.recording.cases[now.case], recorded_case(findings)
        check_same_numbers(now.case, case_then, case_now)
        return run_drift(then, now, case_then, case_now)
