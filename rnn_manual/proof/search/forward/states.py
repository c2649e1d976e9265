"""What stands for h in a gate's sum: another state, other weights' product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, forward_cells
from rnn_manual.proof.expected.results import leaf_residues
from rnn_manual.proof.search.forward.calls import ended_in
from rnn_manual.proof.search.forward.terms import Term, letters, rows_of_gates, with_other_weights
from rnn_manual.proof.search.padding import over_padding

THROUGH_PADDING = "(h that ran through padding)"


def recurrent_products(case: Case, cell: Cell, gate: str) -> list[Term]:
    """W h, (B_t, H), as it is due first; then of other weights, rows or states, or none."""
    h = cell.given["h"]
    W_h, W = letters(case, gate)[1], cell.weights.weight_hh[rows_of_gates(case)[gate]]
    matrices = [(W_h, W.T)]
    if W.shape[0] == W.shape[1]:
        matrices.append((f"{W_h}ᵀ", W))
    found: list[Term] = [(f"{name} h", h @ matrix) for name, matrix in matrices]
    found += with_other_weights(case, cell, gate, h, 1)
    found.append(("", None))
    states = [(words, state) for words, state in _states(case, cell) if state.shape == h.shape]
    for name, matrix in matrices:
        found += [(f"{name} {words}", state @ matrix) for words, state in states]
    return found


def _states(case: Case, cell: Cell) -> list[Term]:
    """What else a state may be: c, ones, other rows of h_0, another sequence's, another layer's."""
    leaves, given = leaf_residues(case), cell.given
    h = given["h"]
    found: list[Term] = [("1", h * 0 + 1)]
    if "c" in given:
        found.append(("c", given["c"]))
    batch = len(h)
    for k in range(min(batch, 4) - 1):  # as of two that are equally long
        order = [*range(k), k + 1, k, *range(k + 2, batch)]
        found.append((f"h of sequences {k} and {k + 1} exchanged", h[order]))
    if batch > 1:
        found.append(("h of the first sequence", h[:1] + h * 0))
        found.append(("h of the next sequence", h.like(np.roll(h.values, -1, 1))))
        found.append(("h of the sequence before", h.like(np.roll(h.values, 1, 1))))
        found += in_other_orders(case, "h", h)
    if cell.first and "h_0" in leaves:
        found += rows_of(case, leaves["h_0"], "h_0", batch)
    if cell.first:
        row = case.config.row(cell.layer, cell.direction)
        for call, last in ended_in(case):
            if last.shape[1] >= batch:
                found.append((f"h_n[{row}] of {call}", last[row, :batch]))
    if case.packed and not cell.layer and cell.direction and cell.step + 1 < case.seq_len:
        padded = over_padding(case, 1)[cell.step + 1][:batch]
        found.append((THROUGH_PADDING, padded))
    if cell.first and cell.direction:
        there = [c for c in forward_cells(case) if c.place[:2] == (cell.layer, 0)]
        found.append(("(h' of the forward direction's last step)", there[-1].quantities["h'"]))
    for other in forward_cells(case):
        if other.layer == cell.layer - 1 and other.direction == cell.direction:
            found.append(
                (f"h' of layer {other.layer}, step {other.step}", other.quantities["h'"][:batch])
            )
    return found


def rows_of(case: Case, first: Points, name: str, batch: int) -> Iterator[Term]:
    """The rows of h_0 or c_0, (batch, H) each, as they are and in other orders of the sequences."""
    states = first if first.ndim == 3 else first[:, None]
    for row in range(len(states)):
        if len(states[row]) >= batch:
            yield f"{name}[{row}]", states[row][:batch]
            for order in _orders(case):
                words = f"({name}[{row}] with its sequences in another order)"
                yield words, states[row][order][:batch]


def in_other_orders(case: Case, name: str, state: Points) -> list[Term]:
    """A state (B_t, H) of all sequences, in other orders of them."""
    words = f"{name} of sequences in another order"
    return [(words, state[order]) for order in _orders(case) if len(order) == len(state)]


def _orders(case: Case) -> list[Any]:
    """The permutations of a packed input, where it is not sorted."""
    input = draw(case).input
    found = [getattr(input, name, None) for name in ("sorted_indices", "unsorted_indices")]
    return [np.asarray(order) for order in found if order is not None]
