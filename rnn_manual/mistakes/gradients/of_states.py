"""Wrong at the end of time: what enters from h_n and c_n."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual.loops import State
from rnn_manual.mistakes.conditions import equally_long, lstm, stacked
from rnn_manual.mistakes.gradients.registering import of_gradients, walk_backward
from rnn_manual.mistakes.wrong import Net
from rnn_manual.weights import LayerWeights


def _with_d_last(net: Net, change: Callable[..., State]) -> tuple[Any, Any]:
    """change: d_last, w, batch_sizes, backward → the gradients that enter at the last steps."""

    def walk(*arguments: Any, backward: bool) -> Any:
        _, _, w, _, sizes, _, d_last = arguments
        return walk_backward(*arguments[:-1], change(d_last, w, sizes, backward), backward)

    return net.by_hand(walk_backward=walk)


def _none(d: Any) -> Any:
    return torch.zeros_like(d)


@of_gradients("what flows into h_n is lost: d_h_n dropped, or h_n returned detached")
def d_h_n_dropped(net: Net) -> tuple[Any, Any]:
    return _with_d_last(net, lambda d_last, *_: (_none(d_last[0]), *d_last[1:]))


@of_gradients("what flows into c_n is lost: d_c_n dropped, or c_n returned detached", lstm)
def d_c_n_dropped(net: Net) -> tuple[Any, Any]:
    return _with_d_last(net, lambda d_last, *_: (d_last[0], *map(_none, d_last[1:])))


@of_gradients("only the last layer's rows of h_n and c_n pass their gradient on", stacked)
def d_h_n_of_lower_layers_dropped(net: Net) -> tuple[Any, Any]:
    def change(d_last: State, w: LayerWeights, *_: Any) -> State:
        is_last = any(w is of_last for of_last in net.weights[-1])
        return d_last if is_last else tuple(map(_none, d_last))

    return _with_d_last(net, change)


@of_gradients(
    "the gradients of h_n and c_n enter at step T - 1 alone, where shorter sequences have ended",
    lambda case: not equally_long(case),
)
def d_h_n_of_shorter_sequences_dropped(net: Net) -> tuple[Any, Any]:
    def change(d_last: State, w: LayerWeights, sizes: Any, backward: bool) -> State:
        there = sizes[0] if backward else sizes[-1]
        return tuple(torch.cat([d[:there], _none(d[there:])]) for d in d_last)

    return _with_d_last(net, change)
