"""Recordings compared, as a table of GitHub's Markdown, and what changed below it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from rnn_manual.recordings.compared.columns import LEGEND, Column, lines, rows, sentence
from rnn_manual.recordings.compared.drift import DRIFT, RunDrift
from rnn_manual.recordings.compared.words import groups, in_words


def markdown(columns: Sequence[Column]) -> str:
    """As a table of GitHub's, and what changed below it; of drift, the furthest."""
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
            if folded := every(group.runs):
                written.append(f"  {folded}")
        written.append("")
    return "\n".join(written).rstrip() + "\n"


def every(runs: list[RunDrift]) -> str:
    """Each run of a group, folded away in HTML.

    Of one run the group's line says all, and of drift, which is no fault, all that matters.
    """
    if len(runs) == 1 or runs[0].verdict == DRIFT:
        return ""
    words = "<br>".join(html.escape(in_words(run)) for run in runs)
    return f"<details><summary>all {len(runs)}</summary>{words}</details>"


def _plain(text: str) -> str:
    """Text in one line, in which nothing is Markdown or HTML."""
    return re.sub(r"([\\`*_|<&\[])", r"\\\1", " ".join(text.split()))
