"""Recordings side by side, as people want them: the rows of a table, and what changed in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnn_manual.recordings.drift import (
    CHANGED,
    DIFFERS,
    DRIFT,
    IDENTICAL,
    ORDER,
    Drift,
    RunDrift,
    TensorDrift,
)
from rnn_manual.recordings.recording import VERDICTS, RecordedCase, Recording

SIGNS = {IDENTICAL: "=", DRIFT: "~", CHANGED: "±", DIFFERS: "≠"}
LEGEND = (
    "A cell says how a recording's runs agree with the loops, and what changed since the one "
    "before it: = every bit is the same; ~ as far apart as two correct results may be, at most so "
    "many units in the last place; ± something newly runs, no longer runs, or says something else; "
    "≠ further apart than rounding explains, or gone wrong."
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
    """verdict: the worst of its runs'; change: the worst since the column before it."""

    verdict: str = ""
    change: str = ""
    ulp: int = 0

    def __str__(self) -> str:
        sign = SIGNS.get(self.change, "")
        if self.ulp and self.change == CHANGED:  # some changed, and others drifted
            sign += f" {SIGNS[DRIFT]}"
        many = f" {self.ulp:,}" if self.ulp and self.change in (DRIFT, CHANGED) else ""
        return f"{self.verdict} {sign}{many}".strip()


@dataclass
class Row:
    """heading: which group of rows it is in."""

    heading: str
    name: str
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Group:
    """What changed, in a line, and the runs of which that is true."""

    line: str
    runs: list[RunDrift]


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
    return Cell(verdict, change, max((run.ulp for run in changed), default=0))


def in_words(run: RunDrift) -> str:
    """What changed about a run, in a line: of each verdict, the worst tensor."""
    name = f"{run.mode} {run.case}" if run.mode else run.case
    return f"{name}: {change_in_words(run) or IDENTICAL}"


def change_in_words(run: RunDrift) -> str:
    """The same without the run's name; empty if nothing changed."""
    found = [_worst(run, verdict) for verdict in (DIFFERS, CHANGED, DRIFT)]
    return run.said or "; ".join(filter(None, found))


def _worst(run: RunDrift, verdict: str) -> str:
    """The worst tensor of a verdict, and how many more there are of it; empty if none is."""
    tensors = [(name, t) for name, t in (run.tensors or {}).items() if t.verdict == verdict]
    if not tensors:
        return ""
    name, found = max(tensors, key=lambda item: item[1].ulp)
    what = found.said or f"by {_far(found)}"
    alike = [other for other, t in tensors if found.said and t.said == found.said] or [name]
    more = f" and {len(tensors) - len(alike)} more" if len(tensors) > len(alike) else ""
    return f"{verdict}, {', '.join(alike)} {what}{more}"


def _far(tensor: TensorDrift) -> str:
    return f"{tensor.ulp:,} unit{'s' * (tensor.ulp != 1)} in the last place ({tensor.error:.1e})"


def groups(found: Drift) -> list[Group]:
    """Every run that changed.

    What differs is told run by run; what drifted, by mode and kind; the rest, by mode and words.
    """
    together: dict[tuple[str, ...], list[RunDrift]] = {}
    for run in found.changes():
        alike = {DIFFERS: run.case, DRIFT: run.kind, CHANGED: run.said or _worst(run, CHANGED)}
        together.setdefault((run.verdict, run.mode, alike[run.verdict]), []).append(run)
    return [Group(_of_all(runs), runs) for runs in together.values()]


def _of_all(runs: list[RunDrift]) -> str:
    worst = max(runs, key=lambda run: run.ulp)
    mode, many = worst.mode or "called", f"{len(runs)} run{'s' * (len(runs) > 1)}"
    if worst.fails:
        return in_words(worst)
    if worst.verdict == CHANGED:
        what = worst.said or _worst(worst, CHANGED).removeprefix(f"{CHANGED}, ")
        return f"{mode}, {many}: {what}"
    tensors = worst.tensors or {}
    name = max(tensors, key=lambda name: tensors[name].ulp)
    drift = "drift, at most" if len(runs) > 1 else "drifts by"
    return f"{mode}, {worst.kind}, {many} {drift} {_far(tensors[name])}, {name} of {worst.case}"


def summary(found: Drift) -> str:
    """How many runs are the same to the last bit, and how many are not."""
    count = {verdict: sum(run.verdict == verdict for run in found.runs) for verdict in ORDER}
    words = [f"{n} {verdict}" for verdict, n in count.items() if n]
    for many, where in ((len(found.only_before), "before"), (len(found.only_after), "after")):
        words += [f"{many} only {where}"] * bool(many)
    return ", ".join(words)


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
    found = [f"{len(column.recording.runs)} runs"]
    if column.drift:
        before, after = column.drift.before, column.drift.after
        other = before.get("candidate") != after.get("candidate")
        found = [f"since {title(before, with_candidate=other)}: {summary(column.drift)}"]
        others = also_different(column.drift).items()
        if others:
            words = (f"{name} {before} → {after}" for name, (before, after) in others)
            found.append(f"also different: {', '.join(words)}")
        found += _only("before", column.drift.only_before)
        found += _only("after", column.drift.only_after)
    large = len(column.recording.about.get("left_out", ()))
    if large:
        are = "cases are" if large > 1 else "case is"
        found.append(f"{large} large {are} not in it")
    return found


def _only(where: str, keys: list[tuple[str, str]]) -> list[str]:
    names = [f"{mode} {case}".strip() for mode, case in keys]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"only {where}: {', '.join(names[:NAMED])}{more}"] if names else []


def sentence(line: str) -> str:
    """A line as a sentence."""
    return f"{line[0].upper()}{line[1:]}."
