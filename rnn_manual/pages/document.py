"""What the pages are put together from: the document, tables, and spots that narrow a list."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rnn_manual.pages.style import STYLE_SHEET

e = html.escape


class Cell(NamedTuple):
    """A cell's text, and its class, which is a verdict if it has one."""

    text: str
    verdict: str = ""


class Line(NamedTuple):
    """A row of a table: its name, the classes that it stands for, and its cells.

    only: of what is listed below, that with all of these classes is behind the row.
    below: whether it is one of the rows that a row above sums up.
    """

    name: str
    only: tuple[str, ...]
    cells: Sequence[Cell]
    below: bool = False


class Sheet(NamedTuple):
    """A table: its columns but for the first, and its rows."""

    columns: Sequence[str]
    lines: Sequence[Line]


def document(title: str, body: str, rules: Iterable[str] = ()) -> str:
    """A page on its own."""
    return (
        "<!doctype html>\n<html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{e(title)}</title><style>{STYLE_SHEET}{''.join(rules)}</style>\n"
        f"<body>{body}</body></html>\n"
    )


def sheet(table: Sheet) -> str:
    """A table whose rows' names lead to what is behind them."""
    head = "".join(f"<th>{e(column)}</th>" for column in ("", *table.columns))
    rows = []
    for line in table.lines:
        name = e(line.name)
        if line.only:
            name = f"<a href='#{spot(line.only)}'>{name}</a>"
        cells = "".join(f"<td class='cell {c.verdict}'>{e(c.text)}</td>" for c in line.cells)
        style = " class='below'" * line.below
        rows.append(f"<tr><td{style}>{name}</td>{cells}</tr>")
    return (
        f"<div class='wide'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def spot(classes: Sequence[str]) -> str:
    """The place that a link leads to, to see only what has these classes."""
    return f"only-{'-'.join(classes)}"


def spots(each: Iterable[Sequence[str]]) -> str:
    """The places themselves, which stand where the list begins."""
    return "".join(f"<a class='spot' id='{spot(one)}'></a>" for one in dict.fromkeys(each))


def spot_rules(each: Iterable[Sequence[str]], listed: str = ".listed") -> list[str]:
    """While such a place is where the reader is, what has not its classes is not shown."""
    return [
        f"body:has(#{spot(one)}:target) {listed}:not(.{'.'.join(one)}){{display:none}}"
        for one in dict.fromkeys(each)
    ]


def choices(name: str, options: Mapping[str, str]) -> tuple[str, list[str]]:
    """A box to choose from, class → words, and the rules by which a choice narrows what is listed.

    No script has a part in this: a rule looks at what is chosen.
    """
    listed = "".join(f"<option value='{key}'>{e(words)}</option>" for key, words in options.items())
    box = f"<label>{e(name)} <select name='{e(name)}'><option value=''>all</option>{listed}"
    rules = [
        f"body:has(select[name='{name}'] option[value='{key}']:checked) .listed:not(.{key})"
        "{display:none}"
        for key in options
    ]
    return f"{box}</select></label>", rules
