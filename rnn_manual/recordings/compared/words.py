"""What changed from one recording to the next, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rnn_manual.recordings.compared.drift import (
    ANOTHER,
    CHANGED,
    DIFFERS,
    DRIFT,
    IDENTICAL,
    ORDER,
    SAME,
    Drift,
    RunDrift,
    TensorDrift,
)


@dataclass(frozen=True)
class Group:
    """What changed, in a line, and the runs of which that is true."""

    line: str
    runs: list[RunDrift]


def in_words(run: RunDrift) -> str:
    """What changed about a run, in a line: of each verdict, the worst tensor."""
    name = f"{run.mode} {run.case}" if run.mode else run.case
    return f"{name}: {change_in_words(run) or IDENTICAL}"


def change_in_words(run: RunDrift) -> str:
    """The same without the run's name; empty if nothing changed."""
    found = [_worst(run, verdict) for verdict in (DIFFERS, CHANGED, DRIFT)]
    bits = run.said or "; ".join(filter(None, found))
    if run.formula == ANOTHER:
        return f"another formula ({_formulas(run)}); {bits or 'the same bits'}"
    return f"{bits}; the same formula" if bits and run.formula == SAME and run.tensors else bits


def _formulas(run: RunDrift) -> str:
    before, after = run.formulas
    return f"{before}, and not the same one" if before == after else f"was {before}, is {after}"


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

    Another formula, and what differs, is told run by run; what else changed, by what is said of it;
    drift, all together where the formula is the same, and all together where it is not known.
    """
    together: dict[tuple[str, ...], list[RunDrift]] = {}
    for run in found.changes():
        alone = run.formula == ANOTHER or run.fails
        key = (run.mode, run.case) if alone else (_change(run) or run.formula,)
        together.setdefault((run.verdict, run.formula * alone, *key), []).append(run)
    return [Group(_of_all(runs), runs) for runs in together.values()]


def _change(run: RunDrift) -> str:
    """What is said of a run that changed; empty if it only drifted."""
    return run.said or _worst(run, CHANGED).removeprefix(f"{CHANGED}, ")


def _of_all(runs: list[RunDrift]) -> str:
    worst = max(runs, key=lambda run: run.ulp)
    if worst.formula == ANOTHER or worst.fails:
        return in_words(worst)
    many = f"{len(runs)} run{'s' * (len(runs) > 1)}"
    if said := _change(worst):
        return f"{', '.join(dict.fromkeys(run.mode or 'called' for run in runs))}, {many}: {said}"
    tensors = worst.tensors or {}
    name = max(tensors, key=lambda name: tensors[name].ulp)
    drift = "drift, at most" if len(runs) > 1 else "drifts by"
    same = "of the same formula" if worst.formula == SAME else "whose formula is not known"
    where = f"{name} of {f'{worst.mode} {worst.case}'.strip()}"
    return f"{many} {same} {drift} {_far(tensors[name])}, {where}"


def summary(found: Drift) -> str:
    """How many runs are the same to the last bit, and how many are not."""
    compared = [run for run in found.runs if not run.without_numbers]
    count = {verdict: sum(run.verdict == verdict for run in compared) for verdict in ORDER}
    words = [f"{n} {verdict}" for verdict, n in count.items() if n]
    without = len(found.runs) - len(compared)
    words += [f"{without} without numbers in both"] * bool(without)
    same = Counter(run.formula for run in found.runs)
    words += [f"{same[SAME]} of the same formula"] * bool(same[SAME])
    words += [f"{same[ANOTHER]} of another formula"] * bool(same[ANOTHER])
    for many, where in ((len(found.only_before), "before"), (len(found.only_after), "after")):
        words += [f"{many} only {where}"] * bool(many)
    return ", ".join(words)
