"""Mistakes about weights: exchanged, dropped, turned, shared."""

from __future__ import annotations

from dataclasses import replace

import torch

from rnn_manual.mistakes.conditions import (
    biased,
    bidirectional,
    gru,
    lstm,
    reads_state,
    recurrent,
    tanh,
    unprojected,
)
from rnn_manual.mistakes.wrong import Condition, Mistake, Net, mistake
from rnn_manual.weights import LayerWeights


def _gates_exchanged(kind: Condition, a: str, b: str) -> Mistake:
    swap = {a: b, b: a}

    def exchanged(net: Net) -> Net:
        gates = net.config.gates

        def rows(weight: torch.Tensor) -> torch.Tensor:
            block = dict(zip(gates, weight.chunk(len(gates)), strict=True))
            return torch.cat([block[swap.get(gate, gate)] for gate in gates])

        def stacked_gates(w: LayerWeights) -> LayerWeights:
            return w._replace(weight_hr=None).map(rows)._replace(weight_hr=w.weight_hr)

        return net.reweighted(stacked_gates)

    return mistake(f"gates {a} and {b} exchanged", kind, name=f"gates_{a}_{b}_exchanged")(exchanged)


gates_i_f_exchanged = _gates_exchanged(lstm, "i", "f")
gates_i_g_exchanged = _gates_exchanged(lstm, "i", "g")
gates_i_o_exchanged = _gates_exchanged(lstm, "i", "o")
gates_f_g_exchanged = _gates_exchanged(lstm, "f", "g")
gates_f_o_exchanged = _gates_exchanged(lstm, "f", "o")
gates_g_o_exchanged = _gates_exchanged(lstm, "g", "o")
gates_r_z_exchanged = _gates_exchanged(gru, "r", "z")
gates_r_n_exchanged = _gates_exchanged(gru, "r", "n")
gates_z_n_exchanged = _gates_exchanged(gru, "z", "n")


@mistake("b_ih dropped", biased)
def bias_ih_dropped(net: Net) -> Net:
    return net.reweighted(lambda w: w._replace(bias_ih=None))


@mistake("b_hh dropped", biased)
def bias_hh_dropped(net: Net) -> Net:
    return net.reweighted(lambda w: w._replace(bias_hh=None))


@mistake(
    "W_hh transposed, gate by gate",
    recurrent,
    unprojected,
    lambda case: case.config.hidden_size > 1,
)
def weight_hh_transposed(net: Net) -> Net:
    def turned(weight: torch.Tensor) -> torch.Tensor:
        return torch.cat([gate.T for gate in weight.chunk(len(net.config.gates))])

    if net.config.proj_size:
        return net
    return net.reweighted(lambda w: w._replace(weight_hh=turned(w.weight_hh)))


# (With relu, the element may lead to a unit that is shut.)
@mistake("one element of the first layer's W_hh off by 1e-2", reads_state, tanh)
def weight_off_by_1e_2(net: Net) -> Net:
    (first, *others), *above = net.weights
    offset = torch.zeros_like(first.weight_hh)
    offset[0, 0] = 1e-2
    off = first._replace(weight_hh=first.weight_hh + offset)
    return replace(net, weights=((off, *others), *above))


@mistake("no recurrence: W_hh h left out", recurrent)
def no_recurrence(net: Net) -> Net:
    return net.reweighted(lambda w: w._replace(weight_hh=w.weight_hh * 0))


@mistake("the backward direction computes with the forward weights", bidirectional)
def one_set_of_weights(net: Net) -> Net:
    return replace(net, weights=tuple((layer[0],) * len(layer) for layer in net.weights))
