"""Which results are others because of what was computed where torch is not watched."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.runs.mirrored import Found, Mirrored

UNSEEN = "it depends on numbers that torch was not seen to compute"
# Runs the candidate beside the case's own numbers (0), or others (1, 2); None if it does not run.
Again = Callable[[int], Mirrored | None]


def beside_torch(mirrored: Mirrored) -> str:
    """Where something may have been computed that was not watched; "" if there is no sign of it."""
    if mirrored.left:
        return f"values left torch and came back: {mirrored.left[0]}"
    if mirrored.threads:
        return f"computed in another thread: {mirrored.threads[0]}"
    return ""


def not_seen(
    mirrored: Mirrored, others: Sequence[str], again: Again
) -> tuple[dict[str, str], bool]:
    """Of results that are others, those that are not known as formulas, and why.

    Args:
        others: their names.

    Returns: the reasons, by name; and whether all of the rest are the same in each run.
    """
    if not others:
        return {}, True
    if beside := beside_torch(mirrored):
        runs = [again(1), again(2)]
        known = None not in runs
        return {n: beside for n in others if not known or _changes(mirrored, runs, n)}, True
    runs = [again(1)]
    changed = [name for name in others if _changes(mirrored, runs, name)]
    # What changes without other numbers, too, depends on how often it was run, or on chance.
    runs = [again(0), again(0)] if changed else []
    reasons = {name: UNSEEN for name in changed if not _changes(mirrored, runs, name)}
    return reasons, len(reasons) == len(changed)


def is_same(found: Found, values: Ints) -> bool:
    """Whether a result has these residues."""
    return found.values.shape == values.shape and bool((found.values == values).all())


def _changes(mirrored: Mirrored, runs: list[Mirrored | None], name: str) -> bool:
    """Whether a result is another in one of these runs that gives it."""
    there = [run.found[name] for run in runs if run is not None and name in run.found]
    return not all(is_same(each, mirrored.found[name].values) for each in there)
