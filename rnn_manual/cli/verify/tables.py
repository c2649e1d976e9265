"""The closing tables: kind × feature, and modes, against formulas and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from rnn_manual.cases.features import CHAOTIC, FEATURES
from rnn_manual.cli.console import STYLE
from rnn_manual.cli.verify.summary import VERDICTS, JsonCase, is_declined, is_mode
from rnn_manual.judge.missing import Missing, missing_in
from rnn_manual.proof.formula import OPEN, OTHER, PROVED

COLUMNS: dict[str, Callable[[str], bool]] = {
    "forward": lambda name: name == "out",
    "h_n / c_n": lambda name: name in ("h_n", "c_n"),
    "gradients": lambda name: name.startswith("grad"),
}


def verdict_table(cases: Sequence[JsonCase]) -> Table:
    """Rows are kind × feature; a cell is the worst verdict and the worst error in it.

    A feature that is declined in every case has no row: `not_compared` names it.
    """
    table = _empty_table()
    for kind, feature, chosen in rows(cases):
        if feature and all(map(is_declined, chosen)):
            continue
        name = Text(kind if not feature else f"  {feature}", style="" if feature else "bold")
        table.add_row(name, *_cells(chosen))
    return table


def formulas_table(cases: Sequence[JsonCase]) -> Table:
    """Rows are kind × feature; a cell is the worst verdict on a formula.

    Of formulas no case has to stand apart: the first row of a kind has all of them, in any mode.
    """
    cases = [case | {"mode": ""} for case in cases]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True, overflow="ignore")
    table.add_column("cases", justify="right")
    table.add_column("formula", overflow="fold")
    for kind, feature, chosen in rows(cases):
        name = Text(kind if not feature else f"  {feature}", style="" if feature else "bold")
        all_there_are = [case for case in cases if case["kind"] == kind]
        counted = chosen if feature else all_there_are
        table.add_row(name, str(len(counted)), formula_cell(counted))
    return table


def modes_table(cases: Sequence[JsonCase]) -> Table | None:
    """Rows are the modes in which something was compared; None if there is no such mode."""
    by_mode: dict[str, list[JsonCase]] = {}
    for case in cases:
        if is_mode(case):
            by_mode.setdefault(case["mode"], []).append(case)
    table = _empty_table("unsupported")
    for mode, chosen in by_mode.items():
        declined = sum(map(is_declined, chosen))
        if declined < len(chosen):
            count, *cells = _cells(chosen)
            table.add_row(Text(mode), count, Text(str(declined or "-"), "yellow"), *cells)
    return table if table.row_count else None


def _empty_table(*more: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True, overflow="ignore")  # names are never cut
    for column in ("cases", *more):
        table.add_column(column, justify="right")
    for column in ("formula", *COLUMNS):
        table.add_column(column, overflow="fold")
    return table


def rows(cases: Sequence[JsonCase]) -> Iterator[tuple[str, str, list[JsonCase]]]:
    """The rows: a kind, a feature of it ("" for all of it), and the cases that count there."""
    for kind in sorted({case["kind"] for case in cases}, reverse=True):
        ours = [case for case in cases if case["kind"] == kind and not is_mode(case)]
        apart: dict[str, list[JsonCase]] = {}
        others: list[JsonCase] = []
        for case in ours:
            name = case["mode"] or (CHAOTIC if CHAOTIC in case["features"] else "")
            (apart.setdefault(name, []) if name else others).append(case)
        if ours:
            yield kind, "", others
        for feature in FEATURES:
            chosen = [case for case in others if feature in case["features"]]
            if chosen:
                yield kind, feature, chosen
        yield from ((kind, name, chosen) for name, chosen in apart.items())


def _cells(cases: list[JsonCase]) -> list[str | Text]:
    numbers = [cell(cases, column) for column in COLUMNS]
    return [str(len(cases)), formula_cell(cases), *numbers]


def formula_cell(cases: list[JsonCase]) -> Text:
    """The worst verdict on a formula, and of how many if not of all."""
    found = Counter(case["formula"]["verdict"] for case in cases if case.get("formula"))
    if not found:
        return Text("-", style="dim")
    words = [
        verdict if count == found.total() else f"{count} {verdict}"
        for verdict in (OTHER, OPEN, PROVED)
        if (count := found[verdict])
    ]
    return Text(", ".join(words), "red" if found[OTHER] else "yellow" if found[OPEN] else "green")


def cell(cases: Sequence[JsonCase], column: str) -> Text:
    """The worst verdict of some cases in a column, and the worst error with that verdict."""
    belongs = COLUMNS[column]
    tensors = [t for case in cases for name, t in case["tensors"].items() if belongs(name)]
    raised = [case["verdict"] for case in cases if not case["tensors"]]
    verdicts = Counter([*(t["verdict"] for t in tensors), *raised])
    if not verdicts:
        return Text("-", style="dim")
    missing = ""
    if column == "gradients":
        pairs = [pair for case in cases for pair in missing_in(case["tensors"])]
        missing = Missing(pairs).in_short()
    compared = [verdict for verdict in verdicts if verdict != "unsupported"]
    if not compared and not raised:
        return Text(missing or "none", style="yellow")
    verdict = max(compared, key=VERDICTS.index, default="unsupported")
    words = [verdict]
    if verdict in ("within", "differs"):
        words.append(_worst_error([t for t in tensors if t["verdict"] == verdict]))
    text = Text(" ".join(words), style=STYLE[verdict])
    return text.append(f", {missing}", "yellow") if missing else text


def _worst_error(tensors: list[JsonCase]) -> str:
    if any(t["error"] is None or t.get("reason") for t in tensors):
        return "by shape or NaN"
    return f"{max(t['error'] for t in tensors):.1e}"
