"""What stands for x in a gate's sum: another step's input, another layer's, other weights' product.

B_t is the batch at the cell's step.
"""

from __future__ import annotations

from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell, forward_cells
from rnn_manual.proof.expected.results import leaf_residues
from rnn_manual.proof.search.forward.terms import Term, letters, rows_of_gates, with_other_weights
from rnn_manual.proof.search.laid_out import steps_of
from rnn_manual.proof.search.padding import reversed_with_padding


def input_products(case: Case, cell: Cell, gate: str) -> list[Term]:
    """W x, (B_t, H), as it is due first; then of other inputs, rows or weights, or none."""
    x = inputs(case, cell)
    W_i, W = letters(case, gate)[0], cell.weights.weight_ih[rows_of_gates(case)[gate]]
    found: list[Term] = [(f"{W_i} {name}", value @ W.T) for name, value in x]
    now = x[0][1]
    found += with_other_weights(case, cell, gate, now, 0)
    found.append(("", None))
    half = now.shape[-1] // 2
    if cell.layer and case.config.bidirectional:
        found.append((f"{W_i} of the forward half of x", now[..., :half] @ W[:, :half].T))
        found.append((f"{W_i} of the backward half of x", now[..., half:] @ W[:, half:].T))
        exchanged = now[..., :half] @ W[:, half:].T + now[..., half:] @ W[:, :half].T
        found.append((f"{W_i} (x with its directions exchanged)", exchanged))
    return found


def inputs(case: Case, cell: Cell) -> list[Term]:
    """x of the cell's step, (B_t, I), and of others, and of the layers below."""
    size = len(next(iter(cell.given.values())))
    cells = forward_cells(case) if cell.layer else []
    due = input_at(case, cells, cell.layer, cell.step)
    if cell.layer and case.drops:  # masks are torch's but where p is 1, which leaves only zeros
        found = [("x", due * 0), ("x before dropout", due)]
    else:
        found = [("x", due)]
    turned = case.seq_len - 1 - cell.step
    near = (
        (cell.step - 1, "the step before's x"),
        (cell.step + 1, "the next step's x"),
        (turned, f"step {turned}'s x"),
    )
    for step, words in near:
        value = input_at(case, cells, cell.layer, step)
        if value is not None and len(value) >= size:
            found.append((words, value[:size]))
        elif value is not None:  # sequences have ended before it
            padding = due[len(value) :] * 0
            found.append((f"({words} and padding)", Points.concatenated([value, padding], 0)))
    if case.packed and cell.direction and not cell.layer:
        found.append(("(x reversed with its padding)", reversed_with_padding(case, cell.step)))
    if cell.layer and case.config.bidirectional and not case.packed and not case.drops:
        half = due.shape[-1] // 2
        other = _output_of(cells, cell.layer - 1, turned)
        unturned = Points.concatenated([due[..., :half], other[..., half:]], -1)
        found.append((f"(x with its backward half of step {turned})", unturned))
    if cell.layer > 1:
        value = _output_of(cells, 0, cell.step)
        if value is not None and value.shape == found[0][1].shape:
            found.append(("layer 0's output", value))
    return found


def input_at(case: Case, cells: list[Cell], layer: int, step: int) -> Any:
    """What goes into a layer at a step, (B_t, I or D·H); None where there is none.

    Args:
        cells: the forward ones, of which the layer below is read.
    """
    if layer:
        return _output_of(cells, layer - 1, step)
    steps = steps_of(case, leaf_residues(case)["input"])
    return steps[step] if 0 <= step < len(steps) else None


def _output_of(cells: list[Cell], layer: int, step: int) -> Any:
    """What a layer puts out at a step, all its directions'; None where there is none."""
    both = [c.quantities["h'"] for c in cells if (c.layer, c.step) == (layer, step)]
    return Points.concatenated(both, -1) if both else None
