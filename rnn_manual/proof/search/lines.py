"""At which line of its own code a candidate computed what is not the loops'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.runs.trace import Executed, Keys, Trace, are_among, keys_of


def unexplained(
    trace: Trace,
    executed: Sequence[Executed],
    right: Keys,
    before: Iterable[Points] = (),
    until: Points | None = None,
) -> str:
    """The line of the first operation that computed none of the loops' values.

    Args:
        executed: those to look through. right: the keys of the loops' values, in ascending order.
        before: what is computed before it. until: what is made of it, if that is known.

    Returns: "" if there is none in the candidate's own code.
    """
    last = max((int(trace.first(points.values).max(initial=0)) for points in before), default=0)
    end = len(trace.keys) if until is None else int(trace.first(until.values).max())
    explained = are_among(trace.keys, right)
    for each in executed:
        if each.keys.start > end:
            break
        if each.keys.start <= last or not each.line:
            continue
        of_it = explained[each.keys]
        if of_it.size and not of_it.any():
            return each.line
    return ""


def where_computed(trace: Trace, values: Ints) -> str:
    """The line that completed these values, residues (K, *shape); "" if it is none of its own."""
    found = trace.first(values)
    return trace.executed[trace.operation(int(found.max()))].line if (found >= 0).all() else ""


def where_computed_last(trace: Trace, executed: Sequence[Executed], values: Ints) -> str:
    """The line of the last operation that computed these values whole, if more than one did.

    For a part of what is right may be computed first, and the same put in another's place then.
    """
    keys = keys_of(values).ravel()
    whole = [each for each in executed if each.keys.stop - each.keys.start == keys.size]
    same = [each.line for each in whole if (trace.keys[each.keys] == keys).all()]
    return same[-1] if len(same) > 1 else ""
