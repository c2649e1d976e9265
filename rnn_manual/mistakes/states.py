"""Mistakes about the initial and the last state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from rnn_manual.layout import state_given, state_tuple
from rnn_manual.mistakes.conditions import (
    batch_states_unlike,
    bidirectional,
    given_state,
    holds_numbers,
    lstm,
    padded,
    several_steps,
    sorted_already,
    stacked,
    states_unlike,
    unprojected,
)
from rnn_manual.mistakes.wrong import Net, mistake


@mistake("h_0 ignored", given_state)
def h_0_ignored(net: Net) -> Net:
    return net.from_state(lambda h, *c: (h * 0, *c))


@mistake("c_0 ignored", given_state, lstm)
def c_0_ignored(net: Net) -> Net:
    return net.from_state(lambda h, *c: (h, *(x * 0 for x in c)))


@mistake("h_0 and c_0 taken for each other", lstm, states_unlike, unprojected)
def h_0_and_c_0_exchanged(net: Net) -> Net:
    return net if net.config.proj_size else net.from_state(lambda *s: s[::-1])


@mistake("a state of ones where none is given", lambda case: case.state == "omitted")
def ones_for_no_state(net: Net) -> Net:
    if net.state is not None:
        return net
    _, last = net.run()
    ones = [torch.ones_like(s) for s in state_tuple(net.config, last)]
    return replace(net, state=state_given(net.config, ones))


@mistake("h_n and c_n exchanged", lstm)
def h_n_and_c_n_exchanged(net: Net) -> tuple[Any, Any]:
    return net.run_to_state(lambda *s: s[::-1])


@mistake(
    "the first row of the initial state shared by all layers and directions",
    states_unlike,
    lambda case: case.config.num_rows > 1,
)
def state_shared_by_all(net: Net) -> Net:
    return net.from_state(lambda *s: tuple(x[:1].expand_as(x) for x in s))


def _row_order(net: Net) -> list[int]:
    """Rows of h_n direction by direction: all forward ones, then all backward ones."""
    rows = range(net.config.num_rows)
    return sorted(rows, key=lambda row: net.config.layer_direction(row)[::-1])


@mistake("rows of h_0 taken direction by direction", bidirectional, stacked, states_unlike)
def h_0_rows_direction_major(net: Net) -> Net:
    order = _row_order(net)
    back = [order.index(row) for row in range(len(order))]
    return net.from_state(lambda *s: tuple(x[back] for x in s))


@mistake("rows of h_n returned direction by direction", bidirectional, stacked)
def h_n_rows_direction_major(net: Net) -> tuple[Any, Any]:
    order = _row_order(net)
    return net.run_to_state(lambda *s: tuple(x[order] for x in s))


@mistake("h_n of the backward direction read off out[-1]", bidirectional, several_steps, padded)
def h_n_is_last_step_of_out(net: Net) -> tuple[Any, Any]:
    out, last = net.run()
    if not net.config.bidirectional or hasattr(out, "batch_sizes"):
        return out, last
    steps = out.transpose(0, 1) if net.config.batch_first and out.dim() == 3 else out
    h, *c = state_tuple(net.config, last)
    h = torch.cat([h[:-1], steps[-1:, ..., net.config.columns(1)]])
    return out, state_given(net.config, [h, *c])


@mistake(
    "h_0 of packed input not sorted with it",
    batch_states_unlike,
    lambda case: not sorted_already(case),
)
def packed_state_not_sorted(net: Net) -> tuple[Any, Any]:
    if getattr(net.input, "unsorted_indices", None) is None:
        return net.run()
    unsorted = net.from_state(lambda *s: tuple(x[:, net.input.unsorted_indices] for x in s))
    return unsorted.run()


@mistake(
    "the whole batch starts from the state of its first row",
    batch_states_unlike,
    lambda case: case.batch_size > 1,
)
def first_row_state_for_all(net: Net) -> Net:
    return net.from_state(lambda *s: tuple(x[:, :1].expand_as(x) if x.dim() == 3 else x for x in s))


@mistake(
    "of packed sequences of one length, the states in the other order",
    batch_states_unlike,
    lambda case: case.layout == "packed" and len(set(case.lengths)) < case.batch_size,
    lambda case: case.memory != "expanded",
    classic=False,
)
def states_of_one_length_exchanged(net: Net) -> Net:
    places = getattr(net.input, "sorted_indices", None)
    if places is None:
        return net
    sizes = net.input.batch_sizes
    length = [int((sizes > b).sum()) for b in range(len(places))]
    # As sorted in a way that turns equal ones round.
    turned = sorted(range(len(places)), key=lambda b: (-length[b], -b))
    order = torch.empty_like(places)
    order[places] = places[turned]
    return net.from_state(lambda *s: tuple(x[:, order] for x in s))


@mistake(
    "of more than 16 sequences that came sorted, the ends of those of one length exchanged",
    holds_numbers,
    lambda case: case.layout == "packed sorted" and len(set(case.lengths)) < case.batch_size,
    lambda case: case.batch_size > 16 and case.memory != "expanded",
    classic=False,
)
def ends_of_one_length_exchanged(net: Net) -> Net | tuple[Any, Any]:
    sizes = getattr(net.input, "batch_sizes", None)
    if sizes is None or net.input.sorted_indices is not None or sizes[0] <= 16:
        return net
    length = [int((sizes > b).sum()) for b in range(sizes[0])]
    # As sorted once more, and in no order that is kept.
    order = sorted(range(len(length)), key=lambda b: (-length[b], -b))
    return net.run_to_state(lambda *s: tuple(x[:, order] for x in s))
