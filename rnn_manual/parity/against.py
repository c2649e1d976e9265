"""Holds what a run of the suite compares against a recording of another one."""

from __future__ import annotations

from pathlib import Path

from rnn_manual.config import Config
from rnn_manual.parity.cases import Case
from rnn_manual.parity.compare import Comparison
from rnn_manual.parity.drift import RunDrift, check_same_numbers, run_drift
from rnn_manual.parity.recorder import recorded_case, recorded_numbers, recorded_run
from rnn_manual.parity.recording import RecordedCase, load


class Against:
    """A recording, as what is compared now is to be.

    Raises: Unreadable: it is damaged, or was made of other numbers than are drawn here.
    """

    def __init__(self, folder: Path) -> None:
        self.recording = load(folder)

    def check_numbers(self) -> None:
        """Raises Unreadable unless the cases recorded are drawn as they were."""
        for name, then in self.recording.cases.items():
            fields = dict(then.fields)
            now = Case(Config(**fields.pop("config")), **fields)
            drawn = RecordedCase(then.fields, "", [], recorded_numbers(now), {})
            check_same_numbers(name, then, drawn)

    def drift(self, comparison: Comparison) -> RunDrift | None:
        """What changed since; None if there is no such run in the recording."""
        now = recorded_run(comparison)
        then = self.recording.runs.get((now.mode, now.case))
        if then is None:
            return None
        return run_drift(then, now, self.recording.cases[now.case], recorded_case(comparison))
