"""A packed batch: which row of its data is which sequence's which step, and where each one ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from rnn_manual.explain.call import Call, Ran


class Member(NamedTuple):
    """One sequence of a packed batch, in the caller's order.

    place: where it stands among the sorted. rows: of data, step after step. holds: by direction,
    whether the row of out.data after its last step is its column of h_n, in every run.
    """

    number: int
    length: int
    place: int
    rows: list[int]
    holds: list[bool]

    def last_row(self, direction: int) -> int:
        """The row of out.data that holds the last output of a direction."""
        return self.rows[0] if direction else self.rows[-1]


def batch_sizes(ran: Ran) -> list[int]:
    """How many sequences have a step t, for every t."""
    return [int(size) for size in ran.out.batch_sizes]


def sequences(call: Call, ran: Sequence[Ran]) -> list[Member]:
    """Where every step of every sequence is in data, and that h_n is found there."""
    packed = ran[0].out
    sizes = batch_sizes(ran[0])
    starts = [sum(sizes[:t]) for t in range(len(sizes))]
    found = []
    for number, length in enumerate(call.lengths):
        place = int(packed.unsorted_indices[number])
        rows = [starts[t] + place for t in range(length)]
        one = Member(number, length, place, rows, [])
        config = call.config
        for direction in range(config.num_directions):
            row = config.row(config.num_layers - 1, direction)
            at = one.last_row(direction), config.columns(direction)
            same = [torch.equal(r.out.data[at], r.states[0][row, number]) for r in ran]
            one.holds.append(all(same))
        found.append(one)
    return found
