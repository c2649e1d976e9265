"""Quantities of the loops that a candidate never computed."""

from __future__ import annotations

from dataclasses import dataclass

from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.runs.trace import Trace


@dataclass(frozen=True)
class Missing:
    """A quantity that was never computed, at the first cell at which it was not."""

    cell: Cell
    quantity: str


def is_computed(trace: Trace, cell: Cell, name: str) -> bool:
    """Whether every element of a quantity is among what was computed; zeros are everywhere."""
    return trace.has_all(cell.quantities[name].values)
