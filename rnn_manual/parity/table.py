"""The closing table: kind × feature against forward, h_n/c_n and gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from rnn_manual.parity.cases import CHAOTIC, FEATURES
from rnn_manual.parity.compare import BITS

COLUMNS: dict[str, Callable[[str], bool]] = {
    "forward": lambda name: name == "out",
    "h_n / c_n": lambda name: name in ("h_n", "c_n"),
    "gradients": lambda name: name.startswith("grad "),
}
STYLE = {
    "identical": "bold green",
    "within": "green",
    "unsupported": "yellow",
    "differs": "bold red",
    "error": "bold red",
}
ORDER = list(STYLE)


def totals(cases: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many cases came to each verdict; every verdict is named."""
    count = Counter(case["verdict"] for case in cases)
    return {verdict: count[verdict] for verdict in STYLE}


def verdict_table(cases: list[dict[str, Any]]) -> Table:
    """Rows are kind × feature; a cell is the worst verdict and the worst error in it."""
    table = _empty_table()
    for kind, feature, chosen in _rows(cases):
        name = Text(kind if not feature else f"  {feature}", style="" if feature else "bold")
        table.add_row(name, *_cells(chosen))
    return table


def modes_table(cases: list[dict[str, Any]]) -> Table | None:
    """Rows are modes; None if none was run."""
    by_mode: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        if _is_mode(case):
            by_mode.setdefault(case["mode"], []).append(case)
    table = _empty_table("unsupported")
    for mode, chosen in by_mode.items():
        count, *cells = _cells(chosen)
        declined = sum(case["verdict"] == "unsupported" for case in chosen)
        table.add_row(Text(mode), count, Text(str(declined or "-"), "yellow"), *cells)
    return table if by_mode else None


def declined_modes(cases: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """What torch declined: in which modes, in its words, and how often."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        if _is_mode(case) and case["verdict"] == "unsupported":
            found.setdefault(case["message"], Counter())[case["mode"]] += 1
    return [(_named(list(modes)), message, modes.total()) for message, modes in found.items()]


def _named(modes: list[str]) -> str:
    return ", ".join(modes) if len(modes) < 5 else f"{len(modes)} modes"


def _is_mode(case: dict[str, Any]) -> bool:
    return case["mode"] not in ("", BITS)


def _empty_table(*more: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for column in ("cases", *more):
        table.add_column(column, justify="right")
    for column in COLUMNS:
        table.add_column(column)
    return table


def _rows(cases: list[dict[str, Any]]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    for kind in sorted({case["kind"] for case in cases}, reverse=True):
        ours = [case for case in cases if case["kind"] == kind and not _is_mode(case)]
        apart: dict[str, list[dict[str, Any]]] = {}
        usual: list[dict[str, Any]] = []
        for case in ours:
            name = case["mode"] or (CHAOTIC if CHAOTIC in case["features"] else "")
            (apart.setdefault(name, []) if name else usual).append(case)
        if ours:
            yield kind, "", usual
        for feature in FEATURES:
            chosen = [case for case in usual if feature in case["features"]]
            if chosen:
                yield kind, feature, chosen
        yield from ((kind, name, chosen) for name, chosen in apart.items())


def _cells(cases: list[dict[str, Any]]) -> list[str | Text]:
    return [str(len(cases)), *(_cell(cases, belongs) for belongs in COLUMNS.values())]


def _cell(cases: list[dict[str, Any]], belongs: Callable[[str], bool]) -> Text:
    tensors = [t for case in cases for name, t in case["tensors"].items() if belongs(name)]
    raised = [case["verdict"] for case in cases if not case["tensors"]]
    verdicts = Counter([*(t["verdict"] for t in tensors), *raised])
    if not verdicts:
        return Text("-", style="dim")
    if set(verdicts) == {"unsupported"} and not raised:
        return Text("none", style="yellow")
    compared = [verdict for verdict in verdicts if verdict != "unsupported"]
    verdict = max(compared, key=ORDER.index, default="unsupported")
    text = verdict
    if verdict in ("within", "differs"):
        text += f" {_worst_error(tensors, verdict)}"
    return Text(text, style=STYLE[verdict])


def _worst_error(tensors: list[dict[str, Any]], verdict: str) -> str:
    ours = [t for t in tensors if t["verdict"] == verdict]
    if any(t["error"] is None or t.get("reason") for t in ours):
        return "by shape or NaN"
    return f"{max(t['error'] for t in ours):.1e}"


def closest(cases: list[dict[str, Any]]) -> str:
    """In words: how close what is `within` came to the limit, and where."""
    ranked = [
        (t["error"] / t["allowed"], name, case["id"])
        for case in cases
        for name, t in case["tensors"].items()
        if t["verdict"] == "within" and t["allowed"]
    ]
    if not ranked:
        return ""
    ratio, name, id = max(ranked)
    return f"{ratio:.2g} of what is allowed, {name} of {id}"


def gradients_compared(cases: list[dict[str, Any]]) -> bool:
    """Whether any gradient of any case was there to compare; true of no cases."""
    verdicts = [
        t["verdict"]
        for case in cases
        for name, t in case["tensors"].items()
        if COLUMNS["gradients"](name)
    ]
    return not verdicts or set(verdicts) != {"unsupported"}
