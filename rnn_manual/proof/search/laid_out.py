"""What a call is given or returns, laid out as the loops see it."""

from __future__ import annotations

from collections.abc import Sequence

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.layout import layout_of, mapped_rows
from rnn_manual.proof.arithmetic.ops import FormulaOps
from rnn_manual.proof.arithmetic.points import Points


def steps_of(case: Case, values: Points) -> Sequence[Points]:
    """Of what is laid out as the input is, or as its rows if that is packed: (B_t, …) a step."""
    input = draw(case).input
    layout = layout_of(case.config, input)
    rows = layout.to_rows(mapped_rows(lambda _: values, input))
    return FormulaOps().steps(rows, layout.batch_sizes)


def state_of(case: Case, values: Points, layer: int, direction: int) -> Points:
    """Of what is laid out as h_0 is, a direction's: (B, …), sorted by length as the rows are."""
    states = layout_of(case.config, draw(case).input).to_state(values)
    state: Points = states[case.config.row(layer, direction)]
    return state


def batch_order(case: Case) -> list[int]:
    """Which row of the caller's batch each row of the loops is."""
    sort = getattr(draw(case).input, "sorted_indices", None)
    batch = layout_of(case.config, draw(case).input).batch_sizes[0]
    return list(range(batch)) if sort is None else [int(k) for k in sort]
