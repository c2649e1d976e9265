"""A run of the suite as a page: the tables, what failed and where it begins, and every case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rnn_manual.pages.document import (
    Cell,
    Sheet,
    choices,
    document,
    e,
    sheet,
    spot_rules,
    spots,
)
from rnn_manual.pages.heat import maps

JsonCase = dict[str, Any]
Summary = Callable[[JsonCase], Sequence[Cell]]
AGAIN = "again"
FEATURES = {"kind": "k", "mode": "m", "verdict": "v"}  # what a filter is by, and its classes


class Classes:
    """Short names for what cases are told apart by: the kind "lstm" is k1, and so on."""

    def __init__(self, cases: Sequence[JsonCase]) -> None:
        self.known: dict[tuple[str, str], str] = {}
        for case in cases:
            for what, letter in FEATURES.items():
                self._add(what, case[what], letter)
            for feature in case["features"]:
                self._add("feature", feature, "f")

    def _add(self, what: str, value: str, letter: str) -> None:
        count = sum(name == what for name, _ in self.known)
        self.known.setdefault((what, value), f"{letter}{count}")

    def of(self, case: JsonCase) -> str:
        """All classes of a case."""
        found = [self.known[what, case[what]] for what in FEATURES]
        return " ".join([*found, *(self.known["feature", f] for f in case["features"])])

    def only(self, **named: str) -> tuple[str, ...]:
        """The classes of what is named; none if one of them is no case's."""
        pairs = list(named.items())
        return tuple(self.known[p] for p in pairs) if all(p in self.known for p in pairs) else ()

    def options(self, what: str) -> dict[str, str]:
        """Class → words, in the order of the words."""
        names = {
            key: value or "called" for (name, value), key in self.known.items() if name == what
        }
        return dict(sorted(names.items(), key=lambda item: item[1]))


def page(
    report: dict[str, Any],
    said: str,
    built_on: str,
    legend: str,
    sheets: Sequence[Sheet],
    classes: Classes,
    cells: Summary,
    columns: Sequence[str],
) -> str:
    """The page.

    Args:
        report: the JSON report. said: the verdict in a sentence. built_on: the environment.
        sheets: the closing tables. cells, columns: what stands of a case in the list of all.
    """
    cases = report["cases"]
    boxes, rules = [], []
    for what in ("kind", "feature", "mode", "verdict"):
        box, its_rules = choices(what, classes.options(what))
        boxes.append(box)
        rules += its_rules
    targets = [line.only for table in sheets for line in table.lines if line.only]
    failed = sorted((case for case in cases if case["report"]), key=_plainness)
    said, *apart = said.split("; ")
    counted = ", ".join(f"{n} {verdict}" for verdict, n in report["totals"].items() if n)
    style = " fails" * bool(failed or report["failures"])
    body = [
        f"<header><h1>{e(report['candidate'])}</h1><p class='said{style}'>{e(said)}</p>",
        *(f"<p>{e(what)}</p>" for what in apart),
        f"<p class='faint'>{e(built_on)}<br>{len(cases)} cases: {e(counted)}</p></header><main>",
        *(sheet(table) for table in sheets),
        f"<p class='faint'>{e(legend)}</p>",
        f"<div class='screen'>{spots(targets)}<h2>Choose</h2><form>{''.join(boxes)}</form>",
        "<p class='faint'>A name in a table above shows its cases only; "
        "<a href='#'>all again</a>.</p></div>",
        _failed(failed, classes),
        _tests(report["failures"], failed),
        _all(cases, classes, cells, columns),
        "</main>",
    ]
    return document(
        f"rnn-manual: {report['candidate']}", "\n".join(body), rules + spot_rules(targets)
    )


def _failed(failed: Sequence[JsonCase], classes: Classes) -> str:
    """Each failed case, the plainest open: its block, its maps, and the command for it."""
    if not failed:
        return ""
    blocks = []
    for k, case in enumerate(failed):
        lines = case["report"].splitlines()
        again = [line.removeprefix(AGAIN).strip() for line in lines if line.startswith(f"{AGAIN} ")]
        rest = "\n".join(line for line in lines if not line.startswith(f"{AGAIN} "))
        command = "".join(f"<p>again: <code>{e(line)}</code></p>" for line in again)
        blocks.append(
            f"<details class='listed {classes.of(case)}' id='{_id(case)}'{' open' * (k == 0)}>"
            f"<summary>{e(_name(case))} <span class='faint'>{e(_why(case))}</span></summary>"
            f"<pre>{e(rest)}</pre>{maps(case.get('heat') or ())}{command}</details>"
        )
    return f"<h2>Failed cases</h2>{''.join(blocks)}"


def _tests(failures: Sequence[dict[str, str]], failed: Sequence[JsonCase]) -> str:
    """The tests that failed and have no block above: laws that do not hold."""
    told = {case["report"] for case in failed}
    rest = [failure for failure in failures if failure["said"] not in told]
    if not rest:
        return ""
    items = "".join(
        f"<details><summary><code>{e(one['test'])}</code></summary><pre>{e(one['said'])}</pre>"
        "</details>"
        for one in rest
    )
    return f"<h2>Other tests that failed ({len(rest)})</h2>{items}"


def _all(
    cases: Sequence[JsonCase], classes: Classes, cells: Summary, columns: Sequence[str]
) -> str:
    """Every case in a line."""
    with_formula = any(case.get("formula") for case in cases)
    heads = ["case", "verdict", *["formula"] * with_formula, *columns]
    head = "".join(f"<th>{e(name)}</th>" for name in heads)
    rows = []
    for case in cases:
        name = e(_name(case))
        if case["report"]:
            name = f"<a href='#{_id(case)}'>{name}</a>"
        shown = [Cell(case["verdict"], case["verdict"])]
        if with_formula:
            shown.append(_formula(case.get("formula") or {}))
        shown += cells(case)
        said = "".join(f"<td class='cell {c.verdict}'>{e(c.text)}</td>" for c in shown)
        rows.append(
            f"<tr class='listed counted {classes.of(case)}'><td><code>{name}</code></td>{said}</tr>"
        )
    return (
        f"<h2>All cases</h2><div class='wide'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        "<p class='faint screen'>shown: <span class='count'></span></p>"
    )


def _formula(found: dict[str, Any]) -> Cell:
    """What became of a case's formulas, and of another one the quantity where it begins."""
    verdict = found.get("verdict", "")
    style = {"proved": "identical", "open": "unsupported", "other": "unsupported"}.get(verdict, "")
    if found.get("differs"):
        style = "differs"
    where = found.get("where") or {}
    return Cell(f"{verdict} {where.get('quantity') or ''}".strip(), style)


def _name(case: JsonCase) -> str:
    return f"{case['mode']} {case['id']}".strip()


def _plainness(case: JsonCase) -> tuple[int, int, str]:
    """The plainest first: it says most about the cause, and least about the case."""
    return len(case["features"]) + bool(case["mode"]), len(case["id"]), case["id"]


def _id(case: JsonCase) -> str:
    return "".join(c if c.isalnum() else "-" for c in f"case-{case['mode']}-{case['id']}")


def _why(case: JsonCase) -> str:
    """What is known of the cause, in a few words."""
    found = case["diagnosis"] or case["message"] or ""
    where = case["where"] or {}
    if not found and where.get("layer") is not None:
        found = f"first at layer {where['layer']}"
        found += f", {where['direction']}" if where["direction"] else ""
        found += f", step {where['step']}" if where["step"] is not None else ""
    return str(found)
