"""`rnn-manual claims A6`: a claim with its formula and its test, and a run of that on one case."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from rnn_manual.cli.console import console
from rnn_manual.cli.verify.suite import run_suite
from rnn_manual.plugin.reporting import sentence_of
from rnn_manual.usage import Refused


def some_claims(names: list[str]) -> int:
    """Shows each test of some claims and runs it. Returns: 0 if all hold, otherwise 1."""
    seen = Chosen([name.upper() for name in names])
    run_suite(["-n0"], seen)
    if seen.broken:
        raise Refused(f"the suite itself could not be read: {seen.broken.splitlines()[-1]}")
    for name in names:
        if name.upper() not in seen.known:
            raise Refused(f"there is no claim {name!r}: rnn-manual claims lists them all")
    out = console()
    for test in sorted(seen.tests.values(), key=lambda test: seen.names.index(test.name)):
        _show(out, test)
    return int(not all(test.outcome == "passed" for test in seen.tests.values()))


@dataclass
class Test:
    """A test of the claim. case: the one that it is run on. cases: how many there are."""

    name: str
    sentence: str
    formula: str
    place: str
    source: str
    nodeid: str
    case: str
    cases: int = 0
    outcome: str = "not run"
    said: str = ""


def _show(out: Console, test: Test) -> None:
    many = f", one of its {test.cases} cases" * (test.cases > 1)
    holds = test.outcome == "passed"
    lines = [
        Text.assemble((f"{test.name}  ", "bold"), test.sentence),
        Text(f"    {test.formula}\n", "green"),
        Text(textwrap.indent(test.source, "    "), "dim"),
        Text(f"    {test.place}\n    run on {test.case}{many}"),
        Text(f"    {'holds' if holds else test.outcome} for torch.nn", "green" if holds else "red"),
        Text(textwrap.indent(test.said, "    ")),
    ]
    for line in lines:
        if line:
            out.print(line, soft_wrap=True)
    out.print(f"    all of them: rnn-manual verify -k {test.place.partition('::')[2]}\n")


@dataclass
class Chosen:
    """A pytest plugin that runs the tests of some claims, each on the plainest of its cases."""

    names: list[str]
    tests: dict[str, Test] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    broken: str = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = report.longreprtext

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen: dict[str, pytest.Item] = {}
        count: dict[str, int] = {}
        for item in items:
            mark = item.get_closest_marker("claim")
            if mark is None or not isinstance(item, pytest.Function):
                continue
            self.known.add(mark.args[0])
            if mark.args[0] in self.names:
                place = f"{item.path.name}::{item.originalname}"
                count[place] = count.get(place, 0) + 1
                chosen[place] = min(chosen.get(place, item), item, key=lambda i: len(i.name))
        items[:] = chosen.values()
        for place, item in chosen.items():
            self.tests[item.nodeid] = _test(item, place, count[place])

    def pytest_runtest_logreport(self, report: Any) -> None:
        test = self.tests[report.nodeid]
        if report.when == "call" or not report.passed:
            test.outcome = report.outcome
            test.said = report.longreprtext if report.failed else ""


def _test(item: Any, place: str, cases: int) -> Test:
    name, formula = item.get_closest_marker("claim").args
    lines = inspect.getsource(item.function).rstrip().splitlines()
    source = "\n".join(line for line in lines if not line.startswith("@claim("))
    params = item.callspec.params if hasattr(item, "callspec") else {}
    case = ", ".join(str(value) for value in params.values()) or "its own numbers"
    return Test(name, sentence_of(item), formula, place, source, item.nodeid, case, cases)
