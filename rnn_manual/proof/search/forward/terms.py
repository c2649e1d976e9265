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


def with_other_weights(
    case: Case, cell: Cell, gate: str, operand: Any, which: int
) -> Iterator[Term]:
    """Products, (B_t, H), with another gate's rows, another direction's or another layer's weights.

    Args:
        operand: x or h, by which of the weights it is multiplied: 0 for weight_ih, 1 for weight_hh.
    """
    name, own = ("weight_ih", "weight_hh")[which], rows_of_gates(case)
    due = getattr(cell.weights, name)
    for other, rows in own.items():
        if other != gate:
            yield f"{letters(case, other)[which]} {'xh'[which]}", operand @ due[rows].T
    for whose, w in others(case, cell):
        weight = getattr(w, name)
        if weight.shape == due.shape:
            term = f"{whose}{letters(case, gate)[which]} {'xh'[which]}"
            yield term, operand @ weight[own[gate]].T


def others(case: Case, cell: Cell) -> Iterator[tuple[str, Any]]:
    """The weights of other directions and layers, and whose they are."""
    weights = weights_from(case.config, leaf_residues(case))
    for layer, row in enumerate(weights):
        for direction, w in enumerate(row):
            if (layer, direction) != (cell.layer, cell.direction):
                which = "the other direction's " if layer == cell.layer else f"layer {layer}'s "
                yield which, w
