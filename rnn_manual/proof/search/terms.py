"""The terms of a gate's sum: what they are called, and the weights that they are made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.expected.results import leaf_residues
from rnn_manual.weights import weights_from

Term = tuple[str, Any]  # in words, and its values; None for no term


def rows_of_gates(case: Case) -> dict[str, slice]:
    """Gate → its rows of the weights; an RNN's only ones are called h."""
    H = case.config.hidden_size
    return {gate: slice(j * H, (j + 1) * H) for j, gate in enumerate(case.config.gates)}


def letters(case: Case, gate: str) -> tuple[str, str, str, str]:
    """What a gate's weights and biases are called."""
    if case.config.kind == "rnn":
        return "W_ih", "W_hh", "b_ih", "b_hh"
    return f"W_i{gate}", f"W_h{gate}", f"b_i{gate}", f"b_h{gate}"


def others(case: Case, cell: Cell) -> Iterator[tuple[str, Any]]:
    """The weights of other directions and layers, and whose they are."""
    weights = weights_from(case.config, leaf_residues(case))
    for layer, row in enumerate(weights):
        for direction, w in enumerate(row):
            if (layer, direction) != (cell.layer, cell.direction):
                which = "the other direction's " if layer == cell.layer else f"layer {layer}'s "
                yield which, w
