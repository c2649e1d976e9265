"""What a run came to, as a page on its own."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from rnn_manual.cli.verify.summary import VERDICTS, JsonCase, is_mode
from rnn_manual.cli.verify.tables import COLUMNS, cell, rows
from rnn_manual.judge.report.environment import in_words
from rnn_manual.pages.document import Cell, Line, Sheet
from rnn_manual.pages.verified import Classes, page


def as_page(report: dict[str, Any], said: str, legend: str) -> str:
    """The page of a JSON report.

    Args:
        said: the verdict in a sentence. legend: what the verdicts mean.
    """
    cases, legend = report["cases"], "; ".join(_sentences(legend))
    classes = Classes(cases)
    by_feature = [
        Line(feature or kind, _only(classes, kind, feature), _cells(chosen), bool(feature))
        for kind, feature, chosen in rows(cases)
    ]
    modes = dict.fromkeys(case["mode"] for case in cases if is_mode(case))
    by_mode = [
        Line(mode, classes.only(mode=mode), _cells([c for c in cases if c["mode"] == mode]))
        for mode in modes
    ]
    columns = ["cases", *COLUMNS]
    sheets = [Sheet(columns, lines) for lines in (by_feature, by_mode) if lines]
    built_on = in_words(report["environment"])
    return page(report, said, built_on, legend, sheets, classes, _of_case, [*COLUMNS])


def _sentences(legend: str) -> list[str]:
    """What the terminal shows as a table of two columns."""
    words = legend.replace("\n  ", " ").splitlines()
    return [": ".join(" ".join(line.split()).split(" ", 1)) for line in words]


def _only(classes: Classes, kind: str, feature: str) -> tuple[str, ...]:
    if not feature:
        return classes.only(kind=kind)
    return classes.only(kind=kind, feature=feature) or classes.only(kind=kind, mode=feature)


def _cells(chosen: list[JsonCase]) -> list[Cell]:
    return [Cell(str(len(chosen))), *_of_cases(chosen)]


def _of_case(case: JsonCase) -> list[Cell]:
    return _of_cases([case])


def _of_cases(chosen: list[JsonCase]) -> list[Cell]:
    return [_plain(cell(chosen, column)) for column in COLUMNS]


def _plain(text: Text) -> Cell:
    word = text.plain.partition(" ")[0].rstrip(",")
    return Cell(text.plain, word if word in VERDICTS else "")
