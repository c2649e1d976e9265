"""Which part of a tensor belongs to which step, row or gate.

Rounding errors grow from step to step and differ from gate to gate, so tolerances are taken block
by block; and a block that differs says where to look.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnn_manual.cases.case import Case


class Place(NamedTuple):
    """Where a block sits; None for what the tensor's name or position does not tell."""

    layer: int | None = None
    direction: int | None = None
    step: int | None = None
    gate: str | None = None


def blocks(case: Case, name: str, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], list[Place]]:
    """Divides tensor `name` of a case into blocks.

    Returns: the block number of every element, broadcast to `shape`; and each block's place.
    """
    config = case.config
    leaf = name.rpartition(" ")[2]
    if leaf in ("out", "input"):
        steps, D = _steps(case), config.num_directions
        if leaf == "input":  # layer 0 reads it, and so do both its directions
            direction = None if config.bidirectional else 0
            places = [Place(0, direction, t) for t in range(case.seq_len)]
            return np.broadcast_to(steps, shape), places
        columns = np.repeat(np.arange(D), shape[-1] // D)
        last = config.num_layers - 1
        places = [Place(last, d, t) for t in range(case.seq_len) for d in range(D)]
        return np.broadcast_to(steps * D + columns, shape), places
    if leaf[0] in "hc":
        rows = np.arange(config.num_rows).reshape(-1, *[1] * (len(shape) - 1))
        places = [Place(*config.layer_direction(row)) for row in range(config.num_rows)]
        return np.broadcast_to(rows, shape), places
    role, _, where = leaf.rpartition("_l")
    layer, _, reverse = where.partition("_")
    gates = config.gates if role != "weight_hr" else (None,)
    size = shape[0] // len(gates)
    rows = np.repeat(np.arange(len(gates)), size).reshape(-1, *[1] * (len(shape) - 1))
    places = [Place(int(layer), int(bool(reverse)), None, gate) for gate in gates]
    return np.broadcast_to(rows, shape), places


def _steps(case: Case) -> NDArray[np.intp]:
    """The time step of every element of input or out, up to broadcasting."""
    t = np.arange(case.seq_len)
    if case.packed:
        alive = np.array(case.lengths)[:, None] > t
        return np.repeat(t, alive.sum(0))[:, None]
    if case.layout == "unbatched":
        return t[:, None]
    return t[None, :, None] if case.config.batch_first else t[:, None, None]
