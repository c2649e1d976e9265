"""What stands at the end of a run: failures, tables, and the verdict last, where the eye ends."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console

from rnn_manual.cli.console import tell
from rnn_manual.cli.verify.failure import Failure
from rnn_manual.cli.verify.following import Followed
from rnn_manual.cli.verify.groups import ENDED, NOT_RUN, grouped, raised
from rnn_manual.cli.verify.legend import legend
from rnn_manual.cli.verify.summary import (
    closest,
    conditions,
    declined_modes,
    formulas,
    is_declined,
    is_mode,
    largest,
    not_compared,
    open_formulas,
    smaller,
)
from rnn_manual.cli.verify.tables import modes_table, verdict_table
from rnn_manual.judge.findings import BITS
from rnn_manual.judge.report.environment import in_words
from rnn_manual.recordings.compared.drift import ANOTHER, ORDER, SAME
from rnn_manual.usage import AT_QUICK

GROUPS_SHOWN, LINES_SHOWN, WORDS_SHOWN = 5, 16, 200
NAMED = 5  # of the runs that have another formula than a recording's
FORMULAS = ((SAME, "the same"), (ANOTHER, "another"))
DECLINE = """\
What it does not have it may decline: by `raise rnn_manual.parity.Unsupported("packed input")` in
build, the constructor or forward; modes, by an attribute `unsupported_modes = {"vmap": "why"}`.
And --kind, --dtype and -k narrow what is asked."""


def show(console: Console, report: dict[str, Any], found: Followed) -> None:
    """Failures first, the tables after them, the verdict last."""
    cases = report["cases"]
    _show_failures(console, found.failures)
    console.print()
    if cases:
        console.print(verdict_table(cases))
        _show_modes(console, cases)
        console.print()
        console.print(legend(cases), style="dim", soft_wrap=True)
    if proved := formulas(cases):
        console.print(f"formulas  {proved}", markup=False, soft_wrap=True)
    tell(console, "open", open_formulas(cases))
    called = [case for case in cases if not is_mode(case)]
    tell(console, "proved", [*smaller(called), *conditions(called)])
    if sizes := largest(case for case in called if not is_declined(case)):
        console.print(f"sizes     {sizes}", markup=False, soft_wrap=True)
    if nearest := closest(cases):
        console.print(f"nearest   {nearest}", markup=False)
    console.print(_claims_line(found))
    counted = ", ".join(f"{n} {verdict}" for verdict, n in report["totals"].items() if n)
    console.print(f"cases     {counted or 'none'}")
    tests = ", ".join(f"{n} {outcome}" for outcome, n in sorted(found.outcomes.items()))
    console.print(f"tests     {tests}")
    if line := _against_line(cases):
        console.print(line, markup=False)
    if len(cases) == 1 and cases[0]["printed"] and not found.failures:
        console.print(f"printed   {cases[0]['printed'].strip()}", markup=False, soft_wrap=True)
    console.print(f"built on  {in_words(report['environment'])}", markup=False)
    what, style = verdict(report, found)
    console.print(what, style=style, markup=False, soft_wrap=True)


def verdict(report: dict[str, Any], found: Followed) -> tuple[str, str]:
    """What it all comes to, in a sentence, and its style."""
    few = f" {AT_QUICK}" if report["level"] == "quick" else ""
    words = _on_cases(report, found, few) if report["cases"] else _on_claims(found, few)
    is_well = not found.failures and not declined(report)
    missing = not_compared(report["cases"])
    return "; ".join([f"{report['candidate']} {words}", *missing]), (
        "bold green" if is_well else "bold red"
    )


def declined(report: dict[str, Any]) -> bool:
    """Whether the candidate declines every case, which is not the same as passing."""
    count = len(report["cases"])
    return bool(count and report["totals"]["unsupported"] == count)


def _on_cases(report: dict[str, Any], found: Followed, few: str) -> str:
    """Of cases that were compared, and of the claims beside them."""
    broken = _broken(found)
    if not found.failures:
        if declined(report):
            return "was not compared: it supports none of the cases"
        return f"agrees with the loops{few}"
    if found.drifted == len(found.failures):
        return f"differs from the recording, and agrees with the loops{few}"
    if broken and not any(failure.case for failure in found.failures):
        return f"agrees with the loops in every case of the tables{few}, and fails {_named(broken)}"
    modes = {failure.case["mode"] for failure in found.failures if failure.case}
    if modes and BITS not in modes and all(modes):
        fails = [*([_named(broken)] if broken else []), f"in {', '.join(sorted(modes))}"]
        return f"agrees with the loops as it is called{few}, and fails {' and '.join(fails)}"
    return "disagrees with the loops"


def _on_claims(found: Followed, few: str) -> str:
    """Of claims' tests alone."""
    if found.failures:
        many = len(found.failures)
        return f"fails {_named(_broken(found)) or f'{many} test' + 's' * (many > 1)}"
    alone = "-k names tests of claims alone, so no case was compared"
    return f"fulfils {', '.join(_held(found))}{few}; {alone}"


def _named(claims: list[str]) -> str:
    return f"claim{'s' * (len(claims) > 1)} {', '.join(claims)}" if claims else ""


def _show_failures(console: Console, failures: list[Failure]) -> None:
    groups = grouped(failures)
    for group in groups[:GROUPS_SHOWN]:
        many = len(group.failures)
        if group.heading.startswith(NOT_RUN):  # there is no more to say of it
            line = f"\n{many} × {raised(group.plainest)}"
            console.print(line, style="bold red", markup=False, soft_wrap=True)
            continue
        if many > 1:
            heading = f"\n{many} × {group.heading}; the plainest:"
            console.print(heading, style="bold red", markup=False, soft_wrap=True)
        else:
            console.print()
        name = group.plainest.test
        console.print(name, style="bold red", markup=False, soft_wrap=True)
        console.print(group.plainest.in_full(LINES_SHOWN), markup=False, soft_wrap=True)
    if len(groups) > GROUPS_SHOWN:
        more = sum(len(group.failures) for group in groups[GROUPS_SHOWN:])
        kinds = len(groups) - GROUPS_SHOWN
        of = f"{more} more failure{'s' * (more > 1)} of {kinds} kind{'s' * (kinds > 1)}"
        rest = "every one is in the reports of --json and --junitxml"
        console.print(f"\n… and {of}; {rest}", style="red")
    if any((said := raised(failure)) and not said.startswith(ENDED) for failure in failures):
        console.print(f"\n{DECLINE}", style="dim", markup=False)


def _show_modes(console: Console, cases: list[dict[str, Any]]) -> None:
    """The modes' table, and what was said of those that are not supported."""
    table, not_supported = modes_table(cases), declined_modes(cases)
    if table or not_supported:
        console.print()
    if table:
        console.print(table)
    for modes, message, count in not_supported:
        said = message if len(message) <= WORDS_SHOWN else f"{message[:WORDS_SHOWN]} …"
        console.print(f"{modes} unsupported ({count}): {said}", style="yellow", markup=False)


def _against_line(cases: list[dict[str, Any]]) -> str:
    """How what was held against a recording compares with it; empty if nothing was."""
    drifts = [case["drift"] for case in cases if "drift" in case]
    if not drifts:
        return ""
    without = sum(drift["without_numbers"] for drift in drifts)
    count = Counter(drift["verdict"] for drift in drifts if not drift["without_numbers"])
    found = [f"{count[verdict]} {verdict}" for verdict in ORDER if count[verdict]]
    words = ", ".join([*found, *[f"{without} without numbers in both"] * bool(without)])
    ulp = max(drift["ulp"] for drift in drifts)
    far = f", at most {ulp:,} units in the last place" if ulp else ""
    count = Counter(drift.get("formula") for drift in drifts)
    same = "".join(f"; {count[word]} of {the} formula" for word, the in FORMULAS if count[word])
    named = [f"{c['mode']} {c['id']}".strip() for c in cases if _is_another(c)]
    same += f" ({', '.join(named[:NAMED])}{' …' if len(named) > NAMED else ''})" if named else ""
    return f"against   {words}{far}{same}; {len(cases) - len(drifts)} are not in the recording"


def _is_another(case: dict[str, Any]) -> bool:
    return bool(case.get("drift", {}).get("formula") == ANOTHER)


def _held(found: Followed) -> list[str]:
    """The claims that hold in some test, and fail in none."""
    counted = sorted(found.claims.items())
    return [name for name, count in counted if count["passed"] and not count["failed"]]


def _broken(found: Followed) -> list[str]:
    """The claims that do not hold."""
    return [name for name, count in sorted(found.claims.items()) if count["failed"]]


def _claims_line(found: Followed) -> str:
    """How many claims hold, and which do not."""
    held, broken = len(_held(found)), _broken(found)
    fail = f", {len(broken)} fail: {' '.join(broken)}" if broken else ""
    return f"claims    {held} hold{fail}"
