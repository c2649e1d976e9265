"""The NumPy loops on a case: no torch kernel has a part in what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from rnn_manual.backprop import vjp
from rnn_manual.layout import mapped_rows, rows_of, state_given, state_tuple
from rnn_manual.ops import NumpyOps
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.weights import parameters_from, weights_from


def dropout_masks(case: Case, dtype: Any) -> list[Floats]:
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
        drawn = [F.dropout(ones, c.dropout).double() for _ in range(c.num_layers - 1)]
    return [np.asarray(mask.numpy(), dtype) for mask in drawn]


def run_oracle(case: Case) -> dict[str, Floats]:
    """out, h_n, c_n and every gradient from the NumPy loops, in more bits than the case has.

    longdouble (80 bits on x86) for float64 cases, float64 for all others.
    """
    wide = np.longdouble if case.dtype == "float64" else np.float64
    return run_in_numpy(case, case.data(), NumpyOps(dropout_masks(case, wide)), wide)


def run_in_numpy(case: Case, data: Data, ops: NumpyOps, dtype: Any) -> dict[str, Floats]:
    """The NumPy loops forward and backward, by hand, on a case's numbers or others."""
    config = case.config

    def widen(array: Any) -> Any:
        return np.asarray(array, dtype)

    weights = weights_from(config, {name: widen(v) for name, v in data.parameters.items()})
    state = None if data.state is None else state_given(config, [*map(widen, data.state)])
    d_out, *d_last = map(widen, data.cotangents)
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinities travel as in torch
        x = mapped_rows(widen, data.input)
        (out, last), backward = vjp(config, weights, x, state, training=case.training, ops=ops)
        found = backward(mapped_rows(lambda _: d_out, data.input), state_given(config, d_last))
    gradients = {"input": rows_of(found.input)}
    if state is not None:
        named = zip(config.states, state_tuple(config, found.state), strict=True)
        gradients |= {f"{name}_0": array for name, array in named}
    gradients |= parameters_from(config, found.weights)
    states = zip(config.states, state_tuple(config, last), strict=True)
    outputs = {"out": rows_of(out)} | {f"{name}_n": array for name, array in states}
    return outputs | {f"grad {name}": array for name, array in gradients.items()}
