"""Recordings side by side: one row a kind, feature or mode, one column a recording.

Data first; the table in the terminal, in Markdown and as a page are all made of it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from rnn_manual.parity.drift import CHANGED, DIFFERS, DRIFT, IDENTICAL, ORDER, Drift, RunDrift
from rnn_manual.parity.recording import RecordedCase, Recording

VERDICTS = ("identical", "within", "unsupported", "differs", "error")  # from best to worst
SIGNS = {IDENTICAL: "=", DRIFT: "~", CHANGED: "±", DIFFERS: "≠"}
LEGEND = (
    "A cell says how a recording's runs agree with the loops, and what changed since the one "
    "before it: = every bit is the same; ~ as far apart as two correct results may be, at most so "
    "many units in the last place; ± something newly runs, no longer runs, or says something else; "
    "≠ further apart than rounding explains."
)
STYLES = {
    "identical": "bold green",
    "within": "green",
    "unsupported": "yellow",
    "differs": "bold red",
    "error": "bold red",
}


@dataclass(frozen=True)
class Column:
    """One recording and what changed since the one before it; or why there is none."""

    name: str
    recording: Recording | None = None
    drift: Drift | None = None
    skipped: str = ""


@dataclass(frozen=True)
class Cell:
    """verdict: the worst of its runs'; change: the worst since the column before it."""

    verdict: str = ""
    change: str = ""
    ulp: int = 0

    def __str__(self) -> str:
        sign = SIGNS.get(self.change, "")
        many = f" {self.ulp:,}" if self.change == DRIFT else ""
        return f"{self.verdict} {sign}{many}".strip()


@dataclass
class Row:
    """heading: which group of rows it is in."""

    heading: str
    name: str
    cells: list[Cell] = field(default_factory=list)


def rows(columns: Sequence[Column]) -> list[Row]:
    """Every kind, feature and mode that some recording has, with a cell for each column."""
    made = [column.recording for column in columns if column.recording]
    cases = [case for recording in made for case in recording.cases.values()]
    modes = dict.fromkeys(mode for recording in made for mode, _ in recording.runs if mode)
    groups: dict[str, Iterable[str]] = {
        "kind": sorted({case.kind for case in cases}, reverse=True),
        "feature": dict.fromkeys(feature for case in cases for feature in case.features),
        "mode": modes,
    }
    return [
        Row(heading, name, [_cell(column, heading, name) for column in columns])
        for heading, names in groups.items()
        for name in names
    ]


def _belongs(heading: str, name: str, mode: str, case: RecordedCase) -> bool:
    """Whether what a case gave in a mode counts in a row; modes count in their own only."""
    if heading == "mode":
        return mode == name
    return not mode and (case.kind == name if heading == "kind" else name in case.features)


def _cell(column: Column, heading: str, name: str) -> Cell:
    if column.recording is None:
        return Cell()
    cases = column.recording.cases
    verdicts = [
        run.verdict
        for run in column.recording.runs.values()
        if _belongs(heading, name, run.mode, cases[run.case])
    ]
    if not verdicts:
        return Cell()
    ran = [verdict for verdict in verdicts if verdict != "unsupported"]
    verdict = max(ran, key=VERDICTS.index, default="unsupported")
    changed = [
        run
        for run in (column.drift.runs if column.drift else ())
        if _belongs(heading, name, run.mode, cases[run.case])
    ]
    change = max((run.verdict for run in changed), key=ORDER.index, default="")
    return Cell(verdict, change, max((run.ulp for run in changed), default=0))


def in_words(run: RunDrift) -> str:
    """What changed about a run, in a line."""
    name = f"{run.mode} " if run.mode else ""
    if run.said:
        return f"{name}{run.case}: {run.said}"
    tensors = [(n, t) for n, t in (run.tensors or {}).items() if t.verdict == run.verdict]
    worst, found = max(tensors, key=lambda item: item[1].ulp)
    what = found.said or f"{found.ulp:,} units in the last place ({found.error:.1e})"
    more = f" and {len(tensors) - 1} more" if len(tensors) > 1 else ""
    return f"{name}{run.case}: {run.verdict}, {worst} by {what}{more}"


def groups(found: Drift) -> list[tuple[str, list[RunDrift]]]:
    """Every run that changed: in words what changed, and the runs of which that is true.

    What differs is told run by run; what drifted, by mode and kind; the rest, by mode and words.
    """
    together: dict[tuple[str, ...], list[RunDrift]] = {}
    for run in found.changes():
        key = (run.verdict, run.mode, run.said or run.kind)
        together.setdefault((*key, run.case) if run.fails else key, []).append(run)
    return [(_of_all(runs), runs) for runs in together.values()]


def _of_all(runs: list[RunDrift]) -> str:
    worst = max(runs, key=lambda run: run.ulp)
    many = f"{len(runs)} run{'s' * (len(runs) > 1)}"
    mode = worst.mode or "called"
    if worst.said:
        return f"{mode}, {many}: {worst.said}"
    if worst.fails:
        return in_words(worst)
    return f"{mode}, {worst.kind}, {many}, at most: {in_words(worst)}"


def summary(found: Drift) -> str:
    """How many runs are the same to the last bit, and how many are not."""
    count = {verdict: sum(run.verdict == verdict for run in found.runs) for verdict in ORDER}
    words = [f"{n} {verdict}" for verdict, n in count.items() if n]
    for many, where in ((len(found.only_before), "before"), (len(found.only_after), "after")):
        words += [f"{many} only {where}"] * bool(many)
    return ", ".join(words)


def table(columns: Sequence[Column]) -> Table:
    """For the terminal."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("")
    for column in columns:
        shown.add_column(column.name)
    heading = ""
    for row in rows(columns):
        if row.heading != heading:
            heading = row.heading
            shown.add_row(Text(heading, style="bold"))
        cells = [Text(str(cell), style=STYLES.get(cell.verdict, "")) for cell in row.cells]
        for text, cell in zip(cells, row.cells, strict=True):
            if cell.change == DIFFERS:
                text.stylize("bold red")
        shown.add_row(Text(f"  {row.name}"), *cells)
    return shown


def markdown(columns: Sequence[Column]) -> str:
    """As a table of GitHub's, and every change below it."""
    names = [column.name for column in columns]
    lines = [f"| | {' | '.join(names)} |", f"|---{'|---' * len(names)}|"]
    heading = ""
    for row in rows(columns):
        if row.heading != heading:
            heading = row.heading
            lines.append(f"| **{heading}** |{' |' * len(names)}")
        lines.append(f"| {row.name} | {' | '.join(map(str, row.cells))} |")
    lines += ["", LEGEND, ""]
    for column, (said, changed) in zip(columns, _told(columns), strict=True):
        lines += [f"## {column.name}", "", said, ""]
        for text, runs in changed:
            lines.append(f"- {text}")
            if len(runs) > 1:
                cases = ", ".join(run.case for run in runs)
                lines.append(f"  <details><summary>all {len(runs)}</summary>{cases}</details>")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _told(columns: Iterable[Column]) -> list[tuple[str, list[tuple[str, list[RunDrift]]]]]:
    """Of each recording, a line about all of it, and what changed since the one before it."""
    found: list[tuple[str, list[tuple[str, list[RunDrift]]]]] = []
    for column in columns:
        if column.recording is None:
            found.append((f"Skipped: {column.skipped}", []))
        elif column.drift is None:
            found.append((f"{len(column.recording.runs)} runs.", []))
        else:
            before = column.drift.before["environment"]["torch"]
            said = f"Since torch {before}: {summary(column.drift)}."
            found.append((said, groups(column.drift)))
    return found


STYLE_SHEET = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; }
table { border-collapse: collapse; }
th, td { padding: .2em .7em; text-align: left; border-bottom: 1px solid #e4e4e4; }
thead th { position: sticky; top: 0; background: #fff; }
.group th { padding-top: 1.2em; text-transform: uppercase; font-size: 85%; color: #777; }
.identical { background: #d3f0d3; } .within { background: #edf7df; }
.unsupported { background: #fff3c4; }
.differs, .error { background: #f6c1bb; font-weight: bold; }
td.now-differs { outline: 2px solid #b3261e; outline-offset: -2px; font-weight: bold; }
li.now-differs { color: #b3261e; }
td.now-drift, td.now-changed { font-weight: bold; }
details { color: #777; font-size: 90%; }
"""


def page(columns: Sequence[Column]) -> str:
    """As a page on its own."""
    e = html.escape
    head = "".join(f"<th title='{e(_about(c), True)}'>{e(c.name)}</th>" for c in columns)
    body, heading = [], ""
    for row in rows(columns):
        if row.heading != heading:
            heading = row.heading
            span = len(columns) + 1
            body.append(f"<tr class='group'><th colspan='{span}'>{e(heading)}</th></tr>")
        cells = "".join(
            f"<td class='{cell.verdict} now-{cell.change}'>{e(str(cell))}</td>"
            for cell in row.cells
        )
        body.append(f"<tr><td>{e(row.name)}</td>{cells}</tr>")
    told = []
    for column, (said, changed) in zip(columns, _told(columns), strict=True):
        items = "".join(
            f"<li class='now-{runs[0].verdict}'>{e(text)}"
            f"<details><summary>all {len(runs)}</summary>"
            f"{'<br>'.join(e(in_words(run)) for run in runs)}</details></li>"
            for text, runs in changed
        )
        told.append(f"<h2>{e(column.name)}</h2><p>{e(said)}</p><ul>{items}</ul>")
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<title>rnn-manual: recordings compared</title>"
        f"<style>{STYLE_SHEET}</style><h1>Recordings compared</h1><p>{e(LEGEND)}</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"{''.join(told)}</html>\n"
    )


def _about(column: Column) -> str:
    if column.recording is None:
        return column.skipped
    about = column.recording.about
    return ", ".join(f"{name} {value}" for name, value in about["environment"].items())


def as_json(columns: Sequence[Column]) -> dict[str, Any]:
    """Every change of every run, for programs."""
    return {
        "recordings": [
            {"name": c.name, "skipped": c.skipped}
            if c.recording is None
            else {"name": c.name, "about": c.recording.about}
            for c in columns
        ],
        "changes": [
            {
                "to": column.name,
                "verdict": column.drift.verdict,
                "only_before": column.drift.only_before,
                "only_after": column.drift.only_after,
                "runs": [_run_json(run) for run in column.drift.runs],
            }
            for column in columns
            if column.drift
        ],
    }


def _run_json(run: RunDrift) -> dict[str, Any]:
    found: dict[str, Any] = {"case": run.case, "mode": run.mode, "verdict": run.verdict}
    if run.said:
        found["said"] = run.said
    found["tensors"] = {
        name: {"verdict": t.verdict, "ulp": t.ulp, "error": t.error if t.error < 1e308 else None}
        | ({"said": t.said} if t.said else {})
        for name, t in (run.tensors or {}).items()
    }
    return found
