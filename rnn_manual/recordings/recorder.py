"""Keeps what a run of the suite compares, and writes it down when the run is over.

Under pytest-xdist each worker writes what it has as a recording of its own, and the process that
they work for puts these together.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from rnn_manual.judge.findings import Findings
from rnn_manual.judge.report.environment import environment
from rnn_manual.recordings.recorded import recorded_case, recorded_run
from rnn_manual.recordings.recording import RecordedCase, Recording, Unreadable, merged
from rnn_manual.recordings.store import load, save
from rnn_manual.usage import Refused

KEPT = 10_000  # numbers in a case; eight of the notes' cases alone would take 25 MB


def kept(case: RecordedCase, level: str) -> bool:
    """Whether a case is written down: large ones are at level full only."""
    return level == "full" or sum(array.size for array in case.numbers.values()) <= KEPT


class Recorder:
    """A pytest plugin that writes a recording.

    Args:
        folder: where to; nothing may be there yet.

    Attributes:
        problem: why there is no recording, once the run is over.
        left_out: what is not in it, in words that follow where it is; "" if all is.
    """

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self.folder = folder
        given = getattr(config, "workerinput", {})
        self.worker = given.get("workerid")
        self.parts = Path(given["rnn_manual_parts"]) if self.worker else None
        option = config.getoption
        names = ("candidate", "device", "level")
        self.about: dict[str, Any] = {name: option(name) for name in names}
        self.about["seed"] = option("case_seed")
        self.recording: Recording | None = None
        self.expected: set[tuple[str, str]] = set()
        self.lost = ""  # a test that ended without a result, as when its worker does
        self.problem = self.left_out = ""
        if not self.worker:
            check_new(folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells each worker where to leave its part."""
        if self.parts is None:
            self.parts = _beside(self.folder)
        node.workerinput["rnn_manual_parts"] = str(self.parts)

    def add(self, findings: Findings) -> None:
        """Takes a comparison in."""
        if self.recording is None:
            found = environment(findings.device)
            self.recording = Recording({"environment": found, **self.about})
        run = recorded_run(findings)
        case = self.recording.cases.get(run.case)
        if case is None or (run.tensors and not case.allowed):
            case = recorded_case(findings)
        self.recording.add(run.case, case, run)

    def pytest_runtest_logreport(self, report: Any) -> None:
        text = getattr(report, "rnn_manual_case", None)
        if text:
            case = json.loads(text)
            self.expected.add((case["mode"], case["id"]))
        # Of a test whose worker was lost, nobody can say whether it would have compared anything.
        elif report.failed and getattr(report, "rnn_manual_records", report.when == "???"):
            self.lost = report.nodeid

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.worker:
            if self.recording and self.parts:
                save(self.recording, self.parts / self.worker)
            return
        finished = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        try:
            if finished and not (session.shouldfail or session.shouldstop):
                self._finish()
            else:
                self.problem = "the run was not finished"
        except (OSError, Unreadable) as error:
            self.problem = str(error)
        if self.problem and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        if self.parts and not self.worker:
            shutil.rmtree(self.parts, ignore_errors=True)

    def _finish(self) -> None:
        parts = [load(path) for path in sorted(self.parts.glob("[!.]*"))] if self.parts else []
        whole = merged(parts) if parts else self.recording
        if whole is None:
            self.problem = "no case was run"
            return
        missing = self.expected - whole.runs.keys()
        if self.lost or missing:
            name = self.lost or " ".join(min(missing))
            self.problem = f"a result is missing, that of {name}"
            return
        large = {name for name, case in whole.cases.items() if not kept(case, whole.about["level"])}
        whole.about["left_out"] = sorted(large)
        if large:
            self.left_out = f"; {len(large)} large cases are recorded at --level full only"
        whole.cases = {name: c for name, c in whole.cases.items() if name not in large}
        whole.runs = {key: run for key, run in whole.runs.items() if key[1] not in large}
        whole.about["date"] = datetime.now(timezone.utc).date().isoformat()
        save(whole, self.folder)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        recorded = f"recorded in {self.folder}{self.left_out}"
        terminalreporter.write_line(f"not recorded: {self.problem}" if self.problem else recorded)


def check_new(folder: Path) -> None:
    """Raises Refused unless a recording can be written there: better now than after the run."""
    if folder.exists():
        raise Refused(f"cannot record in {folder}: it exists already, expected a new folder")
    if not folder.parent.is_dir():
        raise Refused(f"cannot record in {folder}: there is no folder {folder.parent}")
    try:  # what permissions say is not what a read-only file system does
        _beside(folder).rmdir()
    except OSError as error:
        raise Refused(f"cannot record in {folder}: {error.strerror}") from error


def _beside(folder: Path) -> Path:
    """A new folder for what is not yet the whole."""
    return Path(tempfile.mkdtemp(".parts", f".{folder.name}.", folder.parent))
