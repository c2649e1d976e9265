"""The equations, one function a cell: what happens in one layer, one direction, one time step.

Everywhere, x is the step's input product W_ih x_t + b_ih, (B, G·H): it needs no memory, so the
loops take it for all steps at once. h (B, H or P) and c (B, H) are the state of the step before,
and w the layer's weights. The new state is returned, h first.

Below each cell stands its backward. From dh (and dc), the gradients for the new state, it takes the
cell's lines from the last to the first, each by the chain rule, and returns the gradients for w (by
name, without W_ih and b_ih, which are in x), x and the state before. For y = tanh(a), the gradient
da = dy·(1 - y²); for y = σ(a), da = dy·(1 - y)·y: y is all that is needed, not a. The gates are
computed once more: only x and the states are kept.
"""

from __future__ import annotations

from rnn_manual.ops import Ops
from rnn_manual.weights import Array, LayerWeights

OfWeights = dict[str, Array]  # weight_hh, bias_hh, weight_hr → gradient


def rnn_tanh(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh). Source: Elman 1990; torch.nn.RNN."""
    h = ops.tanh(x + ops.linear(h, w.weight_hh, w.bias_hh))
    return (h,)


def rnn_tanh_backward(
    ops: Ops, w: LayerWeights, x: Array, h: Array, dh: Array
) -> tuple[OfWeights, Array, Array]:
    """Through tanh, and from the sum to both that were added."""
    (new_h,) = rnn_tanh(ops, w, x, h)
    dx = ops.tanh_backward(dh, new_h)
    dh, dW, db = ops.linear_backward(h, w.weight_hh, dx)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh


def rnn_relu(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """h' = max(0, W_ih x + b_ih + W_hh h + b_hh). Source: torch.nn.RNN."""
    h = ops.relu(x + ops.linear(h, w.weight_hh, w.bias_hh))
    return (h,)


def rnn_relu_backward(
    ops: Ops, w: LayerWeights, x: Array, h: Array, dh: Array
) -> tuple[OfWeights, Array, Array]:
    """Through max: whole where h' > 0, nothing where h' = 0, at the kink itself too."""
    (new_h,) = rnn_relu(ops, w, x, h)
    dx = ops.relu_backward(dh, new_h)
    dh, dW, db = ops.linear_backward(h, w.weight_hh, dx)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh


def lstm_gates(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array, ...]:
    """i, f, g, o."""
    i, f, g, o = ops.gates(x + ops.linear(h, w.weight_hh, w.bias_hh), 4)
    i = ops.sigmoid(i)
    f = ops.sigmoid(f)
    g = ops.tanh(g)
    o = ops.sigmoid(o)
    return i, f, g, o


def lstm(ops: Ops, w: LayerWeights, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    """c' = f·c + i·g and h' = o·tanh(c'), or W_hr (o·tanh(c')) with a projection.

    The gates i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh), and g the same under tanh, each take
    their H rows of the weights, stacked in the order i, f, g, o.
    Source: Hochreiter & Schmidhuber 1997; Sak et al. 2014 (projection); torch.nn.LSTM.
    """
    i, f, g, o = lstm_gates(ops, w, x, h)
    c = f * c + i * g
    h = o * ops.tanh(c)
    return (h if w.weight_hr is None else ops.linear(h, w.weight_hr)), c


def lstm_backward(
    ops: Ops, w: LayerWeights, x: Array, h: Array, c: Array, dh: Array, dc: Array
) -> tuple[OfWeights, Array, Array, Array]:
    """c' has two gradients: dc, through the steps that follow, and dh·o·tanh', through h'."""
    i, f, g, o = lstm_gates(ops, w, x, h)
    new_c = f * c + i * g
    tanh_c = ops.tanh(new_c)
    dw: OfWeights = {}
    if w.weight_hr is not None:
        dh, dw["weight_hr"], _ = ops.linear_backward(o * tanh_c, w.weight_hr, dh)
    dc = dc + ops.tanh_backward(dh * o, tanh_c)
    di = ops.sigmoid_backward(dc * g, i)
    df = ops.sigmoid_backward(dc * c, f)
    dg = ops.tanh_backward(dc * i, g)
    do = ops.sigmoid_backward(dh * tanh_c, o)
    dx = ops.concat([di, df, dg, do], -1)
    dh, dw["weight_hh"], dw["bias_hh"] = ops.linear_backward(h, w.weight_hh, dx)
    return dw, dx, dh, dc * f


def gru_gates(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array, ...]:
    """r, z, n, and the recurrent product's part for n."""
    H = h.shape[-1]
    x_rz, x_n = ops.split(x, [2 * H, H])
    y_rz, y_n = ops.split(ops.linear(h, w.weight_hh, w.bias_hh), [2 * H, H])
    # r and z are added as one and then taken apart, so that σ finds them strided, as in nn.
    r, z = ops.gates(x_rz + y_rz, 2)
    r = ops.sigmoid(r)
    z = ops.sigmoid(z)
    return r, z, ops.tanh(x_n + r * y_n), y_n


def gru(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """n = tanh(x_n + r·(W_hn h + b_hn)) and h' = n + z·(h - n).

    The gates r, z = σ(W_ih x + b_ih + W_hh h + b_hh); x_n is the input product's part for n. Each
    takes its H rows of the weights, stacked in the order r, z, n. That r multiplies b_hn too, and
    that z keeps rather than lets in, is PyTorch's choice. Source: Cho et al. 2014; torch.nn.GRU.
    """
    _, z, n, _ = gru_gates(ops, w, x, h)
    return (n + z * (h - n),)


def gru_backward(
    ops: Ops, w: LayerWeights, x: Array, h: Array, dh: Array
) -> tuple[OfWeights, Array, Array]:
    """h acts on h' by itself, where z keeps it, and through W_hh, whose share in n r has scaled."""
    r, z, n, y_n = gru_gates(ops, w, x, h)
    dz = ops.sigmoid_backward(dh * (h - n), z)
    dn = ops.tanh_backward(dh - dh * z, n)
    dr = ops.sigmoid_backward(dn * y_n, r)
    dx, dy = ops.concat([dr, dz, dn], -1), ops.concat([dr, dz, dn * r], -1)
    dh_y, dW, db = ops.linear_backward(h, w.weight_hh, dy)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh * z + dh_y
