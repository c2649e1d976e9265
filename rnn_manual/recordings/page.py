"""Recordings compared, as a page on its own."""

from __future__ import annotations

import html
from collections.abc import Sequence

from rnn_manual.recordings.columns import (
    LEGEND,
    Column,
    groups,
    in_words,
    lines,
    rows,
    sentence,
)
from rnn_manual.recordings.drift import RunDrift

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
            f"<li class='now-{group.runs[0].verdict}'>{e(group.line)}{every(group.runs)}</li>"
            for group in (groups(column.drift) if column.drift else ())
        )
        said = "".join(f"<p>{e(sentence(line))}</p>" for line in lines(column))
        told.append(f"<h2>{e(column.name)}</h2>{said}<ul>{items}</ul>")
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<title>rnn-manual: recordings compared</title>"
        f"<style>{STYLE_SHEET}</style><h1>Recordings compared</h1><p>{e(LEGEND)}</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"{''.join(told)}</html>\n"
    )


def every(runs: list[RunDrift]) -> str:
    """Each run of a group, folded away; of one run the group's line says all."""
    if len(runs) == 1:
        return ""
    words = "<br>".join(html.escape(in_words(run)) for run in runs)
    return f"<details><summary>all {len(runs)}</summary>{words}</details>"


def _about(column: Column) -> str:
    if column.recording is None:
        return column.skipped
    return ", ".join(f"{name} {value}" for name, value in column.recording.environment.items())
