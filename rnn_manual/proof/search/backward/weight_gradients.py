"""What a candidate gives for the gradient of a weight, where all that flows into it is right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import chain
from operator import add

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.expected.results import expected
from rnn_manual.proof.formula import UNNAMED
from rnn_manual.proof.runs.trace import Trace
from rnn_manual.proof.search.backward.shares import d_sums, shares_of_weights
from rnn_manual.proof.search.forward.inputs import input_at
from rnn_manual.proof.search.forward.terms import Term
from rnn_manual.proof.search.parameters import parameter_of


def weight_gradient_instead(
    case: Case, trace: Trace, forward: list[Cell], cells: list[Cell], name: str
) -> str:
    """The sum that was given instead, in words.

    Args:
        forward: the cells of the way there. cells: of the way back, in its order.
        name: the result's, as `grad weight_hh_l0`.
    """
    wanted, found = expected(case).residues[name], trace.mirrored.found[name].values
    for words, points in chain(_of_another_size(wanted), _other_sums(case, forward, cells, name)):
        if found.shape == points.values.shape and np.array_equal(points.values, found):
            return f"{name} is {words}"
    return f"{name} is {UNNAMED}"


def _of_another_size(wanted: Points) -> Iterator[Term]:
    yield "0, as if it were detached", wanted * 0
    for factor, words in ((2, "twice"), (0.5, "half"), (-1, "minus")):
        yield f"{words} what is expected", wanted * factor


def _other_sums(case: Case, forward: list[Cell], cells: list[Cell], name: str) -> Iterator[Term]:
    """Of some steps only, as a mean, or with another state or input than is due."""
    found = parameter_of(case.config, name)
    if found is None or (found.layer and case.drops):  # what goes in there meets masks
        return
    role = found.role
    cells = [c for c in cells if (c.layer, c.direction) == (found.layer, found.direction)]
    steps = [shares_of_weights(case, forward, cell)[role] for cell in cells]
    whole = reduce(add, steps)
    for cell, share in zip(cells, steps, strict=True):
        if len(steps) > 1:
            yield f"the share of step {cell.step} alone", share
            yield f"the sum over all steps but {cell.step}", whole - share
    means: dict[int, list[str]] = {}
    for number, over in ((case.batch_size, "the batch"), (len(steps), "the steps")):
        means.setdefault(number, []).append(over)
    for number, over_what in means.items():
        if number > 1:
            said = " or ".join(over_what)
            yield f"the mean over {said}, expected the sum over steps and batch", whole / number
    sums = [d_sums(case, cell) for cell in cells]
    there = {cell.place: cell for cell in forward}
    if role == "weight_hh" and case.config.kind != "gru":
        after = [there[cell.place].quantities["h'"] for cell in cells]
        yield "the sum of daᵀ h', expected the sum of daᵀ h", _products(sums, after)
    if case.config.kind == "gru":
        yield from _without_r(role, sums, [there[cell.place].given["h"] for cell in cells])
    if role == "weight_ih":
        inputs = [input_at(case, forward, c.layer, case.seq_len - 1 - c.step) for c in cells]
        if all(len(x) == len(a) for x, a in zip(inputs, sums, strict=True)):
            yield "the sum of daᵀ x, x from the other end", _products(sums, inputs)


def _without_r(role: str, sums: list[Points], h: list[Points]) -> Iterator[Term]:
    """A GRU's gradients for W_hh and b_hh, of da_n where r·da_n is due."""
    if role == "bias_hh":
        words = "the sum of da_n in the rows of n, expected the sum of r·da_n"
        yield words, reduce(add, (a.sum(0) for a in sums))
    elif role == "weight_hh":
        words = "the sum of da_nᵀ h in the rows of n, expected the sum of (r·da_n)ᵀ h"
        yield words, _products(sums, h)


def _products(sums: list[Points], operands: list[Points]) -> Points:
    found: Points = reduce(add, (a.T @ x for a, x in zip(sums, operands, strict=True)))
    return found
