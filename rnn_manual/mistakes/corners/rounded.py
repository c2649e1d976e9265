"""Mistakes in a corner: right everywhere but for some way of calling, some layout, some size.

In its corner each computes with weights rounded to bfloat16, as a fast path might.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.layout import mapped_rows, rows_of
from rnn_manual.mistakes.conditions import batched, bidirectional, holds_numbers, of_plain_input
from rnn_manual.mistakes.wrong import Condition, Mistake, Net, mistake
from rnn_manual.weights import LayerWeights


def rounded(w: LayerWeights) -> LayerWeights:
    return w.map(lambda array: array.bfloat16().to(array.dtype))


def corner(
    name: str, sentence: str, there: Callable[[Net], bool], *conditions: Condition
) -> Mistake:
    def wrong(net: Net) -> Net:
        return net.reweighted(rounded) if there(net) else net

    words = f"{sentence}, weights rounded to bfloat16"
    return mistake(words, holds_numbers, *conditions, name=name, classic=False)(wrong)


def packed(net: Net) -> bool:
    return hasattr(net.input, "batch_sizes")


def reads_plain_input(net: Net) -> bool:
    return torch.is_grad_enabled() and not rows_of(net.input).requires_grad


def unbatched(net: Net) -> bool:
    return not packed(net) and net.input.dim() == 2


def _steps(net: Net) -> int:
    if packed(net):
        return len(net.input.batch_sizes)
    turned = net.config.batch_first and not unbatched(net)
    return int(net.input.shape[1 if turned else 0])


def frozen(net: Net) -> list[bool]:
    leaves = [w for layer in net.weights for one in layer for w in one if w is not None]
    return [not w.requires_grad for w in leaves]


# How it is called.
corner(
    "rounded_without_gradients",
    "where gradients are off",
    lambda net: not torch.is_grad_enabled(),
    lambda case: case.call in WITHOUT_A_GRAPH,
)
corner(
    "rounded_in_inference_mode",
    "in inference_mode",
    lambda net: torch.is_inference_mode_enabled(),
    lambda case: case.call == "inference_mode",
)
corner(
    "rounded_for_plain_input",
    "where the input requires no gradient",
    reads_plain_input,
    of_plain_input,
)
corner(
    "rounded_if_frozen",
    "where no weight requires a gradient",
    lambda net: all(frozen(net)),
    lambda case: case.call == "frozen",
)
corner(
    "rounded_if_partly_frozen",
    "where some weights require no gradient and some do",
    lambda net: len(set(frozen(net))) > 1,
    lambda case: case.call == "partly frozen",
)
corner(
    "rounded_in_eval_with_dropout",
    "in eval, where there is dropout to leave out",
    lambda net: bool(net.config.dropout) and not net.arithmetic["training"],
    lambda case: bool(case.config.dropout) and not case.training,
)

# How its input is laid out.
corner(
    "rounded_packed_batch_first",
    "for packed input under batch_first",
    lambda net: packed(net) and net.config.batch_first,
    lambda case: case.packed and case.config.batch_first,
)
corner(
    "rounded_unbatched_batch_first",
    "for unbatched input under batch_first",
    lambda net: unbatched(net) and net.config.batch_first,
    lambda case: case.layout == "unbatched" and case.config.batch_first,
)
corner(
    "rounded_packed_sorted_backward",
    "for packed input sorted before it came, in two directions",
    lambda net: packed(net) and net.input.sorted_indices is None and net.config.bidirectional,
    bidirectional,
    lambda case: case.layout in ("packed sorted", "packed equal"),
)

# How large it is.
corner(
    "rounded_from_64_units_on",
    "from 64 units on",
    lambda net: net.config.hidden_size >= 64,
    lambda case: case.config.hidden_size >= 64,
)
corner(
    "rounded_beyond_128_units",
    "beyond 128 units",
    lambda net: net.config.hidden_size > 128,
    lambda case: case.config.hidden_size > 128,
)
corner(
    "rounded_in_long_sequences",
    "beyond 12 steps",
    lambda net: _steps(net) > 12,
    lambda case: case.seq_len > 12,
)
corner(
    "rounded_in_long_packed_sequences_both_ways",
    "beyond 12 steps of packed input, in two directions",
    lambda net: packed(net) and _steps(net) > 12 and net.config.bidirectional,
    bidirectional,
    lambda case: case.packed and case.seq_len > 12,
)


@mistake(
    "above the fourth layer, weights rounded to bfloat16",
    holds_numbers,
    lambda case: case.config.num_layers > 4,
    classic=False,
)
def rounded_above_the_fourth_layer(net: Net) -> Net:
    above = tuple(tuple(map(rounded, layer)) for layer in net.weights[4:])
    return replace(net, weights=(*net.weights[:4], *above))


@mistake(
    "float64 computed with weights of float32",
    holds_numbers,
    lambda case: case.dtype == "float64",
    classic=False,
)
def float64_in_float32(net: Net) -> Net:
    return net.reweighted(lambda w: w.map(lambda array: array.float().to(array.dtype)))


def _rows_off(first: int, last: int, name: str) -> Mistake:
    """The input of some rows of a padded batch rounded."""

    def wrong(net: Net) -> Net:
        if packed(net) or unbatched(net):
            return net
        axis = 0 if net.config.batch_first else 1

        def some(x: Any) -> Any:
            there = torch.zeros(x.shape[axis], dtype=torch.bool, device=x.device)
            there[first : last + 1] = True
            there = there[:, None, None] if axis == 0 else there[:, None]
            return torch.where(there, x.bfloat16().to(x.dtype), x)

        return replace(net, input=mapped_rows(some, net.input))

    def has_them(case: Case) -> bool:
        return batched(case) and case.batch_size > first

    words = f"rows {first} to {last} of the batch read in bfloat16"
    return mistake(words, has_them, name=name, classic=False)(wrong)


_rows_off(8, 15, "rows_8_to_15_rounded")
_rows_off(128, 10**6, "rows_beyond_128_rounded")
