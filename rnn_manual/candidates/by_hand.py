"""The loops as a layer that autograd can use, and whose gradients it does not compute.

`rnn_manual.candidates.by_hand:build` is a candidate: backpropagation by hand, held to all that the
suite holds autograd to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from rnn_manual.backprop import vjp
from rnn_manual.candidates.candidate import Call
from rnn_manual.config import Config
from rnn_manual.layout import mapped_rows, rows_of, state_given, state_tuple
from rnn_manual.weights import Weights, parameters_from, read_weights


def build(module: nn.RNNBase) -> Call:
    """The loops on the module's parameters, forward and backward by hand."""
    config, weights = Config.of(module), read_weights(module)
    return lambda x, hx=None: run_by_hand(config, weights, x, hx, training=module.training)


def run_by_hand(
    config: Config, weights: Weights, input: Any, state: Any = None, **arithmetic: Any
) -> tuple[Any, Any]:
    """As `rnn_manual.run`, with torch tensors. arithmetic: what `vjp` takes by name."""
    states = () if state is None else state_tuple(config, state)
    leaves = [rows_of(input), *states, *parameters_from(config, weights).values()]
    out, *last = _apply((config, weights, input, state, arithmetic), *leaves)
    return mapped_rows(lambda _: out, input), state_given(config, last)


class _ByHand(torch.autograd.Function):
    """Autograd's door: it hands in the leaves once more, so that it knows what they are."""

    @staticmethod
    def forward(ctx: Any, call: tuple[Any, ...], *leaves: Any) -> tuple[Any, ...]:
        ctx.config, weights, ctx.input, ctx.state, arithmetic = call
        ctx.save_for_backward(*leaves)
        (out, last), ctx.pullback = vjp(ctx.config, weights, ctx.input, ctx.state, **arithmetic)
        return rows_of(out), *state_tuple(ctx.config, last)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Any, *d_last: Any) -> tuple[Any, ...]:
        _ = ctx.saved_tensors  # raises if one was written to since
        packed = mapped_rows(lambda _: d_out, ctx.input)
        found = ctx.pullback(packed, state_given(ctx.config, d_last))
        states = () if ctx.state is None else state_tuple(ctx.config, found.state)
        return (
            None,
            rows_of(found.input),
            *states,
            *parameters_from(ctx.config, found.weights).values(),
        )


_apply: Callable[..., tuple[Any, ...]] = _ByHand.apply
