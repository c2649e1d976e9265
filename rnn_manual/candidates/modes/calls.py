"""The same work in other calls: row by row, and piece by piece."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, Takes
from rnn_manual.candidates.modes.flat import given, returned, tensors_of
from rnn_manual.cases.case import Case


def _rows(built: Built) -> Built:
    def call(input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return _sequences(built, input, hx)
        axis = 0 if built.config.batch_first else 1
        rows, *states = tensors_of(input, hx)
        results = [
            tensors_of(*built.call(*given(row, hx, [row, *(s[:, b : b + 1] for s in states)])))
            for b, row in enumerate(torch.split(rows, 1, axis))
        ]
        outs, *last = zip(*results, strict=True)
        return returned(input, [torch.cat(outs, axis), *(torch.cat(s, 1) for s in last)])

    return built._replace(call=call)


def _sequences(built: Built, input: PackedSequence, hx: Any) -> Any:
    """One call a sequence of a packed batch."""
    axis, sizes = 0 if built.config.batch_first else 1, input.batch_sizes
    starts = torch.cumsum(sizes, 0) - sizes
    order = range(int(sizes[0])) if input.sorted_indices is None else input.sorted_indices.tolist()
    rows, *states = tensors_of(input, hx)
    places = [starts[sizes > place] + place for place in range(len(order))]
    results = []
    for place, b in zip(places, order, strict=True):
        x = rows[place].unsqueeze(axis)
        found = built.call(*given(x, hx, [x, *(s[:, b : b + 1] for s in states)]))
        out, *last = tensors_of(*found)
        results.append((out.squeeze(axis), *last))
    outs, *ends = zip(*results, strict=True)
    out = torch.cat(outs)[torch.argsort(torch.cat(places))]
    back = torch.argsort(torch.tensor(list(order)))
    return returned(input, [out, *(torch.cat(end, 1)[:, back] for end in ends)])


def _pieces(built: Built) -> Built:
    def call(input: Any, hx: Any = None) -> Any:
        axis = 1 if built.config.batch_first and input.dim() == 3 else 0
        outs, state = [], hx
        for piece in torch.split(input, [1, input.shape[axis] - 1], axis):
            out, state = built.call(piece, state)
            outs.append(out)
        return torch.cat(outs, axis), state

    return built._replace(call=call)


def _in_order(case: Case) -> bool:
    return not case.config.bidirectional and not case.packed and case.seq_len > 1


def _of_a_few_rows(case: Case) -> bool:
    """A batch, but no large one: each of its calls would again be of one row."""
    return case.layout != "unbatched" and case.batch_size <= 4


MODES = [
    Mode("rows", "one call a row of the batch", _rows, _of_a_few_rows, Takes.ALL),
    Mode("pieces", "two calls, the state handed on", _pieces, _in_order, Takes.ALL),
]
