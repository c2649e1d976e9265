"""What a candidate gives for the gradient of a weight, where all that flows into it is right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.expected.results import expected
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.backward.shares import d_sums, shares_of_weights
from rnn_manual.proof.search.forward.inputs import input_at
from rnn_manual.proof.search.forward.terms import Term


def weight_gradient_instead(
    case: Case, trace: Trace, forward: list[Cell], cells: list[Cell], name: str
) -> str:
    """The sum that was given instead, in words; "" if none is found.

    Args:
        forward: the cells of the way there. cells: of the way back, in its order.
        name: the result's, as `grad weight_hh_l0`.
    """
    wanted, found = expected(case).residues[name], trace.mirrored.found[name].values
    for words, points in [*_of_another_size(wanted), *_other_sums(case, forward, cells, name)]:
        if found.shape == points.values.shape and np.array_equal(points.values, found):
            return f"{name} is {words}"
    return ""


def _of_another_size(wanted: Points) -> Iterator[Term]:
    for factor, words in ((2, "twice"), (0.5, "half"), (-1, "minus"), (0, "0 ×")):
        yield f"{words} what is expected", wanted * factor


def _other_sums(case: Case, forward: list[Cell], cells: list[Cell], name: str) -> Iterator[Term]:
    """Of some steps only, as a mean, or with another state or input than is due."""
    parameter, config = name.removeprefix("grad "), case.config
    for layer in range(config.num_layers):
        for direction in range(config.num_directions):
            for role, its_name in config.parameter_names(layer, direction).items():
                if its_name == parameter:
                    of_it = [c for c in cells if (c.layer, c.direction) == (layer, direction)]
                    yield from _other_sums_of(case, forward, of_it, role)


def _other_sums_of(case: Case, forward: list[Cell], cells: list[Cell], role: str) -> Iterator[Term]:
    steps = [shares_of_weights(case, forward, cell)[role] for cell in cells]
    whole = reduce(add, steps)
    for cell, share in zip(cells, steps, strict=True):
        yield f"the share of step {cell.step} alone", share
        yield f"the sum over all steps but {cell.step}", whole - share
    batch = len(d_sums(cells[0]))
    yield "the mean over the batch, expected the sum", whole / batch
    yield "the mean over the steps, expected the sum", whole / len(steps)
    there = {(c.layer, c.direction, c.step): c for c in forward}
    if role == "weight_hh" and case.config.kind != "gru":
        after = [there[c.layer, c.direction, c.step].quantities["h'"] for c in cells]
        sums = [d_sums(cell).T @ h for cell, h in zip(cells, after, strict=True)]
        yield "the sum of daᵀ h', expected daᵀ h", reduce(add, sums)
    if role == "bias_hh" and case.config.kind == "gru":
        yield "the sum of da_n without r·", reduce(add, (d_sums(cell).sum(0) for cell in cells))
    if role == "weight_ih":
        inputs = [input_at(case, forward, c.layer, case.seq_len - 1 - c.step) for c in cells]
        if all(len(x) == len(d_sums(c)) for x, c in zip(inputs, cells, strict=True)):
            sums = [d_sums(cell).T @ x for cell, x in zip(cells, inputs, strict=True)]
            yield "the sum of daᵀ x, x from the other end", reduce(add, sums)
