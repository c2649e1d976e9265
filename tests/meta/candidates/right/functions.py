"""Correct functions, written differently from torch.nn and from the loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import rnn_manual
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.modes.cells import stepped
from rnn_manual.config import GATES, Config
from rnn_manual.layout import run, state_given, state_tuple
from rnn_manual.ops import TorchOps
from rnn_manual.parity import Unsupported
from rnn_manual.weights import read_weights


def gates_one_by_one(module: nn.RNNBase) -> Callable[..., Any]:
    """Each gate by a matmul of its own, the sums in another order."""
    kind, _, nonlinearity = module.mode.lower().partition("_")

    def cell(ops: Any, w: Any, x: Any, *state: Any) -> Any:
        h, G = state[0], len(GATES[kind])
        products = [(W * h.unsqueeze(-2)).sum(-1) for W in w.weight_hh.unsqueeze(0).chunk(G, -2)]
        biases = [0] * G if w.bias_hh is None else w.bias_hh.chunk(G)
        xs = x.chunk(G, -1)
        sums = [a + b + y for a, b, y in zip(xs, biases, products, strict=True)]
        if kind == "rnn":
            return ((torch.tanh if nonlinearity == "tanh" else torch.relu)(sums[0]),)
        if kind == "gru":
            r, z = torch.sigmoid(sums[0]), torch.sigmoid(sums[1])
            n = torch.tanh(xs[2] + r * (products[2] + biases[2]))
            return ((1 - z) * n + z * h,)
        i, f, g, o = sums
        c = torch.sigmoid(i) * torch.tanh(g) + torch.sigmoid(f) * state[1]
        h = torch.sigmoid(o) * torch.tanh(c)
        return (h if w.weight_hr is None else h @ w.weight_hr.T), c

    return lambda x, hx=None: looped(module, x, hx, cell=cell)


def looped(module: nn.RNNBase, x: Any, hx: Any, **arithmetic: Any) -> Any:
    """The loops with other equations or arithmetic."""
    config, weights = Config.of(module), read_weights(module)
    return run(config, weights, x, hx, training=module.training, **arithmetic)


def cells_stepped_by_hand(module: nn.RNNBase) -> Callable[..., Any]:
    """nn.RNNCell, nn.LSTMCell or nn.GRUCell, one call a step."""
    step = stepped(Built(Config.of(module), module, module)).call

    def call(input: Any, hx: Any = None) -> Any:
        if hasattr(input, "batch_sizes") or (module.training and module.dropout):
            raise Unsupported("packed input and dropout")
        return step(input, hx)

    return call


def in_numpy(module: nn.RNNBase) -> Callable[..., Any]:
    """The NumPy loops at the layer's own precision: other BLAS, other tanh, no gradients."""
    if module.weight_ih_l0.dtype == torch.bfloat16:
        raise Unsupported("NumPy has no bfloat16")
    config, arrays = Config.of(module), rnn_manual.as_numpy(rnn_manual.copy_weights(module))

    def call(input: Any, hx: Any = None) -> Any:
        if hasattr(input, "batch_sizes") or (module.training and config.dropout):
            raise Unsupported("packed input and dropout")
        given = None
        if hx is not None:
            given = state_given(config, [s.detach().numpy() for s in state_tuple(config, hx)])
        with np.errstate(invalid="ignore"):
            out, last = run(config, arrays, input.detach().numpy(), given)
        states = [torch.from_numpy(np.ascontiguousarray(s)) for s in state_tuple(config, last)]
        return torch.from_numpy(np.ascontiguousarray(out)), state_given(config, states)

    return call


class SequentialSums(TorchOps):
    """Every matmul as a naive loop has it: one product after the other, each sum rounded."""

    def linear(self, x: Any, weight: Any, bias: Any = None) -> Any:
        total = torch.zeros(*x.shape[:-1], len(weight), dtype=x.dtype, device=x.device)
        for k in range(weight.shape[1]):
            total = total + x[..., k : k + 1] * weight[:, k]
        return total if bias is None else total + bias


def summed_in_sequence(module: nn.RNNBase) -> Callable[..., Any]:
    """The loops over `SequentialSums`."""
    ops = SequentialSums()
    return lambda x, hx=None: looped(module, x, hx, ops=ops)


def without_onednn(module: nn.RNNBase) -> Callable[..., Any]:
    """torch.nn on the CPU's own kernels."""

    def call(input: Any, hx: Any = None) -> Any:
        with torch.backends.mkldnn.flags(enabled=False):
            return module(input, hx)

    return call


def with_a_copy_of_the_weights(module: nn.RNNBase) -> Callable[..., Any]:
    """One matmul of [x, h] a step on weights that it copied and joined: no gradient of them."""
    config = Config.of(module)
    if config.kind != "lstm" or config.proj_size:
        raise Unsupported("all but LSTMs without projection")
    joined = [
        [(torch.cat([w.weight_ih, w.weight_hh], 1), _sum_of(w)) for w in layer]
        for layer in rnn_manual.copy_weights(module)
    ]

    def one_direction(x: Any, h: Any, c: Any, W: Any, b: Any, backward: bool) -> Any:
        outs = []
        for x_t in x.flip(0) if backward else x:
            i, f, g, o = (torch.cat([x_t, h], -1) @ W.T + b).chunk(4, -1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outs.append(h)
        return torch.stack(outs[::-1] if backward else outs), h, c

    def call(input: Any, hx: Any = None) -> Any:
        if hasattr(input, "batch_sizes") or (module.training and config.dropout):
            raise Unsupported("packed input and dropout")
        batched = input.dim() == 3
        x = input if batched else input.unsqueeze(1)
        x = x.transpose(0, 1) if config.batch_first and batched else x
        shape = (config.num_rows, x.shape[1], config.hidden_size)
        h_0, c_0 = hx or (x.new_zeros(shape), x.new_zeros(shape))
        h_0, c_0 = h_0.reshape(shape), c_0.reshape(shape)
        last = []
        for k, layer in enumerate(joined):
            outs = []
            for d, (W, b) in enumerate(layer):
                row = config.row(k, d)
                out, h, c = one_direction(x, h_0[row], c_0[row], W, b, d == 1)
                outs.append(out)
                last.append((h, c))
            x = torch.cat(outs, -1)
        h_n, c_n = (torch.stack(s) for s in zip(*last, strict=True))
        if not batched:
            return x.squeeze(1), (h_n.squeeze(1), c_n.squeeze(1))
        return (x.transpose(0, 1) if config.batch_first else x), (h_n, c_n)

    return call


def _sum_of(w: Any) -> Any:
    return 0 if w.bias_ih is None else w.bias_ih + w.bias_hh


RIGHT: dict[str, Callable[..., Any]] = {
    "torch.nn": lambda module: module,
    "without oneDNN": without_onednn,
    "gates one by one": gates_one_by_one,
    "cells stepped by hand": cells_stepped_by_hand,
    "summed in sequence": summed_in_sequence,
    "NumPy": in_numpy,
    "a copy of the weights": with_a_copy_of_the_weights,
}
