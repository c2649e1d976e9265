"""Recordings side by side: the rows of a table, and what is said of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnn_manual.recordings.compared.drift import (
    ANOTHER,
    CHANGED,
    DIFFERS,
    DRIFT,
    IDENTICAL,
    ORDER,
    SAME,
    UNKNOWN,
    Drift,
)
from rnn_manual.recordings.compared.words import summary
from rnn_manual.recordings.recording import VERDICTS, RecordedCase, Recording

FORMULAS = {SAME: "≡", ANOTHER: "≢"}
SIGNS = {IDENTICAL: "=", DRIFT: "~", CHANGED: "±", DIFFERS: "≠"}
LEGEND = (
    "A cell says how a recording's runs agree with the loops, and what changed since the one "
    "before it: = every bit is the same; ~ as far apart as two correct results may be, at most so "
    "many units in the last place; ± something newly runs, no longer runs, or says something else; "
    "≠ further apart than rounding explains, or gone wrong. Of the formulas, apart from the bits: "
    "≡ all that are known in both are the same; ≢ one is another."
)
# Of what a recording says about itself, what its numbers may depend on beside the torch.
ALSO = ("candidate", "device", "level", "threads", "machine", "cpu_capability", "numpy")
NAMED = 10  # of the runs that only one of two recordings has


@dataclass(frozen=True)
class Column:
    """One recording and what changed since the one before it; or why there is none."""

    name: str
    recording: Recording | None = None
    drift: Drift | None = None
    skipped: str = ""


@dataclass(frozen=True)
class Cell:
    """verdict: the worst of its runs'; change: the worst since the column before it.

    formula: whether the runs' formulas are the same, as far as they are known in both.
    """

    verdict: str = ""
    change: str = ""
    ulp: int = 0
    formula: str = UNKNOWN

    def __str__(self) -> str:
        sign = SIGNS.get(self.change, "")
        if self.ulp and self.change == CHANGED:  # some changed, and others drifted
            sign += f" {SIGNS[DRIFT]}"
        many = f" {self.ulp:,}" if self.ulp and self.change in (DRIFT, CHANGED) else ""
        parts = (self.verdict, f"{sign}{many}", FORMULAS.get(self.formula, ""))
        return " ".join(filter(None, parts))


@dataclass
class Row:
    """heading: which group of rows it is in."""

    heading: str
    name: str
    cells: list[Cell] = field(default_factory=list)


def rows(columns: Sequence[Column]) -> list[Row]:
    """Every kind, feature and mode that some recording ran, with a cell for each column."""
    made = [column.recording for column in columns if column.recording]
    cases = [case for recording in made for case in recording.cases.values()]
    modes = dict.fromkeys(mode for recording in made for mode, _ in recording.runs if mode)
    headings: dict[str, Iterable[str]] = {
        "kind": sorted({case.kind for case in cases}, reverse=True),
        "feature": dict.fromkeys(feature for case in cases for feature in case.features),
        "mode": modes,
    }
    found = [
        Row(heading, name, [_cell(column, heading, name) for column in columns])
        for heading, names in headings.items()
        for name in names
    ]
    return [row for row in found if any(cell.verdict for cell in row.cells)]


def belongs(heading: str, name: str, mode: str, case: RecordedCase) -> bool:
    """Whether what a case gave in a mode counts in a row; modes count in their own only."""
    if heading == "mode":
        return mode == name
    return not mode and (case.kind == name if heading == "kind" else name in case.features)


def _cell(column: Column, heading: str, name: str) -> Cell:
    if column.recording is None:
        return Cell()
    cases = column.recording.cases
    verdicts = [
        run.verdict
        for run in column.recording.runs.values()
        if belongs(heading, name, run.mode, cases[run.case])
    ]
    if not verdicts:
        return Cell()
    ran = [verdict for verdict in verdicts if verdict != "unsupported"]
    verdict = max(ran, key=VERDICTS.index, default="unsupported")
    changed = [
        run
        for run in (column.drift.runs if column.drift else ())
        if belongs(heading, name, run.mode, cases[run.case])
    ]
    change = max((run.verdict for run in changed), key=ORDER.index, default="")
    formulas = {run.formula for run in changed}
    formula = next((word for word in (ANOTHER, SAME) if word in formulas), UNKNOWN)
    return Cell(verdict, change, max((run.ulp for run in changed), default=0), formula)


def also_different(found: Drift) -> dict[str, tuple[Any, Any]]:
    """What else the numbers may depend on, where it is not what it was: before and after."""
    before, after = ({**about, **about["environment"]} for about in (found.before, found.after))
    return {
        name: (before.get(name), after.get(name))
        for name in ALSO
        if before.get(name) != after.get(name)
    }


def title(about: dict[str, Any], with_candidate: bool) -> str:
    """What a recording is called: by its torch, and by its candidate where others have others."""
    name = f"torch {about['environment']['torch']}"
    return f"{about.get('candidate')}, {name}" if with_candidate else name


def lines(column: Column) -> list[str]:
    """All of a recording, in lines: what is in it, and how it compares with the one before."""
    if column.recording is None:
        return [f"skipped: {column.skipped}"]
    number = len(column.recording.runs)
    found = [f"{number} run{'s' * (number != 1)}"]
    if column.drift:
        before, after = column.drift.before, column.drift.after
        other = before.get("candidate") != after.get("candidate")
        found = [f"since {title(before, with_candidate=other)}: {summary(column.drift)}"]
        others = also_different(column.drift).items()
        if others:
            words = (f"{name} {before} → {after}" for name, (before, after) in others)
            found.append(f"also different: {', '.join(words)}")
        found += _formulas_known(column.drift)
        found += _only("before", column.drift.only_before)
        found += _only("after", column.drift.only_after)
    large = len(column.recording.about.get("left_out", ()))
    if large:
        are = "cases are" if large > 1 else "case is"
        found.append(f"{large} large {are} not in it")
    return found


def _formulas_known(found: Drift) -> list[str]:
    """How many runs' formulas are known now that were not, or are no longer."""
    count = Counter(run.formulas for run in found.runs if run.formula == UNKNOWN)
    moved = [
        f"{many} {after}, {before} before"
        for (before, after), many in sorted(count.items())
        if before and after and before != after
    ]
    return [f"formulas: {'; '.join(moved)}"] if moved else []


def _only(where: str, keys: list[tuple[str, str]]) -> list[str]:
    names = [f"{mode} {case}".strip() for mode, case in keys]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"only {where}: {', '.join(names[:NAMED])}{more}"] if names else []


def sentence(line: str) -> str:
    """A line as a sentence."""
    return f"{line[0].upper()}{line[1:]}."
