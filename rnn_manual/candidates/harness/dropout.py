"""The masks that torch's generator draws for a case, which each run seeds alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from rnn_manual.candidates.harness.seeding import seed_generators
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw


def dropout_masks(case: Case, data: Data, dtype: Any) -> list[Floats]:
    """What each layer's output but the last's is multiplied with: (ΣB_t, D·H), 0 or 1/(1 - p).

    Those that the data names; or those that nn does, which torch's generator gives after the
    case's seed, which each run sets.
    """
    if not case.drops:
        return []
    if data.masks:
        return [np.asarray(mask, dtype) for mask in data.masks]
    c = case.config
    ones = torch.ones(sum(case.lengths), c.num_directions * c.output_size)
    ones = ones.to(getattr(torch, case.dtype))
    with torch.random.fork_rng(devices=[]):
        seed_generators(case.seed)
        drawn = [F.dropout(ones, c.dropout).double() for _ in range(c.num_layers - 1)]
    return [np.asarray(mask.numpy(), dtype) for mask in drawn]


def kept_by_nn(case: Case) -> list[NDArray[np.bool_]]:
    """Which elements of each layer's output but the last's nn's masks keep: (ΣB_t, D·H)."""
    return [mask > 0 for mask in dropout_masks(case, draw(case), np.float64)]
