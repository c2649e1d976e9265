"""Recordings compared, as a page: versions by features, and behind each cell its runs."""

from __future__ import annotations

from collections.abc import Sequence

from rnn_manual.pages.document import choices, document, e
from rnn_manual.recordings.compared.columns import (
    LEGEND,
    SIGNS,
    Cell,
    Column,
    Row,
    belongs,
    lines,
    rows,
    sentence,
)
from rnn_manual.recordings.compared.drift import ORDER, RunDrift
from rnn_manual.recordings.compared.markdown import every
from rnn_manual.recordings.compared.words import change_in_words, groups
from rnn_manual.recordings.recording import RecordedCase

Key = tuple[str, str]  # mode and case


def page(columns: Sequence[Column]) -> str:
    """As a page on its own."""
    found = rows(columns)
    runs, seen = _runs(columns, found)
    boxes, rules = [], []
    for heading in dict.fromkeys(row.heading for row in found):
        options = {f"r{k}": row.name for k, row in enumerate(found) if row.heading == heading}
        box, its_rules = choices(heading, options)
        boxes.append(box)
        rules += its_rules
    names = {f"n-{change}": f"{SIGNS[change]} {change}" for change in ORDER if change in seen}
    box, its_rules = choices("change", names)
    places = "".join(
        f"<a class='spot r{k} c{n}' id='r{k}-c{n}'></a>"
        for k, row in enumerate(found)
        for n, cell in enumerate(row.cells)
        if cell.verdict
    )
    for k in range(len(found)):
        rules.append(f"body:has(.spot.r{k}:target) .listed:not(.r{k}){{display:none}}")
    for n in range(len(columns)):
        rules.append(f"body:has(.spot.c{n}:target) .listed td.c{n}{{outline:2px solid}}")
    body = [
        f"<h1>Recordings compared</h1><p class='faint'>{e(LEGEND)}</p>",
        _matrix(columns, found),
        *map(_told, columns),
        f"<main><div class='screen'>{places}<h2>Choose</h2>"
        f"<form>{''.join([*boxes, box])}</form><p class='faint'>A cell of the table shows its runs "
        "only; <a href='#'>all again</a>.</p></div>",
        f"<h2>Runs</h2>{runs}</main>",
    ]
    return document("rnn-manual: recordings compared", "\n".join(body), [*rules, *its_rules])


def _matrix(columns: Sequence[Column], found: Sequence[Row]) -> str:
    body, heading = [], ""
    for k, row in enumerate(found):
        if row.heading != heading:
            heading = row.heading
            span = len(columns) + 1
            body.append(f"<tr class='group'><th colspan='{span}'>{e(heading)}</th></tr>")
        cells = "".join(_cell(cell, f"<a href='#r{k}-c{n}'>") for n, cell in enumerate(row.cells))
        body.append(f"<tr><td class='below'>{e(row.name)}</td>{cells}</tr>")
    return _table("", columns, body)


def _table(first: str, columns: Sequence[Column], body: Sequence[str]) -> str:
    head = "".join(f"<th title='{e(_about(c), True)}'>{e(c.name)}</th>" for c in columns)
    return (
        f"<div class='wide'><table><thead><tr><th>{first}</th>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(cell: Cell, link: str) -> str:
    text = f"{link}{e(str(cell))}</a>" if cell.verdict else ""
    return f"<td class='cell {cell.verdict} now-{cell.change}'>{text}</td>"


def _runs(columns: Sequence[Column], found: Sequence[Row]) -> tuple[str, set[str]]:
    """Every run in a line, with what became of it; and which changes there are."""
    cases: dict[Key, RecordedCase] = {}
    for column in columns:
        if column.recording:
            cases |= {key: column.recording.cases[key[1]] for key in column.recording.runs}
    changed: list[dict[Key, RunDrift]] = [
        {(run.mode, run.case): run for run in column.drift.runs} if column.drift else {}
        for column in columns
    ]
    body, seen = [], set()
    for key, case in cases.items():
        mode, name = key
        classes = [f"r{k}" for k, r in enumerate(found) if belongs(r.heading, r.name, mode, case)]
        worst = max(
            (runs[key].verdict for runs in changed if key in runs), key=ORDER.index, default=""
        )
        classes += [f"n-{worst}"] * bool(worst)
        seen.add(worst)
        cells = "".join(
            _run(column, key, changed[n].get(key), n) for n, column in enumerate(columns)
        )
        label = f"{mode} {name}".strip()
        body.append(
            f"<tr class='listed counted {' '.join(classes)}'><td><code>{e(label)}</code></td>"
            f"{cells}</tr>"
        )
    count = "<p class='faint screen'>shown: <span class='count'></span></p>"
    return _table("run", columns, body) + count, seen


def _run(column: Column, key: Key, changed: RunDrift | None, n: int) -> str:
    run = column.recording.runs.get(key) if column.recording else None
    if run is None:
        return f"<td class='c{n}'></td>"
    change = changed.verdict if changed else ""
    said = change_in_words(changed) if changed else ""
    more = f"<br><small>{e(said)}</small>" if said else ""
    shown = e(f"{run.verdict} {SIGNS.get(change, '')}".strip())
    return f"<td class='cell c{n} {run.verdict} now-{change}'>{shown}{more}</td>"


def _told(column: Column) -> str:
    """What changed since the recording before, in words."""
    items = "".join(
        f"<li class='now-{group.runs[0].verdict}'>{e(group.line)}{every(group.runs)}</li>"
        for group in (groups(column.drift) if column.drift else ())
    )
    said = "".join(f"<p>{e(sentence(line))}</p>" for line in lines(column))
    return f"<h2>{e(column.name)}</h2>{said}<ul>{items}</ul>"


def _about(column: Column) -> str:
    if column.recording is None:
        return column.skipped
    return ", ".join(f"{name} {value}" for name, value in column.recording.environment.items())
