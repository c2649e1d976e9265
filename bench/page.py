"""The tables as text, and the page: the words of words.md, the tables in their places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.case import KINDS
from rnn_manual.judge.report.environment import in_words

WORDS = Path(__file__).with_name("words.md")
NOT_MEASURED = "Not measured yet: `make bench` and `make bench ARGS=suite` do."
Row = dict[str, Any]


def page(found: dict[str, Any]) -> str:
    """words.md, `<!-- table: NAME -->` replaced by the tables whose title begins with NAME."""
    by_title = all_tables(found["rows"])

    def there(match: re.Match[str]) -> str:
        titles = [title for title in by_title if title.startswith(match[1])]
        return "\n\n".join(f"{_head(title)}{by_title[title]}" for title in titles) or NOT_MEASURED

    text = WORDS.read_text(encoding="utf-8").replace("ENVIRONMENT", in_words(found["environment"]))
    return re.sub(r"<!-- table: (.*?) -->", there, text)


def _head(title: str) -> str:
    """The size and variation, above a table of layers."""
    _, _, words = title.partition(" ")
    return f"**{words}**\n\n" if words.startswith("(") else ""


def tables(rows: list[Row], parts: Iterable[str]) -> str:
    """The tables of some parts, each under its title."""
    asked = [row for row in rows if row["part"] in parts]
    return "\n\n".join(f"{title}\n\n{table}" for title, table in all_tables(asked).items())


def all_tables(rows: list[Row]) -> dict[str, str]:
    """Title → table: for every size and variation, the subjects by kind and way."""
    by_title: dict[str, list[Row]] = {}
    for row in rows:
        by_title.setdefault(_title(row), []).append(row)
    return {
        title: _of_suite(of_it) if of_it[0]["part"] == "suite" else _of_ratios(of_it)
        for title, of_it in by_title.items()
    }


def _title(row: Row) -> str:
    if row["part"] == "suite":
        return f"suite {row['table']}"
    words = [row["part"], str(tuple(row["size"])), row.get("variation", "")]
    return " ".join(word for word in words if word)


def _of_ratios(rows: list[Row]) -> str:
    cells = {(row["subject"], row["kind"], row["way"]): _cell(row) for row in rows}
    columns = [(kind, way) for kind in KINDS for way in ("forward", "train")]
    columns = [column for column in columns if any(key[1:] == column for key in cells)]
    subjects = dict.fromkeys(row["subject"] for row in rows)
    lines = [["", *(" ".join(column) for column in columns)]]
    lines += [
        [subject, *(cells.get((subject, *column), "") for column in columns)]
        for subject in subjects
        if any(cells.get((subject, *column)) for column in columns)
    ]
    return _markdown(lines)


def _cell(row: Row) -> str:
    """1.05 (1.03 to 1.08); of the first subject its time, which the others are divided by."""
    if "reason" in row:
        return "not installed" if row["reason"] == "not installed" else ""
    if row["low"] == row["high"] == 1:
        return f"1 ({_time(row['seconds'])})"
    return f"{row['median']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _of_suite(rows: list[Row]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row["values"]))
    lines = [["", *columns]]
    lines += [[row["what"], *(row["values"].get(column, "") for column in columns)] for row in rows]
    return _markdown(lines)


def _markdown(lines: list[list[str]]) -> str:
    head, *body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])
