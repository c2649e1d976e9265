"""Where the error is: by layer, direction, step and unit, in units of what is allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.config import DIRECTIONS
from rnn_manual.judge.blocks import blocks
from rnn_manual.judge.tensor import TensorComparison

MOST = {"out": (48, 32), "h_n": (1, 32), "c_n": (1, 32)}  # steps and units that are told apart


def heat(case: Case, tensors: Mapping[str, TensorComparison]) -> list[dict[str, Any]]:
    """For each layer and direction: of out (the last layer's only), h_n and c_n the errors.

    Each is a list of steps (of h_n and c_n the last one only), and in it a list of units, with the
    worst error over the batch; None for one beyond all measure. Where there are many steps or
    units, neighbours are put together, and the worst of them stands for all.
    """
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for row in range(case.config.num_rows):
        layer, direction = case.config.layer_direction(row)
        found[layer, direction] = {
            "layer": layer,
            "direction": DIRECTIONS[direction],
            "steps": case.seq_len,
        }
    for name, most in MOST.items():
        compared = tensors.get(name)
        if compared is None or not compared.ratios.size:
            continue
        for key, ratios in _by_place(case, name, compared.ratios).items():
            pooled = _pooled(_pooled(ratios, most[0]).T, most[1]).T
            found[key][name] = [[_short(ratio) for ratio in step] for step in pooled.tolist()]
    return [one for one in found.values() if len(one) > 3]


def _by_place(case: Case, name: str, ratios: Floats) -> dict[tuple[int, int], Floats]:
    """(steps, units) by layer and direction, the worst of the batch."""
    number, places = blocks(case, name, ratios.shape)
    letter = "c" if name == "c_n" else "h"
    size = case.config.state_size(letter)
    worst = np.zeros((len(places), size))
    unit = np.broadcast_to(np.arange(ratios.shape[-1]) % size, ratios.shape)
    np.maximum.at(worst, (number, unit), ratios)
    found: dict[tuple[int, int], list[Floats]] = {}
    for place, row in zip(places, worst, strict=True):
        assert place.layer is not None
        assert place.direction is not None
        found.setdefault((place.layer, place.direction), []).append(row)
    return {key: np.stack(rows) for key, rows in found.items()}


def _pooled(rows: Floats, most: int) -> Floats:
    """The rows, or as many groups of neighbours as may be told apart."""
    if len(rows) <= most:
        return rows
    groups = np.array_split(rows, most)
    return np.stack([group.max(0) for group in groups])


def _short(ratio: float) -> float | None:
    return float(f"{ratio:.2g}") if math.isfinite(ratio) else None
