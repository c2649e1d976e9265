"""A verdict → the first layer, direction, step and gate that differs.

Read off the indices of what differs: rows of h_n and c_n name a layer and direction, rows of out a
step, row blocks of a parameter's gradient a gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.judge.blocks import Place, blocks
from rnn_manual.judge.tensor import TensorComparison


@dataclass(frozen=True)
class Where:
    """The first element that differs: in which tensor, at which index, and what sits there."""

    tensor: str
    index: tuple[int, ...]
    place: Place


def locate(case: Case, tensors: Mapping[str, TensorComparison]) -> Where | None:
    """The first element that differs, in the order of computation; None if none does.

    Values come before gradients. Among values the lowest layer is first, and within it the step
    that its direction processes first; among gradients, which are computed backwards, the highest
    layer. Of its gates, which all differ soon after one does, the one that is furthest off.
    """
    found = [where for name in tensors for where in _differing(case, name, tensors[name])]
    values = [where for where in found if not where.tensor.startswith("grad")]
    if values:
        return min(values, key=lambda where: _when(case, where.place))
    return max(found, key=lambda where: _how_telling(where, tensors), default=None)


def _differing(case: Case, name: str, compared: TensorComparison) -> list[Where]:
    """The worst element of every block in which something is beyond what is allowed."""
    ratios = compared.ratios
    if not ratios.size or ratios.max() <= 1:
        return []
    number, places = blocks(case, name, ratios.shape)
    found = []
    for block in np.unique(number[ratios > 1]):
        within = np.where(number == block, ratios, -1.0)
        index = np.unravel_index(np.argmax(within), ratios.shape)
        found.append(Where(name, tuple(map(int, index)), places[block]))
    return found


def _when(case: Case, place: Place) -> tuple[int, int, int]:
    """When, in the order of computation, a place of out, h_n or c_n is done."""
    layer, direction = place.layer or 0, place.direction or 0
    if place.step is None:  # a row of h_n: what is left after the last step
        return layer, case.seq_len, direction
    return layer, place.step if direction == 0 else case.seq_len - 1 - place.step, direction


def _how_telling(where: Where, tensors: Mapping[str, TensorComparison]) -> tuple[int, bool, float]:
    layer, gate = where.place.layer, where.place.gate
    ratio = float(tensors[where.tensor].ratios[where.index])
    return -1 if layer is None else layer, gate is not None, ratio
