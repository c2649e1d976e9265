"""The masks that torch's generator draws for a case, which each run seeds alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats


def dropout_masks(case: Case, dtype: Any) -> list[Floats]:
    """What nn multiplies each layer's output with but the last's: (ΣB_t, D·H), 0 or 1/(1 - p).

    The masks that torch's generator gives after the case's seed, which each run sets.
    """
    if not case.drops:
        return []
    c = case.config
    ones = torch.ones(sum(case.lengths), c.num_directions * c.output_size)
    ones = ones.to(getattr(torch, case.dtype))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case.seed)
        drawn = [F.dropout(ones, c.dropout).double() for _ in range(c.num_layers - 1)]
    return [np.asarray(mask.numpy(), dtype) for mask in drawn]
