"""The NumPy loops on a case: no torch kernel has a part in what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from rnn_manual.layout import Packed, run, state_given, state_tuple
from rnn_manual.ops import NumpyOps
from rnn_manual.parity.cases import Case, Floats
from rnn_manual.weights import weights_from


def dropout_masks(case: Case) -> list[torch.Tensor]:
    """What nn multiplies each layer's output with but the last's: (ΣB_t, D·H), 0 or 1/(1 - p).

    The masks that torch's generator gives after the case's seed, which `run_candidate` sets.
    """
    if not case.drops:
        return []
    c = case.config
    ones = torch.ones(sum(case.lengths), c.num_directions * c.output_size)
    ones = ones.to(getattr(torch, case.dtype))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case.seed)
        return [F.dropout(ones, c.dropout).double() for _ in range(c.num_layers - 1)]


def run_oracle(case: Case) -> dict[str, Floats]:
    """out, h_n and c_n from the NumPy loops, in more bits than the case has.

    longdouble (80 bits on x86) for float64 cases, float64 for all others.
    """
    wide = np.longdouble if case.dtype == "float64" else np.float64
    data = case.data()

    def widen(array: Any) -> Any:
        return np.asarray(array, wide)

    weights = weights_from(case.config, {k: widen(v) for k, v in data.parameters.items()})
    input: Any = data.input
    input = input._replace(data=widen(input.data)) if isinstance(input, Packed) else widen(input)
    state = None if data.state is None else state_given(case.config, [*map(widen, data.state)])
    ops = NumpyOps(widen(mask.numpy()) for mask in dropout_masks(case))
    with np.errstate(invalid="ignore"):  # infinities and NaN travel as they do in torch
        out, last = run(case.config, weights, input, state, training=case.training, ops=ops)
    named = zip(case.config.states, state_tuple(case.config, last), strict=True)
    out = out.data if isinstance(out, Packed) else out
    return {"out": out} | {f"{name}_n": array for name, array in named}
