"""A batch taken apart into its sequences, put together again, and compared row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats, draw, pack
from rnn_manual.claims.laws import assert_outputs_close
from rnn_manual.claims.layer import Outputs, Returned
from rnn_manual.layout import Packed


def sequences(case: Case, input: Any, out: Floats | None = None) -> list[Floats]:
    """A case's input, or the out that belongs to it, as one array (its length, …) a sequence."""
    if isinstance(input, Packed):
        rows = input.data if out is None else out
        return [rows[places] for places in _places(input)]
    rows = input if out is None else out
    return [rows] if case.batch_axis is None else list(np.moveaxis(rows, case.batch_axis, 0))


def batch_of(case: Case, parts: Sequence[Floats]) -> Any:
    """The input that holds these sequences in this order, laid out as the case's is."""
    if case.packed:
        return pack(parts)
    return parts[0] if case.batch_axis is None else np.stack(parts, case.batch_axis)


def _places(packed: Packed) -> list[NDArray[np.intp]]:
    """Which rows of packed data each sequence has, the sequences in the caller's order."""
    sizes = np.array(packed.batch_sizes)
    starts = np.cumsum(sizes) - sizes
    order = range(sizes[0]) if packed.unsorted_indices is None else packed.unsorted_indices
    return [(starts + place)[sizes > place] for place in order]


def taken_apart(returned: Returned, outputs: Outputs) -> list[Outputs]:
    """What belongs to each sequence of a batch: out (its length, …), h_n and c_n (S, …).

    Args:
        outputs: what was returned, or the limits of it.
    """
    case = returned.case
    if case.layout == "unbatched":
        return [outputs]
    outs = sequences(case, (returned.data or draw(case)).input, outputs.out)
    return [Outputs(out, *(s[:, b] for s in outputs.states)) for b, out in enumerate(outs)]


Row = tuple[Outputs, Outputs]  # what was returned for a sequence, and how far it may be off


def row_by_row(returned: Returned) -> list[Row]:
    """What each sequence of a batch came to, with its limits."""
    values, limits = returned.values, returned.allowed
    return list(zip(taken_apart(returned, values), taken_apart(returned, limits), strict=True))


def assert_rows_close(actual: Sequence[Row], expected: Sequence[Row]) -> None:
    """Two right ways to the rows of a batch: as `laws.assert_close`."""
    __tracebackhide__ = True
    for b, ((x, limit_x), (y, limit_y)) in enumerate(zip(actual, expected, strict=True)):
        assert_outputs_close(x, y, limit_x, limit_y, f"row {b}")
