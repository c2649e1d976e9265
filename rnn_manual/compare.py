"""`rnn-manual compare`: recordings, each held against the one before it."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from rnn_manual.files import check_writable, write
from rnn_manual.parity.drift import DIFFERS, Drift, drift
from rnn_manual.parity.drift_view import (
    LEGEND,
    Column,
    as_json,
    groups,
    markdown,
    page,
    summary,
    table,
)
from rnn_manual.parity.recording import SKIPPED, Recording, load

SHOWN = 20


def compare(
    folders: list[str],
    html_path: str | None = None,
    json_path: str | None = None,
    markdown_path: str | None = None,
) -> int:
    """Shows what changed from each recording to the next, and writes the reports asked for.

    Returns: 1 if something differs by more than rounding explains, otherwise 0.
    """
    for path in (html_path, json_path, markdown_path):
        if path is not None:
            check_writable(path)
    columns = side_by_side([Path(folder) for folder in folders])
    console = Console(highlight=False)
    console.print(table(columns))
    console.print()
    console.print(LEGEND, style="dim", markup=False)
    for column in columns:
        if column.skipped:
            console.print(f"{column.name} skipped: {column.skipped}", style="yellow", markup=False)
        if column.drift:
            _show(console, column.name, column.drift)
    if html_path:
        write(Path(html_path), page(columns))
    if json_path:
        write(Path(json_path), json.dumps(as_json(columns), indent=1, allow_nan=False) + "\n")
    if markdown_path:
        write(Path(markdown_path), markdown(columns))
    return int(any(column.drift and column.drift.verdict == DIFFERS for column in columns))


def side_by_side(folders: list[Path]) -> list[Column]:
    """A column for each recording, compared with the nearest before it that was made.

    Raises: Unreadable: one cannot be read, or no two can be compared.
    """
    columns: list[Column] = []
    before: Recording | None = None
    for folder in folders:
        if (folder / SKIPPED).is_file():
            reason = " ".join((folder / SKIPPED).read_text(encoding="utf-8").split())
            columns.append(Column(folder.name, skipped=reason))
            continue
        recording = load(folder)
        found = drift(before, recording) if before else None
        name = f"torch {recording.about['environment']['torch']}"
        if name in [column.name for column in columns]:
            name = f"{name} ({folder.name})"
        columns.append(Column(name, recording, found))
        before = recording
    return columns


def _show(console: Console, name: str, found: Drift) -> None:
    console.print(f"\n{name}: {summary(found)}", style="bold", markup=False)
    told = groups(found)
    for line, runs in told[:SHOWN]:
        style = "red" if runs[0].fails else ""
        console.print(f"  {line}", style=style, markup=False, soft_wrap=True)
    if len(told) > SHOWN:
        console.print(f"  … and {len(told) - SHOWN} more: all are in --json, --html, --markdown")
