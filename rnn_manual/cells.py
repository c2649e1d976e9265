"""The equations, one function a cell: what happens in one layer, one direction, one time step.

Everywhere, x is the step's input product W_ih x_t + b_ih, (B, G·H): it needs no memory, so the
loops take it for all steps at once. h (B, H or P) and c (B, H) are the state of the step before,
and w the layer's weights. The new state is returned, h first.
"""

from __future__ import annotations

from rnn_manual.ops import Ops
from rnn_manual.weights import Array, LayerWeights


def rnn_tanh(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh). Source: Elman 1990; torch.nn.RNN."""
    h = ops.tanh(x + ops.linear(h, w.weight_hh, w.bias_hh))
    return (h,)


def rnn_relu(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """h' = max(0, W_ih x + b_ih + W_hh h + b_hh). Source: torch.nn.RNN."""
    h = ops.relu(x + ops.linear(h, w.weight_hh, w.bias_hh))
    return (h,)


def lstm(ops: Ops, w: LayerWeights, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    """c' = f·c + i·g and h' = o·tanh(c'), or W_hr (o·tanh(c')) with a projection.

    The gates i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh), and g the same under tanh, each take
    their H rows of the weights, stacked in the order i, f, g, o.
    Source: Hochreiter & Schmidhuber 1997; Sak et al. 2014 (projection); torch.nn.LSTM.
    """
    i, f, g, o = ops.gates(x + ops.linear(h, w.weight_hh, w.bias_hh), 4)
    i = ops.sigmoid(i)
    f = ops.sigmoid(f)
    g = ops.tanh(g)
    o = ops.sigmoid(o)
    c = f * c + i * g
    h = o * ops.tanh(c)
    return (h if w.weight_hr is None else ops.linear(h, w.weight_hr)), c


def gru(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """n = tanh(x_n + r·(W_hn h + b_hn)) and h' = n + z·(h - n).

    The gates r, z = σ(W_ih x + b_ih + W_hh h + b_hh); x_n is the input product's part for n. Each
    takes its H rows of the weights, stacked in the order r, z, n. That r multiplies b_hn too, and
    that z keeps rather than lets in, is PyTorch's choice. Source: Cho et al. 2014; torch.nn.GRU.
    """
    H = h.shape[-1]
    x_rz, x_n = ops.split(x, [2 * H, H])
    y_rz, y_n = ops.split(ops.linear(h, w.weight_hh, w.bias_hh), [2 * H, H])
    # r and z are added as one and then taken apart, so that σ finds them strided, as in nn.
    r, z = ops.gates(x_rz + y_rz, 2)
    r = ops.sigmoid(r)
    z = ops.sigmoid(z)
    n = ops.tanh(x_n + r * y_n)
    return (n + z * (h - n),)
