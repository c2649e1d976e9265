"""`rnn-manual claims` and `modes`: what the suite verifies, and how layers are run for it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.levels import select
from rnn_manual.cases.parametrize import excluded_by
from rnn_manual.cli.verify.suite import run_suite
from rnn_manual.mistakes import MISTAKES
from rnn_manual.plugin.reporting import sentence_of
from rnn_manual.usage import Refused


def claims() -> int:
    """Lists every claim: its sentence, formula and test, its cases and why it has not more."""
    seen = Collected()
    run_suite(["--collect-only"], seen)
    if seen.broken:
        raise Refused(f"the suite itself could not be read: {seen.broken.splitlines()[-1]}")
    console = Console(highlight=False, markup=False, emoji=False)
    for (name, test), claim in sorted(seen.claims.items(), key=lambda item: item[0][0]):
        cases = f"{claim.cases} case{'s' * (claim.cases != 1)}"
        block = Text(f"{claim.sentence}\n")
        block.append(f"{claim.formula}\n", "green")
        block.append(f"{test}, {cases}", "dim")
        if claim.without:
            block.append(f"\nleft out, for {'; '.join(claim.without)}", "dim")
        grid = Table.grid(padding=(0, 2))
        grid.add_row(Text(name, "bold"), block)
        console.print(grid)
    tests = {test for _, test in seen.claims}
    console.print(
        f"\n{len({name for name, _ in seen.claims})} claims in {len(tests)} tests; "
        f"{len(select('quick'))} cases at level quick, {len(select('standard'))} at standard, "
        f"{len(select('full'))} at full; "
        f"{len(MISTAKES)} classic mistakes, each to be caught"
    )
    return 0


def modes() -> int:
    """Lists every mode: its name, which `verify --candidate` takes, and what is done."""
    grid = Table.grid(padding=(0, 2))
    for mode in MODES.values():
        slow = " (level full)" if mode.slow else ""
        grid.add_row(Text(mode.name, "bold"), Text(mode.sentence + slow))
    Console(highlight=False, markup=False, emoji=False).print(grid)
    return 0


@dataclass
class Claim:
    """What a claim's test says of it."""

    sentence: str
    formula: str
    without: tuple[str, ...] = ()  # why it is not put to some cases
    cases: int = 0


class Collected:
    """A pytest plugin that reads the claims off the tests collected."""

    def __init__(self) -> None:
        self.claims: dict[tuple[str, str], Claim] = {}  # by id and test
        self.broken = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = report.longreprtext

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            mark = item.get_closest_marker("claim")
            if mark is None or not isinstance(item, pytest.Function):
                continue
            name, formula = mark.args
            test = f"{item.path.name}::{item.originalname}"
            law = item.get_closest_marker("rnn_manual_cases")
            without = tuple(each.reason for each in excluded_by(law)) if law else ()
            self.claims.setdefault(
                (name, test), Claim(sentence_of(item), formula, without)
            ).cases += 1
