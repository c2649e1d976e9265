"""Follows a run of the suite: counts, collects, shows how far it is."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.known import Known, told_by
from rnn_manual.cli.verify.preflight import Preflight
from rnn_manual.cli.verify.suite import named
from rnn_manual.plugin.options import RECORDER


@dataclass
class Followed:
    """What came of a run.

    claims: id → how many of its tests had which outcome. drifted: how many tests failed only for
    what a recording says. broken: why the suite could not run; refused: why it was stopped.
    unrecorded: why nothing was recorded; left_out: what was not, in words. known: what a worker
    told of its torch; None where there is none, or none came to its end.
    """

    cases: list[dict[str, Any]] = field(default_factory=list)
    claims: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    drifted: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    refused: str = ""
    unrecorded: str = ""
    left_out: str = ""
    known: Known | None = None


class Following:
    """A pytest plugin that follows a run.

    Args:
        preflight: what is asked meanwhile; the run stops where the answer is a refusal. None where
            nothing is.
        command: that is being run, without -k.
        candidate: what is to compute in the process that was asked; "" if workers have others.
    """

    def __init__(
        self, console: Console, preflight: Preflight | None, command: str, candidate: str = ""
    ) -> None:
        self.found = Followed()
        self.preflight, self.command, self.candidate = preflight, command, candidate
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.progress.add_task("collecting", total=None)

    def pytest_sessionstart(self) -> None:
        self.progress.start()

    def pytest_sessionfinish(self) -> None:
        self.progress.stop()

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        recorder = config.pluginmanager.getplugin(RECORDER)
        if recorder:
            self.found.unrecorded, self.found.left_out = recorder.problem, recorder.left_out

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.items:
            self._begin(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if ids:
            self._begin(len(ids))

    def _begin(self, total: int) -> None:
        if self.preflight:
            self.found.refused = self.preflight.refusal()
            if self.found.refused:
                raise pytest.exit.Exception(self.found.refused)
            if self.candidate:
                self.preflight.keep(self.candidate)
        self.progress.update(self.task, total=total, description="verifying")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        told = told_by(node)
        if isinstance(told, str):
            self.found.refused = told
        elif told is not None:
            self.found.known = told

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.found.broken = report.longreprtext

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.found.broken = str(excrepr)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and not report.failed:
            if report.skipped:
                self.found.outcomes["skipped"] += 1
                self.progress.advance(self.task)
            return
        self.found.outcomes[report.outcome] += 1
        text = getattr(report, "rnn_manual_case", None)
        case = json.loads(text) if text else None
        if case:
            self.found.cases.append(case)
        claim = getattr(report, "rnn_manual_claim", None)
        if claim:
            empty = {"passed": 0, "failed": 0, "skipped": 0}
            self.found.claims.setdefault(claim, empty)[report.outcome] += 1
        if report.failed:
            self._failed(report, case)
        failures = f", {self.found.outcomes['failed']} failed" * bool(self.found.failures)
        self.progress.update(self.task, description=f"verifying{failures}", advance=1)

    def _failed(self, report: Any, case: dict[str, Any] | None) -> None:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = str(crash.message if crash else report.longreprtext)
        said = re.sub(r"^rnn_manual\.candidates\.errors\.(Violation|ProcessEnded): ", "", said)
        if case and case["report"]:  # without one, the case is well and something else is not
            said = case["report"]
        elif case and case.get("drift", {}).get("verdict") == "differs":
            self.found.drifted += 1
        test = report.nodeid.rpartition("::")[2]
        failure = Failure(test, said, case)
        if case is None:
            failure = replace(failure, line=getattr(report, "rnn_manual_line", ""))
            if name := getattr(report, "rnn_manual_claim", None):
                claim = f"{name}: {report.rnn_manual_sentence}"
                again = f'{self.command} -k "{named(test)}"'
                failure = replace(failure, claim=claim, again=again)
        self.found.failures.append(failure)
