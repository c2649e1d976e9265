"""Wrong backwards of a cell, with one term other than in `cells.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual import cells
from rnn_manual.backprop import CellBackward, cell_backward_for
from rnn_manual.mistakes.conditions import biased, gru, lstm, recurrent, rnn, tanh
from rnn_manual.mistakes.gradients.registering import of_gradients
from rnn_manual.mistakes.wrong import Condition, Mistake, Net
from rnn_manual.ops import Ops
from rnn_manual.weights import LayerWeights


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
