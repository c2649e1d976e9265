"""Recordings compared, as a table of GitHub's Markdown, and every change below it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from rnn_manual.recordings.columns import LEGEND, Column, groups, in_words, lines, rows, sentence
from rnn_manual.recordings.drift import RunDrift


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
            written += [_plain(sentence(line)), ""]
        for group in groups(column.drift) if column.drift else ():
            written.append(f"- {_plain(group.line)}")
            if len(group.runs) > 1:
                written.append(f"  {every(group.runs)}")
        written.append("")
    return "\n".join(written).rstrip() + "\n"


def every(runs: list[RunDrift]) -> str:
    """Each run of a group, folded away in HTML; of one run the group's line says all."""
    if len(runs) == 1:
        return ""
    words = "<br>".join(html.escape(in_words(run)) for run in runs)
    return f"<details><summary>all {len(runs)}</summary>{words}</details>"


def _plain(text: str) -> str:
    """Text in one line, in which nothing is Markdown or HTML."""
    return re.sub(r"([\\`*_|<&\[])", r"\\\1", " ".join(text.split()))
