"""Mistakes where several options meet: right in all cases that have not every one of them."""

from __future__ import annotations

import torch

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.layout import rows_of, state_tuple
from rnn_manual.mistakes.conditions import bidirectional, holds_numbers, of_plain_input, stacked
from rnn_manual.mistakes.corners.rounded import corner, frozen, packed, reads_plain_input, unbatched
from rnn_manual.mistakes.wrong import Net, mistake


def _weights_only(case: Case) -> bool:
    return case.call == "weights only"


def _no_gradients(case: Case) -> bool:
    return case.call in WITHOUT_A_GRAPH


def _without_state(case: Case) -> bool:
    return case.state == "omitted"


def _with_state(case: Case) -> bool:
    return case.state != "omitted"


# How the input is laid out, and whether there is a state.
corner(
    "rounded_unbatched_batch_first_without_state",
    "for unbatched input under batch_first, without a state",
    lambda net: unbatched(net) and net.config.batch_first and net.state is None,
    lambda case: case.layout == "unbatched" and case.config.batch_first,
    _without_state,
)
corner(
    "rounded_packed_batch_first_with_state",
    "for packed input under batch_first, with a state",
    lambda net: packed(net) and net.config.batch_first and net.state is not None,
    lambda case: case.packed and case.config.batch_first,
    _with_state,
)
corner(
    "rounded_packed_sorted_without_state",
    "for packed input sorted before it came, without a state",
    lambda net: packed(net) and net.input.sorted_indices is None and net.state is None,
    lambda case: case.layout in ("packed sorted", "packed equal"),
    _without_state,
)

# How it is called, and what it is.
corner(
    "rounded_unbatched_without_gradients",
    "for unbatched input where gradients are off",
    lambda net: unbatched(net) and not torch.is_grad_enabled(),
    lambda case: case.layout == "unbatched",
    _no_gradients,
)
corner(
    "rounded_packed_without_gradients",
    "for packed input where gradients are off",
    lambda net: packed(net) and not torch.is_grad_enabled(),
    lambda case: case.packed,
    _no_gradients,
)
corner(
    "rounded_both_ways_without_gradients",
    "in two directions where gradients are off",
    lambda net: net.config.bidirectional and not torch.is_grad_enabled(),
    bidirectional,
    _no_gradients,
)
corner(
    "rounded_packed_for_plain_input",
    "for packed input that requires no gradient",
    lambda net: packed(net) and reads_plain_input(net),
    lambda case: case.packed,
    of_plain_input,
)
corner(
    "rounded_if_frozen_without_state",
    "where no weight requires a gradient, without a state",
    lambda net: all(frozen(net)) and net.state is None,
    lambda case: case.call == "frozen",
    _without_state,
)

# What its numbers are kept in.
corner(
    "rounded_packed_float64",
    "for packed input of float64",
    lambda net: packed(net) and rows_of(net.input).dtype == torch.float64,
    lambda case: case.packed and case.dtype == "float64",
)
corner(
    "rounded_where_units_fill_a_vector",
    "where the units are a multiple of 16",
    lambda net: net.config.hidden_size % 16 == 0,
    lambda case: case.config.hidden_size % 16 == 0,
)


@mistake(
    "the state made to require a gradient where the input requires none",
    _weights_only,
    _with_state,
    classic=False,
)
def state_made_a_leaf(net: Net) -> Net:
    if reads_plain_input(net) and net.state is not None:
        for tensor in state_tuple(net.config, net.state):
            tensor.requires_grad_(True)
    return net


@mistake(
    "no gradient to the lowest layer of a stack where the input requires none",
    holds_numbers,
    stacked,
    of_plain_input,
    classic=False,
)
def lowest_layer_not_trained(net: Net) -> Net:
    if not reads_plain_input(net) or net.config.num_layers == 1:
        return net
    lowest = net.weights[0][0].weight_ih
    return net.reweighted(lambda w: w.map(torch.Tensor.detach) if w.weight_ih is lowest else w)
