"""Mistakes in the equations of a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual import cells
from rnn_manual.cases.case import Case
from rnn_manual.loops import cell_for
from rnn_manual.mistakes.conditions import biased, gru, lstm, recurrent, rnn
from rnn_manual.mistakes.wrong import Condition, Mistake, Net, mistake
from rnn_manual.weights import LayerWeights


@mistake("the other nonlinearity: relu for tanh, or tanh for relu", rnn)
def other_nonlinearity(net: Net) -> Net:
    other = {cells.rnn_tanh: cells.rnn_relu, cells.rnn_relu: cells.rnn_tanh}
    cell: Any = cell_for(net.config)
    return net.using(cell=other.get(cell, cell))


def _lstm(
    sentence: str,
    name: str,
    f: Callable[[Any], Any] = torch.sigmoid,
    g: Callable[[Any], Any] = torch.tanh,
    new_c: Callable[..., Any] = lambda i, f, g, c: f * c + i * g,
    squash: Callable[[Any], Any] = torch.tanh,
    shows: Callable[[Case], bool] = lstm,
) -> Mistake:
    """An LSTM one of whose equations is another."""

    def cell(ops: Any, w: LayerWeights, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        gates = ops.gates(x + ops.linear(h, w.weight_hh, w.bias_hh), 4)
        c = new_c(torch.sigmoid(gates[0]), f(gates[1]), g(gates[2]), c)
        h = torch.sigmoid(gates[3]) * squash(c)
        return (h if w.weight_hr is None else ops.linear(h, w.weight_hr)), c

    def changed(net: Net) -> Net:
        return net.using(cell=cell) if net.config.kind == "lstm" else net

    return mistake(sentence, lstm, shows, name=name)(changed)


c_not_squashed = _lstm("h' = o·c', without tanh", "c_not_squashed", squash=lambda c: c)
g_under_sigmoid = _lstm("g under σ, not tanh", "g_under_sigmoid", g=torch.sigmoid)
i_left_out = _lstm("c' = f·c + g, without i", "i_left_out", new_c=lambda i, f, g, c: f * c + g)
forget_bias_of_1 = _lstm(
    "1 added to the forget gate",
    "forget_bias_of_1",
    f=lambda f: torch.sigmoid(f + 1),
    shows=recurrent,
)
gates_coupled = _lstm(
    "f = 1 - i",
    "gates_coupled",
    new_c=lambda i, f, g, c: (1 - i) * c + i * g,
    shows=recurrent,
)


def _gru(
    sentence: str,
    name: str,
    n: Callable[..., Any] = lambda ops, w, r, x_n, y_n, h: x_n + r * y_n,
    new_h: Callable[..., Any] = lambda n, z, h: n + z * (h - n),
    conditions: tuple[Condition, ...] = (gru,),
) -> Mistake:
    """A GRU one of whose equations is another; n gives the candidate state before its tanh."""

    def cell(ops: Any, w: LayerWeights, x: Any, h: Any) -> tuple[Any]:
        y = ops.linear(h, w.weight_hh, w.bias_hh)
        (x_r, x_z, x_n), (y_r, y_z, y_n) = ops.gates(x, 3), ops.gates(y, 3)
        r, z = torch.sigmoid(x_r + y_r), torch.sigmoid(x_z + y_z)
        return (new_h(torch.tanh(n(ops, w, r, x_n, y_n, h)), z, h),)

    def changed(net: Net) -> Net:
        return net.using(cell=cell) if net.config.kind == "gru" else net

    return mistake(sentence, *conditions, name=name)(changed)


def _where_order_matters(case: Case) -> bool:
    """With one unit and no bias, r·(W h) and W (r·h) are the same."""
    return case.config.bias or (recurrent(case) and case.config.hidden_size > 1)


def _reset_first(ops: Any, w: LayerWeights, r: Any, x_n: Any, y_n: Any, h: Any) -> Any:
    bias = None if w.bias_hh is None else w.bias_hh.chunk(3)[2]
    return x_n + ops.linear(r * h, w.weight_hh.chunk(3)[2], bias)


def _bias_not_reset(ops: Any, w: LayerWeights, r: Any, x_n: Any, y_n: Any, h: Any) -> Any:
    bias = 0 if w.bias_hh is None else w.bias_hh.chunk(3)[2]
    return x_n + r * (y_n - bias) + bias


z_lets_in = _gru(
    "h' = h + z·(n - h): z lets in instead of keeping",
    "z_lets_in",
    new_h=lambda n, z, h: h + z * (n - h),
)
reset_before_the_matmul = _gru(
    "r applied to h before the matmul, as in the paper's third version",
    "reset_before_the_matmul",
    n=_reset_first,
    conditions=(
        gru,
        lambda case: case.config.bias or (recurrent(case) and case.config.hidden_size > 1),
    ),
)
b_hn_outside_the_reset = _gru(
    "b_hn added outside r·(…)",
    "b_hn_outside_the_reset",
    n=_bias_not_reset,
    conditions=(gru, biased),
)
r_left_out = _gru(
    "n = tanh(x_n + y_n), without r",
    "r_left_out",
    n=lambda ops, w, r, x_n, y_n, h: x_n + y_n,
    conditions=(gru, lambda case: case.config.bias or recurrent(case)),
)
