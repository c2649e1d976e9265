"""At which line of its own code a candidate computed what is not the loops'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.runs.trace import Executed, Trace, keys_of


def unexplained(
    trace: Trace,
    executed: Sequence[Executed],
    known: Iterable[Points],
    before: Iterable[Points] = (),
) -> str:
    """The line of the first operation that computed none of the loops' values.

    Args:
        executed: those to look through. known: the loops' values.
        before: those that come before it, where they were computed.

    Returns: "" if there is none in the candidate's own code.
    """
    last = max((int(trace.first(points.values).max(initial=0)) for points in before), default=0)
    right = np.unique(np.concatenate([keys_of(points.values).ravel() for points in known]))
    places = np.minimum(np.searchsorted(right, trace.keys), len(right) - 1)
    explained = right[places] == trace.keys
    for each in executed:
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
