"""What changed from recording to recording: in the terminal, in Markdown, as a page and as JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnn_manual.recordings.drift import DIFFERS, RunDrift
from rnn_manual.recordings.columns import (
    LEGEND,
    Column,
    also_different,
    groups,
    in_words,
    lines,
    rows,
)
from rnn_manual.cli.table import STYLE

SHOWN = 20


def show(console: Console, columns: Sequence[Column]) -> None:
    """In the terminal: the table, and what changed most."""
    console.print(table(columns))
    console.print()
    console.print(LEGEND, style="dim", markup=False)
    for column in columns:
        said, *more = lines(column)
        style = "yellow" if column.skipped else "bold"
        console.print(f"\n{column.name}: {said}", style=style, markup=False, soft_wrap=True)
        for line in more:
            console.print(f"  {line}", markup=False, soft_wrap=True)
        told = groups(column.drift) if column.drift else []
        for group in told[:SHOWN]:
            style = "red" if group.runs[0].fails else ""
            console.print(f"  {group.line}", style=style, markup=False, soft_wrap=True)
        if len(told) > SHOWN:
            where = "all are in --json, --html, --markdown"
            console.print(f"  … and {len(told) - SHOWN} more: {where}")


def table(columns: Sequence[Column]) -> Table:
    """A row for each kind, feature and mode, a column for each recording."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("")
    for column in columns:
        shown.add_column(Text(column.name))
    heading = ""
    for row in rows(columns):
        if row.heading != heading:
            heading = row.heading
            shown.add_row(Text(heading, style="bold"))
        cells = [Text(str(cell), style=STYLE.get(cell.verdict, "")) for cell in row.cells]
        for text, cell in zip(cells, row.cells, strict=True):
            if cell.change == DIFFERS:
                text.stylize("bold red")
        shown.add_row(Text(f"  {row.name}"), *cells)
    return shown


def markdown(columns: Sequence[Column]) -> str:
    """As a table of GitHub's, and every change below it."""
    names = [_plain(column.name) for column in columns]
    written = [f"| | {' | '.join(names)} |", f"|---{'|---' * len(names)}|"]
    heading = ""
    for row in rows(columns):
        if row.heading != heading:
            heading = row.heading
            written.append(f"| **{heading}** |{' |' * len(names)}")
        cells = " | ".join(_plain(str(cell)) for cell in row.cells)
        written.append(f"| {_plain(row.name)} | {cells} |")
    written += ["", _plain(LEGEND), ""]
    for column, name in zip(columns, names, strict=True):
        written += [f"## {name}", ""]
        for line in lines(column):
            written += [_plain(_sentence(line)), ""]
        for group in groups(column.drift) if column.drift else ():
            written.append(f"- {_plain(group.line)}")
            if len(group.runs) > 1:
                written.append(f"  {_every(group.runs)}")
        written.append("")
    return "\n".join(written).rstrip() + "\n"


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def _plain(text: str) -> str:
    """Text in one line, in which nothing is Markdown or HTML."""
    return re.sub(r"([\\`*_|<&\[])", r"\\\1", " ".join(text.split()))


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
    for column in columns:
        items = "".join(
            f"<li class='now-{group.runs[0].verdict}'>{e(group.line)}{_every(group.runs)}</li>"
            for group in (groups(column.drift) if column.drift else ())
        )
        said = "".join(f"<p>{e(_sentence(line))}</p>" for line in lines(column))
        told.append(f"<h2>{e(column.name)}</h2>{said}<ul>{items}</ul>")
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<title>rnn-manual: recordings compared</title>"
        f"<style>{STYLE_SHEET}</style><h1>Recordings compared</h1><p>{e(LEGEND)}</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"{''.join(told)}</html>\n"
    )


def _every(runs: list[RunDrift]) -> str:
    """Each run of a group, folded away; of one run the group's line says all."""
    if len(runs) == 1:
        return ""
    words = "<br>".join(html.escape(in_words(run)) for run in runs)
    return f"<details><summary>all {len(runs)}</summary>{words}</details>"


def _about(column: Column) -> str:
    if column.recording is None:
        return column.skipped
    return ", ".join(f"{name} {value}" for name, value in column.recording.environment.items())


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
                "also_different": also_different(column.drift),
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
