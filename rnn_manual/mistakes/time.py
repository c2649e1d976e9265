"""Mistakes about steps, directions and the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnn_manual.cases.case import Case
from rnn_manual.layout import state_given, state_tuple
from rnn_manual.loops import run_direction
from rnn_manual.mistakes.conditions import (
    batched,
    bidirectional,
    equally_long,
    has_an_output,
    several_steps,
)
from rnn_manual.mistakes.wrong import Net, mistake


@mistake("the forward direction walks from the last step too", several_steps)
def all_walked_from_the_end(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        return run_direction(ops, cell, w, rows, sizes, s, backward=True)

    return net.using(walk=walk)


@mistake(
    "sequences of a packed batch run on over their padding", lambda case: not equally_long(case)
)
def padding_walked(net: Net) -> tuple[Any, Any]:
    if not hasattr(net.input, "batch_sizes"):
        return net.run()
    sizes = net.input.batch_sizes
    config = replace(net.config, batch_first=False)
    by_length = PackedSequence(net.input.data, sizes)
    padded = replace(net, config=config, input=pad_packed_sequence(by_length)[0])
    sort, unsort = net.input.sorted_indices, net.input.unsorted_indices
    out, last = padded.from_state(lambda *s: _ordered(s, sort)).run()
    rows = torch.cat([step[:size] for step, size in zip(out, sizes.tolist(), strict=True)])
    states = _ordered(state_tuple(config, last), unsort)
    return net.input._replace(data=rows), state_given(config, states)


def _ordered(states: Iterable[Any], order: Any) -> tuple[Any, ...]:
    """The rows of the batch in another order, if there is one."""
    return tuple(s if order is None else s[:, order] for s in states)


@mistake("the backward direction walks forward", bidirectional, several_steps)
def backward_not_reversed(net: Net) -> Net:
    return net.using(walk=lambda *args, backward: run_direction(*args))


@mistake(
    "the backward direction's output is not turned back",
    bidirectional,
    several_steps,
    has_an_output,
)
def backward_not_turned_back(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        out, last = run_direction(ops, cell, w, rows, sizes, s, backward)
        return (torch.cat(out.split(sizes)[::-1]) if backward else out), last

    return net.using(walk=walk)


@mistake(
    "the last step skipped, its output repeated from the one before", several_steps, equally_long
)
def last_step_skipped(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        if backward or len(sizes) < 2 or sizes[-1] < sizes[0]:
            return run_direction(ops, cell, w, rows, sizes, s, backward)
        B = sizes[-1]
        out, last = run_direction(ops, cell, w, rows.flatten(0, -2)[:-B], sizes[:-1], s)
        return torch.cat([out, out[-B:]]), last

    return net.using(walk=walk)


def _with_batch_first(net: Net, batch_first: bool) -> tuple[Any, Any]:
    """Reads a batch one way or the other; states are repeated or cut to the batch it then has."""
    if hasattr(net.input, "batch_sizes") or net.input.dim() < 3:
        return net.run()
    size = net.input.shape[0 if batch_first else 1]
    asked = net.input.shape[0 if net.config.batch_first else 1]

    def stretched(size: int) -> Callable[..., tuple[Any, ...]]:
        return lambda *s: tuple(x[:, [i % x.shape[1] for i in range(size)]] for x in s)

    turned = replace(net, config=replace(net.config, batch_first=batch_first))
    out, last = turned.from_state(stretched(size)).run()
    return out, state_given(net.config, stretched(asked)(*state_tuple(net.config, last)))


def _more_than_one_row(case: Case) -> bool:
    return (case.seq_len, case.batch_size) != (1, 1)


@mistake("batch and time exchanged", batched, _more_than_one_row)
def batch_and_time_exchanged(net: Net) -> tuple[Any, Any]:
    return _with_batch_first(net, not net.config.batch_first)


@mistake("batch_first ignored", batched, _more_than_one_row, lambda case: case.config.batch_first)
def batch_first_ignored(net: Net) -> tuple[Any, Any]:
    return _with_batch_first(net, False)
