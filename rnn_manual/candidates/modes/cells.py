"""A layer stepped by hand: torch's own cells on the layer's own parameters, one call a step."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import Built
from rnn_manual.config import Config
from rnn_manual.layout import state_given, state_tuple


def stepped(built: Built) -> Built:
    """The layer of nn.RNNCell, nn.LSTMCell or nn.GRUCell.

    Raises: Unsupported: it has a projection, and no cell of torch's has.
    """
    config, module = built.config, built.module
    if config.proj_size:
        raise Unsupported("nn.LSTMCell has no proj_size")

    cells = {
        (layer, direction): _cell(module, config, layer, direction)
        for layer in range(config.num_layers)
        for direction in range(config.num_directions)
    }

    def call(input: Any, hx: Any = None) -> Any:
        batched = input.dim() == 3
        x = input if batched else input.unsqueeze(1)
        x = x.transpose(0, 1) if config.batch_first and batched else x
        if hx is None:
            sizes = [config.state_size(letter) for letter in config.states]
            start = [x.new_zeros(config.num_rows, x.shape[1], size) for size in sizes]
        else:
            start = [s if batched else s.unsqueeze(1) for s in state_tuple(config, hx)]
        rows = []
        for layer in range(config.num_layers):
            outs = []
            for direction in range(config.num_directions):
                first = [s[config.row(layer, direction)] for s in start]
                out, last = _walk(cells[layer, direction], x, first, direction == 1)
                outs.append(out)
                rows.append(last)
            x = torch.cat(outs, -1)
        last_states = [torch.stack(s) for s in zip(*rows, strict=True)]
        if not batched:
            return x.squeeze(1), state_given(config, [s.squeeze(1) for s in last_states])
        out = x.transpose(0, 1) if config.batch_first else x
        return out, state_given(config, last_states)

    return built._replace(call=call)


def _cell(module: nn.Module, config: Config, layer: int, direction: int) -> nn.Module:
    options = {"nonlinearity": config.nonlinearity} if config.kind == "rnn" else {}
    kind = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[config.kind]
    cell: nn.Module = kind(
        config.layer_input_size(layer), config.hidden_size, config.bias, **options
    )
    for role, name in config.parameter_names(layer, direction).items():
        setattr(cell, role, getattr(module, name))  # the same Parameter, not a copy
    return cell


def _walk(
    cell: nn.Module, x: torch.Tensor, first: list[torch.Tensor], backward: bool
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """One direction of one layer: its rows of `out`, in the input's order, and its last state."""
    state: Any = tuple(first) if isinstance(cell, nn.LSTMCell) else first[0]
    steps = []
    for x_t in x.flip(0) if backward else x:
        state = cell(x_t, state)
        steps.append(state[0] if isinstance(state, tuple) else state)
    out = torch.stack(steps[::-1] if backward else steps)
    return out, state if isinstance(state, tuple) else (state,)
