"""A layer as a module of plain tensors, for what traces or exports: it knows no PackedSequence.

Sequences of different lengths go in as people's networks take them: padded, with their lengths, and
packed and padded again inside.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.modes.flat import returned, tensors_of


class Plain(nn.Module):
    """`forward(input, *states)`, or for packed input `forward(padded, lengths, *states)`."""

    def __init__(self, built: Built, packed: bool) -> None:
        super().__init__()
        self.layer, self.packed = built.module, packed
        # Exporters put a module back into the mode that it was in, and all in it into the same.
        self.training = built.module.training
        self.pair, self.batch_first = built.config.kind == "lstm", built.config.batch_first

    def forward(self, input: torch.Tensor, *rest: torch.Tensor) -> tuple[torch.Tensor, ...]:
        states = rest[1:] if self.packed else rest
        hx: Any = None if not states else tuple(states) if self.pair else states[0]
        if not self.packed:
            return tensors_of(*self.layer(input, hx))
        first = self.batch_first
        steps = input.shape[1 if first else 0]
        rows = pack_padded_sequence(input, rest[0], batch_first=first, enforce_sorted=False)
        out, state = self.layer(rows, hx)
        padded, _ = pad_packed_sequence(out, batch_first=first, total_length=steps)
        return tensors_of(padded, state)


def plain_call(built: Built, input: Any, hx: Any) -> tuple[Plain, tuple[Any, ...]]:
    """The layer as such a module, and the arguments that stand for `input` and `hx`."""
    packed = isinstance(input, PackedSequence)
    rows, *states = tensors_of(input, hx)
    if packed:
        padded, lengths = pad_packed_sequence(input, batch_first=built.config.batch_first)
        return Plain(built, packed), (padded, lengths, *states)
    return Plain(built, packed), (rows, *states)


def others(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments of the same shapes that hold other numbers, and sequences that are all long."""
    return tuple(
        torch.full_like(t, t.max().item()) if not t.is_floating_point() else torch.ones_like(t)
        for t in arguments
    )


def plain_result(built: Built, input: Any, tensors: Any) -> tuple[Any, Any]:
    """What the layer returns for `input`, from what `Plain` returned."""
    out, *states = tensors
    if isinstance(input, PackedSequence):
        sizes = input.batch_sizes.tolist()
        order = torch.arange(sizes[0]) if input.sorted_indices is None else input.sorted_indices
        steps = out.transpose(0, 1) if built.config.batch_first else out
        out = torch.cat([steps[t, order[:size]] for t, size in enumerate(sizes)])
    return returned(input, [out, *states])
