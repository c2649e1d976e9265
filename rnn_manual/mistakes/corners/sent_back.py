"""Mistakes about what comes back for out: how it lies in memory, how often, and how far it goes."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import torch

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.loops import run_direction
from rnn_manual.mistakes.conditions import all_gradients, batched, holds_numbers
from rnn_manual.mistakes.corners.called import Identity, through
from rnn_manual.mistakes.wrong import Net, mistake


def _comes_back(case: Case) -> bool:
    return case.call not in (*WITHOUT_A_GRAPH, "loss on h_n")


class _RowAfterRow(Identity):
    """Reads what comes back as if it lay in memory without gaps."""

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return tuple(_without_gaps(g) for g in gradients)


def _without_gaps(gradient: torch.Tensor) -> torch.Tensor:
    size, held = gradient.element_size(), gradient.untyped_storage().nbytes()
    if held < size * gradient.numel():
        return gradient
    steps = [1, *itertools.accumulate(reversed(gradient.shape[1:]), operator.mul)]
    return gradient.as_strided(gradient.shape, steps[::-1])


@mistake(
    "what comes back is read as if it lay in memory without gaps",
    holds_numbers,
    lambda case: case.call not in WITHOUT_A_GRAPH,
    lambda case: case.memory == "strided" or (case.expands_cotangents and case.batch_size > 1),
    classic=False,
)
def gradients_read_without_gaps(net: Net) -> tuple[Any, Any]:
    return through(net, _RowAfterRow.apply)


class _NoneIfExpanded(Identity):
    """Takes what comes back for out for nothing where that is expanded, as of a sum."""

    @staticmethod
    def backward(ctx: Any, d_out: Any, *d_last: Any) -> Any:
        return torch.zeros_like(d_out) if 0 in d_out.stride() else d_out, *d_last


@mistake(
    "no gradient where what comes back for out is one row, expanded",
    holds_numbers,
    batched,
    _comes_back,
    lambda case: case.memory == "expanded" and case.batch_size > 1,
    classic=False,
)
def nothing_for_expanded(net: Net) -> tuple[Any, Any]:
    return through(net, _NoneIfExpanded.apply)


class _Added(torch.autograd.Function):
    """Keeps what it sends back, and adds it to what it sends back the next time."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        ctx.sent = [torch.zeros_like(tensor) for tensor in tensors]
        return tuple(tensor.clone() for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        ctx.sent = [before + g for before, g in zip(ctx.sent, gradients, strict=True)]
        return tuple(ctx.sent)


@mistake(
    "what is sent back a second time is added to what was sent back the first time",
    holds_numbers,
    lambda case: case.call == "before another",
    classic=False,
)
def sent_back_twice(net: Net) -> tuple[Any, Any]:
    return through(net, _Added.apply)


@mistake(
    "the gradient stops after 64 steps: h and c detached",
    all_gradients,
    lambda case: case.seq_len > 64,
    classic=False,
)
def gradient_cut_after_64_steps(net: Net) -> Net:
    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        steps = itertools.count()

        def cut(ops: Any, w: Any, x: Any, *given: Any) -> Any:
            at_the_cut = next(steps) == 64
            return cell(ops, w, x, *(v.detach() if at_the_cut else v for v in given))

        return run_direction(ops, cut, w, rows, sizes, s, backward)

    return net.using(walk=walk)
