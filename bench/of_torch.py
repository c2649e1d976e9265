"""What torch itself has: the layers, and other ways to the same numbers."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

from bench import torchscript
from bench.case import Case
from bench.subject import Built, NotTimed
from rnn_manual.layout import rows_of


def _plain(case: Case, packed: bool = False, only: str = "") -> None:
    """Raises NotTimed unless it takes such a case."""
    if case.packed and not packed:
        raise NotTimed("takes no packed input")
    if only and case.kind != only:
        raise NotTimed(f"there is no {case.kind} of it")


def layer(module: Any, case: Case) -> Built:
    return Built(lambda x: rows_of(module(x)[0]), list(module.parameters()))


def stepped_cells(module: Any, case: Case) -> Built:
    """nn.RNNCell, nn.LSTMCell or nn.GRUCell, called for one step after the other."""
    _plain(case)
    _, B, I, H = case.size
    D = 2 if case.bidirectional else 1
    cells, named = [], dict(module.named_parameters())
    for k in range(case.num_layers):
        for suffix in ("", "_reverse")[:D]:
            cell = getattr(nn, f"{case.kind}Cell")(H * D if k else I, H, dtype=case.dtype)
            for name, parameter in cell.named_parameters():
                parameter.data.copy_(named[f"{name}_l{k}{suffix}"])
            cells.append(cell)

    def direction(cell: Any, steps: Any) -> list[Any]:
        out, h = [], torch.zeros(B, H, dtype=case.dtype)
        if case.kind != "LSTM":
            for x in steps:
                h = cell(x, h)
                out.append(h)
            return out
        state = h, h
        for x in steps:
            state = cell(x, state)
            out.append(state[0])
        return out

    def call(x: Any) -> Any:
        for k in range(case.num_layers):
            steps = x.unbind()
            x = torch.stack(direction(cells[k * D], steps))
            if D == 2:
                back = direction(cells[k * D + 1], steps[::-1])[::-1]
                x = torch.cat([x, torch.stack(back)], -1)
        return x

    return Built(call, [p for cell in cells for p in cell.parameters()])


def decomposition(module: Any, case: Case) -> Built:
    """What torch.export and torch.compile put in the place of the layers, run as it stands."""
    from torch._decomp import decompositions

    kind = {"RNN": "rnn_tanh", "LSTM": "lstm", "GRU": "gru"}[case.kind]
    names = {"lstm": ("lstm_impl", "lstm_data_impl"), "gru": ("gru_impl", "gru_impl_data")}
    function = getattr(
        decompositions, names.get(kind, (f"{kind}_input", f"{kind}_data"))[case.packed]
    )
    weights, (_, B, _, H) = list(module.parameters()), case.size
    S, D = case.num_layers * (1 + case.bidirectional), case.bidirectional

    def call(x: Any) -> Any:
        h = torch.zeros(S, B, H, dtype=case.dtype)
        state = (h, h) if kind == "lstm" else h
        if case.packed:
            sizes = x.batch_sizes
            return function(x.data, sizes, state, weights, True, case.num_layers, 0.0, False, D)[0]
        return function(x, state, weights, True, case.num_layers, 0.0, False, D, False)[0]

    return Built(call, weights)


def quantizable(module: Any, case: Case) -> Built:
    _plain(case, only="LSTM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.qconfig = None
        layer = torch.ao.nn.quantizable.LSTM.from_float(module)
    del module.qconfig
    return Built(lambda x: layer(x)[0], list(layer.parameters()))


def scripted(module: Any, case: Case) -> Built:
    """A loop over the steps, compiled by TorchScript."""
    _plain(case)
    if case.num_layers > 1 or case.bidirectional:
        raise NotTimed("written for one layer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of 2.13: TorchScript is deprecated
        loop = torch.jit.script(torchscript.LOOPS[case.kind])
    weights, (_, B, _, H) = list(module.parameters()), case.size
    return Built(lambda x: loop(x, torch.zeros(B, H, dtype=case.dtype), *weights), weights)
