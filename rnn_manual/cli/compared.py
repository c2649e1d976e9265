"""Recordings compared, in the terminal: the table, and what changed most."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnn_manual.cli.console import STYLE
from rnn_manual.recordings.compared.columns import LEGEND, Column, lines, rows
from rnn_manual.recordings.compared.drift import ANOTHER, DIFFERS
from rnn_manual.recordings.compared.words import groups

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
            worst = group.runs[0]
            style = "red" if worst.fails else "yellow" if worst.formula == ANOTHER else ""
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
