"""Follows a run of the suite: counts, collects, shows how far it is."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rnn_manual.plugin import RECORDER


class Watch:
    """A pytest plugin that follows a run: counts, collects, shows how far it is."""

    def __init__(self, console: Console) -> None:
        self.cases: list[dict[str, Any]] = []
        self.claims: dict[str, dict[str, int]] = {}
        self.failed: list[tuple[str, str]] = []  # a test's name and what it said
        self.drifted = 0  # how many of them are well, but for what a recording says
        self.done: Counter[str] = Counter()
        self.broken = ""
        self.unrecorded = ""  # why there is no recording, where one was asked for
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self.task = self.progress.add_task("collecting", total=None)

    def pytest_sessionstart(self) -> None:
        self.progress.start()

    def pytest_sessionfinish(self) -> None:
        self.progress.stop()

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        recorder = config.pluginmanager.getplugin(RECORDER)
        self.unrecorded = recorder.problem if recorder else ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.expect(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.expect(len(ids))

    def expect(self, total: int) -> None:
        if total:
            self.progress.update(self.task, total=total, description="verifying")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = report.longreprtext

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.broken = str(excrepr)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and not report.failed:
            if report.skipped:
                self.done["skipped"] += 1
                self.progress.advance(self.task)
            return
        self.done[report.outcome] += 1
        text = getattr(report, "rnn_manual_case", None)
        case = json.loads(text) if text else None
        if case:
            self.cases.append(case)
        claim = getattr(report, "rnn_manual_claim", None)
        if claim:
            count = self.claims.setdefault(claim, {"passed": 0, "failed": 0, "skipped": 0})
            count[report.outcome] += 1
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message if crash else report.longreprtext
            if case and case["report"]:  # without one, the case is well and something else is not
                said = case["report"]
            elif case and case.get("drift", {}).get("verdict") == "differs":
                self.drifted += 1
            self.failed.append((report.nodeid.rpartition("::")[2], said))
        failures = f", {self.done['failed']} failed" if self.done["failed"] else ""
        self.progress.update(self.task, description=f"verifying{failures}", advance=1)
