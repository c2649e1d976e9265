"""Keeps what a run of the suite compares, and writes it down when the run is over.

Under pytest-xdist each worker writes what it has as a recording of its own, and the process that
they work for puts these together.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_manual.layout import Packed
from rnn_manual.parity.cases import Case
from rnn_manual.parity.compare import Comparison
from rnn_manual.parity.environment import environment
from rnn_manual.parity.oracle import dropout_masks
from rnn_manual.parity.recording import (
    MASK,
    RecordedCase,
    Recording,
    Run,
    Tensor,
    Unreadable,
    merged,
)
from rnn_manual.parity.store import load, save
from rnn_manual.parity.tolerance import reference
from rnn_manual.usage import Refused


def recorded_case(comparison: Comparison) -> RecordedCase:
    """A case with its numbers, as it is written down."""
    case = comparison.case
    # Where torch has no kernels for a format, nothing was compared, and no limit is known.
    allowed = reference(case, comparison.device).allowed if comparison.tensors else {}
    fields = dataclasses.asdict(case)
    return RecordedCase(fields, case.kind, case.features, recorded_numbers(case), allowed)


def recorded_numbers(case: Case) -> dict[str, Any]:
    """Everything that goes into a case, by name."""
    data, packed = case.data(), {}
    rows: Any = data.input
    if isinstance(data.input, Packed):
        rows, *indices = data.input
        names = Packed._fields[1:]
        pairs = zip(names, indices, strict=True)
        packed = {name: np.asarray(array, "i8") for name, array in pairs if array is not None}
    states = {f"{name}_0": s for name, s in zip(case.config.states, data.state or ())}  # noqa: B905
    outputs = ["out", *(f"{name}_n" for name in case.config.states)]
    cotangents = {f"d {name}": d for name, d in zip(outputs, data.cotangents, strict=True)}
    masks = {f"{MASK}{k}": mask for k, mask in enumerate(dropout_masks(case, np.float64))}
    return {**data.parameters, "input": rows, **packed, **states, **cotangents, **masks}


def recorded_run(comparison: Comparison) -> Run:
    """What a comparison says, as it is written down."""
    tensors = {
        name: Tensor(
            t.verdict.value,
            lasting(t.reason),
            t.actual if t.actual.size or not t.reason else None,
        )
        for name, t in comparison.tensors.items()
    }
    verdict = comparison.verdict.value
    return Run(comparison.case.id, comparison.mode, verdict, lasting(comparison.message), tensors)


PASSING = {
    r"0x[0-9a-fA-F]+": "0x…",
    r"\b(pid|process)([ =:]+)\d+": r"\1\2…",
    re.escape(tempfile.gettempdir()) + r"/[^\s'\",:;()]*": "a temporary file",
    r"\btorch \d[\w.+]*": "torch",
}


def lasting(text: str) -> str:
    """A message without what is another one at every run, or under every version of torch."""
    for pattern, instead in PASSING.items():
        text = re.sub(pattern, instead, text)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written


KEPT = 10_000  # numbers in a case; eight of the notes' cases alone would take 25 MB


def kept(case: RecordedCase, level: str) -> bool:
    """Whether a case is written down: at level quick, large ones are not; at full, all are."""
    return level == "full" or sum(array.size for array in case.numbers.values()) <= KEPT


class Recorder:
    """A pytest plugin that writes a recording.

    Args:
        folder: where to; nothing may be there yet.

    Attributes:
        problem: why there is no recording, once the run is over.
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
        self.problem = ""
        if not self.worker:
            check_new(folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells each worker where to leave its part."""
        if self.parts is None:
            self.parts = _beside(self.folder)
        node.workerinput["rnn_manual_parts"] = str(self.parts)

    def add(self, comparison: Comparison) -> None:
        """Takes a comparison in."""
        if self.recording is None:
            found = environment(comparison.device)
            self.recording = Recording({"environment": found, **self.about})
        run = recorded_run(comparison)
        case = self.recording.cases.get(run.case)
        if case is None or (run.tensors and not case.allowed):
            case = recorded_case(comparison)
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
        whole.cases = {name: c for name, c in whole.cases.items() if name not in large}
        whole.runs = {key: run for key, run in whole.runs.items() if key[1] not in large}
        whole.about["date"] = datetime.now(timezone.utc).date().isoformat()
        save(whole, self.folder)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        said = f"not recorded: {self.problem}" if self.problem else f"recorded in {self.folder}"
        terminalreporter.write_line(said)


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
