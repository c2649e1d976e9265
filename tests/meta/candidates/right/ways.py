"""More correct layers: other ways to go through time, to join weights and to keep results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnn_manual.config import Config
from rnn_manual.layout import state_given, state_tuple
from rnn_manual.parity import Unsupported
from rnn_manual.weights import LayerWeights, read_weights

# One direction of one layer over one padded batch: (T, B, features), states -> outs, last states.
Direction = Callable[[Config, LayerWeights, Any, list[Any]], tuple[Any, list[Any]]]


def layer_of(direction: Direction) -> Callable[..., Any]:
    """A candidate that runs every sequence of a packed batch by itself, and reverses by index."""

    def build(module: nn.RNNBase) -> Callable[..., Any]:
        config = Config.of(module)

        def whole(x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
            ends = []
            for k, layer in enumerate(read_weights(module)):
                outs = []
                for d, w in enumerate(layer):
                    turned = torch.arange(len(x) - 1, -1, -1) if d else torch.arange(len(x))
                    start = [s[config.row(k, d)] for s in states]
                    out, end = direction(config, w, x.index_select(0, turned), start)
                    outs.append(out.index_select(0, turned))
                    ends.append(end)
                x = torch.cat(outs, -1)
            return x, [torch.stack(rows) for rows in zip(*ends, strict=True)]

        def call(input: Any, hx: Any = None) -> Any:
            if module.training and config.dropout and config.num_layers > 1:
                raise Unsupported("dropout")
            if isinstance(input, PackedSequence):
                return packed(input, hx)
            batched = input.dim() == 3
            x = input if batched else input[:, None]
            x = x.transpose(0, 1) if config.batch_first and batched else x
            out, last = whole(x, given(x, hx, batched))
            if not batched:
                return out[:, 0], state_given(config, [s[:, 0] for s in last])
            out = out.transpose(0, 1) if config.batch_first else out
            return out.clone(), state_given(config, last)

        def given(x: Any, hx: Any, batched: bool) -> list[Any]:
            if hx is not None:
                return [s if batched else s[:, None] for s in state_tuple(config, hx)]
            sizes = [config.state_size(letter) for letter in config.states]
            return [x.new_zeros(config.num_rows, x.shape[1], size) for size in sizes]

        def packed(input: Any, hx: Any) -> Any:
            padded, lengths = pad_packed_sequence(input)
            states = given(padded, hx, True)
            found = [
                whole(padded[:length, b : b + 1], [s[:, b : b + 1] for s in states])
                for b, length in enumerate(lengths.tolist())
            ]
            outs = [F.pad(out, (0, 0, 0, 0, 0, len(padded) - len(out))) for out, _ in found]
            order = input.sorted_indices
            order = torch.arange(len(lengths)) if order is None else order
            rows = pack_padded_sequence(torch.cat(outs, 1)[:, order], lengths[order.cpu()]).data
            last = [torch.cat(each, 1) for each in zip(*(last for _, last in found), strict=True)]
            return input._replace(data=rows), state_given(config, last)

        return call

    return build


def _activations(config: Config, a: Any, y_n: Any, state: list[Any]) -> list[Any]:
    """The new state, from each gate's sum, (G, …); y_n: what a GRU's r multiplies."""
    if config.kind == "rnn":
        return [(torch.tanh if config.nonlinearity == "tanh" else F.relu)(a[0])]
    if config.kind == "gru":
        r, z = torch.sigmoid(a[:2])
        n = torch.tanh(a[2] + r * y_n)
        return [torch.lerp(n, state[0], z)]
    i, f, o = torch.sigmoid(a[[0, 1, 3]])
    c = torch.addcmul(i * torch.tanh(a[2]), f, state[1])
    return [o * torch.tanh(c), c]


def by_einsum(config: Config, w: LayerWeights, x: Any, state: list[Any]) -> tuple[Any, list[Any]]:
    """Each gate an axis of its own; what comes out written into a tensor made beforehand."""
    G, H = len(config.gates), config.hidden_size
    W_ih, W_hh = (array.view(G, H, -1) for array in (w.weight_ih, w.weight_hh))
    b_ih, b_hh = (0, 0) if w.bias_ih is None else (b.view(G, 1, H) for b in (w.bias_ih, w.bias_hh))
    xs = torch.einsum("tbi,ghi->tgbh", x, W_ih)
    outs = x.new_zeros(*x.shape[:2], config.output_size)
    for t in range(len(x)):
        y = torch.einsum("bp,ghp->gbh", state[0], W_hh) + b_hh
        a = xs[t] + b_ih + y
        if config.kind == "gru":
            a = torch.cat([a[:2], (xs[t] + b_ih)[2:]])
        h, *c = _activations(config, a, y[-1], state)
        state = [h if w.weight_hr is None else torch.einsum("bh,ph->bp", h, w.weight_hr), *c]
        outs = outs.index_put((torch.tensor(t),), state[0])
    return outs, state


def joined(config: Config, w: LayerWeights, x: Any, state: list[Any]) -> tuple[Any, list[Any]]:
    """[x, h] times [W_ih, W_hh], one step calling the next.

    But for a GRU's n: zeros in its weights would make two products of it, and NaN of an infinity.
    """
    H, gru = config.hidden_size, config.kind == "gru"
    rows = 2 * H if gru else None
    W = torch.cat([w.weight_ih[:rows], w.weight_hh[:rows]], 1)
    b_ih, b_hh = w.bias_ih, w.bias_hh
    b = None if b_ih is None else (b_ih + b_hh)[:rows]

    def own(array: Any, weight: Any, bias: Any) -> Any:
        return F.linear(array, weight[2 * H :], None if bias is None else bias[2 * H :])

    def from_step(t: int, state: list[Any]) -> tuple[list[Any], list[Any]]:
        if t == len(x):
            return [], state
        a = list(F.linear(torch.cat([x[t], state[0]], 1), W, b).split(H, 1))
        y_n = own(state[0], w.weight_hh, b_hh) if gru else None
        a += [own(x[t], w.weight_ih, b_ih)] * gru
        h, *c = _activations(config, torch.stack(a), y_n, state)
        state = [h if w.weight_hr is None else F.linear(h, w.weight_hr), *c]
        outs, last = from_step(t + 1, state)
        return [state[0], *outs], last

    outs, last = from_step(0, list(state))
    return torch.stack(outs), last


class Cell(torch.autograd.Function):
    """A step of an RNN with a backward of its own, of what it saved; differentiable again."""

    @staticmethod
    def forward(ctx: Any, relu: bool, x: Any, h: Any, W_ih: Any, W_hh: Any, b: Any) -> Any:
        a = x @ W_ih.T + h @ W_hh.T + b
        ctx.relu, y = relu, a.clamp(min=0) if relu else a.tanh()
        ctx.save_for_backward(x, h, W_ih, W_hh, y)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Any) -> Any:
        x, h, W_ih, W_hh, y = ctx.saved_tensors
        da = torch.where(y > 0, dy, torch.zeros_like(dy)) if ctx.relu else dy * (1 + y) * (1 - y)
        return None, da @ W_ih, da @ W_hh, da.T @ x, da.T @ h, da.sum(0)


def own_function(
    config: Config, w: LayerWeights, x: Any, state: list[Any]
) -> tuple[Any, list[Any]]:
    """Plain RNNs, each step a function of autograd's."""
    if config.kind != "rnn":
        raise Unsupported("all but plain RNNs")
    zero = w.weight_hh.new_zeros(config.hidden_size)
    b = zero if w.bias_ih is None else w.bias_ih + w.bias_hh
    h, outs = state[0], []
    for x_t in x.unbind(0):
        h = Cell.apply(config.nonlinearity == "relu", x_t, h, w.weight_ih, w.weight_hh, b)  # type: ignore[no-untyped-call]
        outs.append(h)
    return torch.stack(outs), [h]


WAYS = {
    "by einsum": layer_of(by_einsum),
    "joined weights, recursive": layer_of(joined),
    "a function of its own": layer_of(own_function),
}
