"""The equations, one function a cell: what happens in one layer, one direction, one time step.

Everywhere, x is the step's input product W_ih x_t + b_ih, (B, G·H): it needs no memory, so the
loops take it for all steps at once. h (B, H or P) and c (B, H) are the state of the step before,
and w the layer's weights. The new state is returned, h first.

Below each cell stand its forward, which returns what its backward needs with the new state, and its
backward. From that and dh (and dc), the gradients for the new state, it takes the cell's lines from
the last to the first, each by the chain rule, and returns the gradients for w (by name, without
W_ih and b_ih, which are in x), x and the state before. For y = tanh(a), the gradient
da = dy·(1 - y²); for y = σ(a), da = dy·(1 - y)·y: y is all that is needed, not a.
"""

from __future__ import annotations

from rnn_manual.ops import Ops
from rnn_manual.weights import Array, LayerWeights

State = tuple[Array, ...]  # (h,) or (h, c)
Kept = tuple[Array, ...]  # the state before, and values of the step, for its backward
OfWeights = dict[str, Array]  # weight_hh, bias_hh, weight_hr → gradient


def rnn_tanh(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh). Source: Elman 1990; torch.nn.RNN."""
    h = ops.tanh(x + ops.linear(h, w.weight_hh, w.bias_hh))
    return (h,)


def rnn_tanh_forward(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[State, Kept]:
    """The new state; h and h'."""
    (new_h,) = rnn_tanh(ops, w, x, h)
    return (new_h,), (h, new_h)


def rnn_tanh_backward(
    ops: Ops, w: LayerWeights, kept: Kept, dh: Array
) -> tuple[OfWeights, Array, Array]:
    """Through tanh, and from the sum to both that were added."""
    h, new_h = kept
    dx = ops.tanh_backward(dh, new_h)
    dh, dW, db = ops.linear_backward(h, w.weight_hh, dx)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh


def rnn_relu(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[Array]:
    """h' = max(0, W_ih x + b_ih + W_hh h + b_hh). Source: torch.nn.RNN."""
    h = ops.relu(x + ops.linear(h, w.weight_hh, w.bias_hh))
    return (h,)


def rnn_relu_forward(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[State, Kept]:
    """The new state; h and h'."""
    (new_h,) = rnn_relu(ops, w, x, h)
    return (new_h,), (h, new_h)


def rnn_relu_backward(
    ops: Ops, w: LayerWeights, kept: Kept, dh: Array
) -> tuple[OfWeights, Array, Array]:
    """Through max: whole where h' > 0, nothing where h' = 0, at the kink itself too."""
    h, new_h = kept
    dx = ops.relu_backward(dh, new_h)
    dh, dW, db = ops.linear_backward(h, w.weight_hh, dx)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh


def lstm(ops: Ops, w: LayerWeights, x: Array, h: Array, c: Array) -> State:
    """c' = f·c + i·g and h' = o·tanh(c'), or W_hr (o·tanh(c')) with a projection.

    The gates i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh), and g the same under tanh, each take
    their H rows of the weights, stacked in the order i, f, g, o.
    Source: Hochreiter & Schmidhuber 1997; Sak et al. 2014 (projection); torch.nn.LSTM.
    """
    state, _ = lstm_forward(ops, w, x, h, c)
    return state


def lstm_forward(ops: Ops, w: LayerWeights, x: Array, h: Array, c: Array) -> tuple[State, Kept]:
    """The new state; h, c, i, f, g, o and tanh(c')."""
    i, f, g, o = ops.gates(x + ops.linear(h, w.weight_hh, w.bias_hh), 4)
    i = ops.sigmoid(i)
    f = ops.sigmoid(f)
    g = ops.tanh(g)
    o = ops.sigmoid(o)
    new_c = f * c + i * g
    tanh_c = ops.tanh(new_c)
    new_h = o * tanh_c
    if w.weight_hr is not None:
        new_h = ops.linear(new_h, w.weight_hr)
    return (new_h, new_c), (h, c, i, f, g, o, tanh_c)


def lstm_backward(
    ops: Ops, w: LayerWeights, kept: Kept, dh: Array, dc: Array
) -> tuple[OfWeights, Array, Array, Array]:
    """c' has two gradients: dc, through the steps that follow, and dh·o·tanh', through h'."""
    h, c, i, f, g, o, tanh_c = kept
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


def gru(ops: Ops, w: LayerWeights, x: Array, h: Array) -> State:
    """n = tanh(x_n + r·(W_hn h + b_hn)) and h' = n + z·(h - n).

    The gates r, z = σ(W_ih x + b_ih + W_hh h + b_hh); x_n is the input product's part for n. Each
    takes its H rows of the weights, stacked in the order r, z, n. That r multiplies b_hn too, and
    that z keeps rather than lets in, is PyTorch's choice. Source: Cho et al. 2014; torch.nn.GRU.
    """
    state, _ = gru_forward(ops, w, x, h)
    return state


def gru_forward(ops: Ops, w: LayerWeights, x: Array, h: Array) -> tuple[State, Kept]:
    """The new state; h, r, z, n and y_n, the recurrent product's part for n."""
    H = h.shape[-1]
    x_rz, x_n = ops.split(x, [2 * H, H])
    y_rz, y_n = ops.split(ops.linear(h, w.weight_hh, w.bias_hh), [2 * H, H])
    # r and z are added as one and then taken apart, so that σ finds them strided, as in nn.
    r, z = ops.gates(x_rz + y_rz, 2)
    r = ops.sigmoid(r)
    z = ops.sigmoid(z)
    n = ops.tanh(x_n + r * y_n)
    return (n + z * (h - n),), (h, r, z, n, y_n)


def gru_backward(
    ops: Ops, w: LayerWeights, kept: Kept, dh: Array
) -> tuple[OfWeights, Array, Array]:
    """h acts on h' by itself, where z keeps it, and through W_hh, whose share in n r has scaled."""
    h, r, z, n, y_n = kept
    dz = ops.sigmoid_backward(dh * (h - n), z)
    dn = ops.tanh_backward(dh - dh * z, n)
    dr = ops.sigmoid_backward(dn * y_n, r)
    dx, dy = ops.concat([dr, dz, dn], -1), ops.concat([dr, dz, dn * r], -1)
    dh_y, dW, db = ops.linear_backward(h, w.weight_hh, dy)
    return {"weight_hh": dW, "bias_hh": db}, dx, dh * z + dh_y
