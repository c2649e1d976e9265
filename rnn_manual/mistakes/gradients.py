"""Mistakes that only the gradients show: forward, every one of them is the right layer.

Most are wrong backwards of a cell or of the walk through time, with one term other than in
`cells.py` and `backprop.py`; that they run forward right is seen by no test but one of gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual import cells
from rnn_manual.backprop import CellBackward, cell_backward_for, run_direction_backward
from rnn_manual.cases.case import Case
from rnn_manual.loops import State, cell_for
from rnn_manual.mistakes.conditions import (
    all_gradients,
    biased,
    bidirectional,
    drops,
    equally_long,
    given_state,
    gru,
    lstm,
    recurrent,
    rnn,
    several_steps,
    sorted_already,
    stacked,
    tanh,
)
from rnn_manual.mistakes.wrong import Condition, Mistake, Net, Wrong, mistake
from rnn_manual.ops import Ops, TorchOps
from rnn_manual.weights import LayerWeights


def of_gradients(
    sentence: str, *conditions: Condition, name: str = ""
) -> Callable[[Wrong], Mistake]:
    """Registers a mistake that shows where all gradients are asked for."""
    return mistake(sentence, all_gradients, *conditions, name=name)


@of_gradients("the gradient stops between steps: h and c detached", recurrent)
def gradient_cut_between_steps(net: Net) -> Net:
    right: Any = cell_for(net.config)
    return net.using(cell=lambda ops, w, x, *s: right(ops, w, x, *(v.detach() for v in s)))


class _Straight(TorchOps):
    def dropout(self, x: Any, p: float) -> Any:
        return super().dropout(x.detach(), p) + (x - x.detach())  # the 0 has x's gradient


def _alive_above(case: Case) -> bool:
    """A relu that reads nothing but zeros is shut; and dropout of 1 leaves nothing else."""
    config = case.config
    return tanh(case) or config.dropout < 1 or config.bias or case.state in ("random", "ones")


@of_gradients("dropout's mask left out of the backward", drops, _alive_above)
def dropout_mask_forgotten(net: Net) -> Net:
    return net.using(ops=_Straight())


# Through a cell.


def _backward_of(
    right: CellBackward, sentence: str, *conditions: Condition
) -> Callable[[CellBackward], Mistake]:
    """Registers a wrong backward of one of the cells; those of all others are right."""

    def register(wrong: CellBackward) -> Mistake:
        def changed(net: Net) -> tuple[Any, Any]:
            asked = cell_backward_for(net.config)
            return net.by_hand(cell_backward=wrong if asked is right else asked)

        return of_gradients(sentence, *conditions, name=wrong.__name__)(changed)

    return register


class _But:
    """Some library's operations, but for those given."""

    def __init__(self, ops: Ops, **others: Callable[..., Any]) -> None:
        self.ops = ops
        vars(self).update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ops, name)


def _in_turn(*functions: Callable[..., Any]) -> Callable[..., Any]:
    """The first at the first call, the second at the second, and so on."""
    turn = iter(functions)
    return lambda *arguments: next(turn)(*arguments)


@of_gradients("what h sends back through W_hh left out", recurrent)
def recurrent_term_missing(net: Net) -> tuple[Any, Any]:
    right = cell_backward_for(net.config)

    def wrong(ops: Any, w: LayerWeights, kept: cells.Kept, *given: Any) -> tuple[Any, ...]:
        dw, dx, dh, *dc = right(ops, w, kept, *given)
        if net.config.kind == "gru":  # z keeps h, and that is no way through W_hh
            _, _, z, _, _ = kept
            return dw, dx, given[0] * z
        return dw, dx, torch.zeros_like(dh), *dc

    return net.by_hand(cell_backward=wrong)


@_backward_of(
    cells.rnn_tanh_backward, "tanh' taken at the state before, not at the new one", rnn, tanh
)
def tanh_derivative_at_the_state_before(
    ops: Any, w: LayerWeights, kept: cells.Kept, dh: Any
) -> tuple[Any, ...]:
    h, _ = kept
    at_h = _But(ops, tanh_backward=lambda dy, new_h: ops.tanh_backward(dy, h))
    return cells.rnn_tanh_backward(at_h, w, kept, dh)


@_backward_of(
    cells.lstm_backward, "c' gets the gradient of later steps only, none through h'", lstm
)
def dc_through_h_missing(
    ops: Any, w: LayerWeights, kept: cells.Kept, dh: Any, dc: Any
) -> tuple[Any, ...]:
    of_c_and_g = _in_turn(lambda dy, y: torch.zeros_like(dy), ops.tanh_backward)
    return cells.lstm_backward(_But(ops, tanh_backward=of_c_and_g), w, kept, dh, dc)


@_backward_of(cells.lstm_backward, "σ' where g needs tanh'", lstm)
def g_derivative_of_sigmoid(
    ops: Any, w: LayerWeights, kept: cells.Kept, dh: Any, dc: Any
) -> tuple[Any, ...]:
    of_c_and_g = _in_turn(ops.tanh_backward, ops.sigmoid_backward)
    return cells.lstm_backward(_But(ops, tanh_backward=of_c_and_g), w, kept, dh, dc)


@_backward_of(cells.lstm_backward, "σ' of i taken at f, and of f at i", lstm)
def i_and_f_derivatives_exchanged(
    ops: Any, w: LayerWeights, kept: cells.Kept, dh: Any, dc: Any
) -> tuple[Any, ...]:
    _, _, i, f, _, o, _ = kept
    at = iter([f, i, o])
    exchanged = _But(ops, sigmoid_backward=lambda dy, y: ops.sigmoid_backward(dy, next(at)))
    return cells.lstm_backward(exchanged, w, kept, dh, dc)


@_backward_of(
    cells.gru_backward,
    "n's gradient not scaled by r on its way to W_hn",
    gru,
    lambda case: biased(case) or recurrent(case),
)
def dn_not_scaled_by_r(ops: Any, w: LayerWeights, kept: cells.Kept, dh: Any) -> tuple[Any, ...]:
    h, _, z, _, _ = kept
    _, dx, _ = cells.gru_backward(ops, w, kept, dh)
    dh_y, dW, db = ops.linear_backward(h, w.weight_hh, dx)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh * z + dh_y


# Through time: what enters, what is summed, what leaves.

_walk_backward: Callable[..., Any] = run_direction_backward


def _with_d_last(net: Net, change: Callable[..., State]) -> tuple[Any, Any]:
    """change: d_last, w, batch_sizes, backward → the gradients that enter at the last steps."""

    def walk(*arguments: Any, backward: bool) -> Any:
        _, _, w, _, sizes, _, d_last = arguments
        return _walk_backward(*arguments[:-1], change(d_last, w, sizes, backward), backward)

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


def _with_found(net: Net, change: Callable[..., tuple[Any, ...]]) -> tuple[Any, Any]:
    """change: the gradients for rows, first state and weights; backward → the same gradients."""

    def walk(*arguments: Any, backward: bool) -> Any:
        return change(*_walk_backward(*arguments, backward=backward), backward)

    return net.by_hand(walk_backward=walk)


@of_gradients("gradients of weights accumulated twice")
def gradients_doubled(net: Net) -> tuple[Any, Any]:
    return _with_found(net, lambda d_rows, d_0, dw, _: (d_rows, d_0, dw.map(lambda d: 2 * d)))


@of_gradients("the backward direction sends nothing back to what it reads", bidirectional)
def dx_of_the_backward_direction_lost(net: Net) -> tuple[Any, Any]:
    return _with_found(
        net,
        lambda d_rows, d_0, dw, backward: (_none(d_rows) if backward else d_rows, d_0, dw),
    )


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

        d_rows, d_0, dw = _walk_backward(ops, recorded, *arguments, backward=backward)
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
