"""Wrong sums over time: what the walk sends back to rows, first state and weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual.cases.case import Case
from rnn_manual.loops import State
from rnn_manual.mistakes.conditions import (
    biased,
    bidirectional,
    given_state,
    several_steps,
    sorted_already,
    tanh,
)
from rnn_manual.mistakes.gradients.registering import of_gradients, walk_backward
from rnn_manual.mistakes.wrong import Net
from rnn_manual.weights import LayerWeights


def _with_found(net: Net, change: Callable[..., tuple[Any, ...]]) -> tuple[Any, Any]:
    """change: the gradients for rows, first state and weights; backward → the same gradients."""

    def walk(*arguments: Any, backward: bool) -> Any:
        return change(*walk_backward(*arguments, backward=backward), backward)

    return net.by_hand(walk_backward=walk)


@of_gradients("gradients of weights accumulated twice")
def gradients_doubled(net: Net) -> tuple[Any, Any]:
    return _with_found(net, lambda d_rows, d_0, dw, _: (d_rows, d_0, dw.map(lambda d: 2 * d)))


@of_gradients("the backward direction sends nothing back to what it reads", bidirectional)
def dx_of_the_backward_direction_lost(net: Net) -> tuple[Any, Any]:
    def change(d_rows: Any, d_0: State, dw: LayerWeights, backward: bool) -> tuple[Any, ...]:
        return torch.zeros_like(d_rows) if backward else d_rows, d_0, dw

    return _with_found(net, change)


@of_gradients(
    "the gradient of a packed batch's h_0 left in the order it was sorted into",
    given_state,
    lambda case: not sorted_already(case),
)
def d_h_0_left_sorted(net: Net) -> tuple[Any, Any]:
    order = getattr(net.input, "sorted_indices", None)

    def change(d_rows: Any, d_0: State, dw: LayerWeights, _: bool) -> tuple[Any, ...]:
        # What follows puts the rows back: sorted once more, they come out of it as they are.
        return d_rows, d_0 if order is None else tuple(d[order] for d in d_0), dw

    return _with_found(net, change)


def _with_steps(net: Net, change: Callable[..., LayerWeights]) -> tuple[Any, Any]:
    """change: the weights' gradients, what every step sent back, in the walk's order → the same."""

    def walk(ops: Any, cell_backward: Any, *arguments: Any, backward: bool) -> Any:
        steps: list[tuple[Any, ...]] = []

        def recorded(*given: Any) -> Any:
            steps.append(cell_backward(*given))
            return steps[-1]

        d_rows, d_0, dw = walk_backward(ops, recorded, *arguments, backward=backward)
        return d_rows, d_0, change(dw, steps)

    return net.by_hand(walk_backward=walk)


@of_gradients(
    "gradients of W_hh, b_hh and W_hr overwritten from step to step, not summed",
    several_steps,
    tanh,
)
def weight_gradients_overwritten(net: Net) -> tuple[Any, Any]:
    def change(dw: LayerWeights, steps: list[tuple[Any, ...]]) -> LayerWeights:
        last_put, *_ = steps[-1]
        return dw._replace(**{k: d for k, d in last_put.items() if getattr(dw, k) is not None})

    return _with_steps(net, change)


def _several_numbers_each_way(case: Case) -> bool:
    return sum(case.lengths) > 1 and len(case.config.gates) * case.config.hidden_size > 1


@of_gradients(
    "b_ih's gradient summed along the wrong axis: rows by gates read as gates by rows",
    biased,
    _several_numbers_each_way,
)
def bias_gradient_along_the_wrong_axis(net: Net) -> tuple[Any, Any]:
    def change(dw: LayerWeights, steps: list[tuple[Any, ...]]) -> LayerWeights:
        if dw.bias_ih is None:
            return dw
        dx = torch.cat([dx for _, dx, *_ in steps])
        return dw._replace(bias_ih=dx.reshape(dx.shape[::-1]).sum(1))

    return _with_steps(net, change)
