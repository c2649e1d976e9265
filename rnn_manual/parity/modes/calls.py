"""The same work in other calls: row by row, piece by piece, again."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.cases import Case
from rnn_manual.parity.modes.flat import given, returned, tensors_of
from rnn_manual.parity.modes.mode import Mode
from rnn_manual.parity.tensors import to_numpy


def _rows(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return _sequences(module, input, hx)
        axis = 0 if module.batch_first else 1
        rows, *states = tensors_of(input, hx)
        results = [
            tensors_of(*module(*given(row, hx, [row, *(s[:, b : b + 1] for s in states)])))
            for b, row in enumerate(torch.split(rows, 1, axis))
        ]
        outs, *last = zip(*results, strict=True)
        return returned(input, [torch.cat(outs, axis), *(torch.cat(s, 1) for s in last)])

    return module, call


def _sequences(module: nn.RNNBase, input: PackedSequence, hx: Any) -> Any:
    """One call a sequence of a packed batch."""
    sizes = input.batch_sizes
    starts = torch.cumsum(sizes, 0) - sizes
    order = range(int(sizes[0])) if input.sorted_indices is None else input.sorted_indices.tolist()
    rows, *states = tensors_of(input, hx)
    places = [starts[sizes > place] + place for place in range(len(order))]
    results = []
    for place, b in zip(places, order, strict=True):
        x = rows[place].unsqueeze(0 if module.batch_first else 1)
        out, *last = tensors_of(*module(*given(x, hx, [x, *(s[:, b : b + 1] for s in states)])))
        results.append((out.squeeze(0 if module.batch_first else 1), *last))
    outs, *ends = zip(*results, strict=True)
    out = torch.cat(outs)[torch.argsort(torch.cat(places))]
    back = torch.argsort(torch.tensor(list(order)))
    return returned(input, [out, *(torch.cat(end, 1)[:, back] for end in ends)])


def _pieces(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        axis = 1 if module.batch_first and input.dim() == 3 else 0
        outs, state = [], hx
        for piece in torch.split(input, [1, input.shape[axis] - 1], axis):
            out, state = module(piece, state)
            outs.append(out)
        return torch.cat(outs, axis), state

    return module, call


def _in_order(case: Case) -> bool:
    return not case.config.bidirectional and not case.packed and case.seq_len > 1


def _twice(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        first = module(input, hx)
        # Another call in between: what is returned must not live in memory that is used again.
        module(*given(input, hx, [tensor.detach() + 1 for tensor in tensors_of(input, hx)]))
        second = module(input, hx)
        if not _same_bits(tensors_of(*first), tensors_of(*second)):
            raise AssertionError("the second call gives other bits than the first")
        return second

    return module, call


def _unchanged(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        tensors = [*tensors_of(input, hx), *module.parameters()]
        before = [tensor.detach().clone() for tensor in tensors]
        result = module(input, hx)
        if not _same_bits(tensors, before):
            raise AssertionError("the call changes its input, its states or the weights")
        return result

    return module, call


def _same_bits(ours: Any, theirs: Any) -> bool:
    pairs = zip(ours, theirs, strict=True)
    return all(to_numpy(a).tobytes() == to_numpy(b).tobytes() for a, b in pairs)


MODES = [
    Mode("rows", "one call a row of the batch", _rows, lambda case: case.layout != "unbatched"),
    Mode("pieces", "two calls, the state handed on", _pieces, _in_order),
    Mode("twice", "the second call gives the bits of the first", _twice),
    Mode("unchanged", "the call leaves what it is given as it was", _unchanged),
]
