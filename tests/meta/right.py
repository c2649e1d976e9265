"""Correct candidates, written differently from torch.nn and from the loops."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import rnn_manual
from rnn_manual.config import Config
from rnn_manual.layout import run, state_given, state_tuple
from rnn_manual.ops import TorchOps
from rnn_manual.parity import Unsupported
from rnn_manual.weights import read_weights


def gates_one_by_one(module: nn.RNNBase) -> Callable[..., Any]:
    """Each gate by a matmul of its own, the sums in another order."""

    def cell(ops: Any, w: Any, x: Any, h: Any, c: Any = None) -> Any:
        G = 1 if c is None else 4
        parts = [
            x_gate + (0 if b is None else b) + (W * h.unsqueeze(-2)).sum(-1)
            for x_gate, W, b in zip(
                x.unsqueeze(-1).chunk(G, -2),
                w.weight_hh.unsqueeze(0).chunk(G, -2),
                [None] * G if w.bias_hh is None else w.bias_hh.unsqueeze(-1).chunk(G, 0),
                strict=True,
            )
            for x_gate, b in [(x_gate.squeeze(-1), None if b is None else b.squeeze(-1))]
        ]
        if c is None:
            f = torch.tanh if module.mode == "RNN_TANH" else torch.relu
            return (f(parts[0]),)
        i, f, g, o = parts
        c = torch.sigmoid(i) * torch.tanh(g) + torch.sigmoid(f) * c
        h = torch.sigmoid(o) * torch.tanh(c)
        return (h if w.weight_hr is None else h @ w.weight_hr.T), c

    return lambda x, hx=None: run(Config.of(module), read_weights(module), x, hx, cell=cell)


def cells_stepped_by_hand(module: nn.RNNBase) -> Callable[..., Any]:
    """nn.RNNCell or nn.LSTMCell, one call a step."""
    config = Config.of(module)
    if config.proj_size:
        raise Unsupported("nn.LSTMCell has no proj_size")

    def cell_of(layer: int, direction: int) -> nn.Module:
        features = config.layer_input_size(layer)
        if config.kind == "lstm":
            cell: nn.Module = nn.LSTMCell(features, config.hidden_size, config.bias)
        else:
            cell = nn.RNNCell(features, config.hidden_size, config.bias, config.nonlinearity)
        for role, name in config.parameter_names(layer, direction).items():
            setattr(cell, role, getattr(module, name))  # the same Parameter, not a copy
        return cell

    def call(input: Any, hx: Any = None) -> Any:
        if hasattr(input, "batch_sizes"):
            raise Unsupported("packed input")
        x = input.unsqueeze(1) if input.dim() == 2 else input
        x = x.transpose(0, 1) if config.batch_first and input.dim() == 3 else x
        if hx is None:
            sizes = [config.state_size(letter) for letter in config.states]
            start = [x.new_zeros(config.num_rows, x.shape[1], size) for size in sizes]
        else:
            start = [s.unsqueeze(1) if input.dim() == 2 else s for s in state_tuple(config, hx)]
        rows = []
        for layer in range(config.num_layers):
            outs = []
            for direction in range(config.num_directions):
                cell, row = cell_of(layer, direction), config.row(layer, direction)
                state = state_given(config, [s[row] for s in start])
                steps = []
                for x_t in x.flip(0) if direction else x:
                    state = cell(x_t, state)
                    steps.append(state_tuple(config, state)[0])
                outs.append(torch.stack(steps[::-1] if direction else steps))
                rows.append(state_tuple(config, state))
            x = torch.cat(outs, -1)
        last = [torch.stack(s) for s in zip(*rows, strict=True)]
        if input.dim() == 2:
            return x.squeeze(1), state_given(config, [s.squeeze(1) for s in last])
        out = x.transpose(0, 1) if config.batch_first else x
        return out, state_given(config, last)

    return call


def compiled(module: nn.RNNBase) -> Callable[..., Any]:
    """torch.compile, by inductor where there is a C++ compiler for it."""
    backend = "inductor" if shutil.which("g++") or shutil.which("clang++") else "aot_eager"
    return torch.compile(module, backend=backend)


def in_numpy(module: nn.RNNBase) -> Callable[..., Any]:
    """The NumPy loops at the layer's own precision: other BLAS, other tanh, no gradients."""
    weights = rnn_manual.copy_weights(module)
    config = Config.of(module)
    arrays = tuple(tuple(w.map(lambda t: t.numpy()) for w in layer) for layer in weights)

    def call(input: Any, hx: Any = None) -> Any:
        if hasattr(input, "batch_sizes"):
            raise Unsupported("packed input")
        given = None
        if hx is not None:
            given = state_given(config, [s.detach().numpy() for s in state_tuple(config, hx)])
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
    return lambda x, hx=None: run(Config.of(module), read_weights(module), x, hx, ops=ops)


def without_onednn(module: nn.RNNBase) -> Callable[..., Any]:
    """torch.nn on the CPU's own kernels."""

    def call(input: Any, hx: Any = None) -> Any:
        with torch.backends.mkldnn.flags(enabled=False):
            return module(input, hx)

    return call


RIGHT: dict[str, Callable[..., Any]] = {
    "torch.nn": lambda module: module,
    "without oneDNN": without_onednn,
    "gates one by one": gates_one_by_one,
    "cells stepped by hand": cells_stepped_by_hand,
    "summed in sequence": summed_in_sequence,
    "NumPy": in_numpy,
}
