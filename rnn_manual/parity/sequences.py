"""A batch taken apart into its sequences, put together again, and compared row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.layout import Packed
from rnn_manual.parity.cases import Case, Floats
from rnn_manual.parity.draw import pack
from rnn_manual.parity.laws import assert_near, states
from rnn_manual.parity.layer import Outputs
from rnn_manual.parity.tolerance import reference


def sequences(case: Case, input: Any, out: Floats | None = None) -> list[Floats]:
    """A case's input, or the out that belongs to it, as one array (its length, …) a sequence."""
    if isinstance(input, Packed):
        rows = input.data if out is None else out
        return [rows[places] for places in _places(input)]
    rows = input if out is None else out
    if case.layout == "unbatched":
        return [rows]
    return list(rows if case.config.batch_first else rows.swapaxes(0, 1))


def batch_of(case: Case, parts: Sequence[Floats]) -> Any:
    """The input that holds these sequences in this order, laid out as the case's is."""
    if case.layout == "unbatched":
        return parts[0]
    if not case.packed:
        return np.stack(parts, 0 if case.config.batch_first else 1)
    return pack(parts)


def _places(packed: Packed) -> list[NDArray[np.intp]]:
    """Which rows of packed data each sequence has, the sequences in the caller's order."""
    sizes = np.array(packed.batch_sizes)
    starts = np.cumsum(sizes) - sizes
    order = range(sizes[0]) if packed.unsorted_indices is None else packed.unsorted_indices
    return [(starts + place)[sizes > place] for place in order]


def row_by_row(case: Case, input: Any, outputs: Outputs) -> list[Outputs]:
    """What each sequence of a batch came to: out (its length, …), h_n and c_n (S, …)."""
    outs = sequences(case, input, outputs.out)
    if case.layout == "unbatched":
        return [outputs]
    return [Outputs(out, *(s[:, b] for s in states(outputs))) for b, out in enumerate(outs)]


def allowed_rows(case: Case) -> list[Outputs]:
    """What each sequence's results may be off by."""
    limits = reference(case).allowed
    return row_by_row(
        case, case.data().input, Outputs(limits["out"], limits["h_n"], limits.get("c_n"))
    )


def assert_rows_close(case: Case, actual: Sequence[Outputs], expected: Sequence[Outputs]) -> None:
    """Two right ways to the rows of a case's batch: as `laws.assert_close`."""
    for b, row in enumerate(zip(actual, expected, allowed_rows(case), strict=True)):
        for name, x, y, limit in zip(Outputs._fields, *row, strict=True):
            if x is None or y is None or limit is None:
                assert x is y is limit is None, name
            else:
                assert_near(x, y, limit, f"row {b} of {name}")
