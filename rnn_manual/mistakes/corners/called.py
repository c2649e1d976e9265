"""Mistakes that show in the gradients of some way of calling only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual.cases.calls import CHANGED, WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.layout import rows_of, state_given, state_tuple
from rnn_manual.mistakes.conditions import holds_numbers, of_plain_input, reads_state
from rnn_manual.mistakes.corners.rounded import reads_plain_input
from rnn_manual.mistakes.wrong import Net, mistake


def _called(call: str) -> Callable[[Case], bool]:
    return lambda case: case.call == call


def _detached(net: Net) -> tuple[Any, Any]:
    with torch.no_grad():
        return net.run()


@mistake(
    "no gradient at all where the input requires none",
    holds_numbers,
    of_plain_input,
    classic=False,
)
def nothing_for_plain_input(net: Net) -> tuple[Any, Any]:
    return _detached(net) if reads_plain_input(net) else net.run()


@mistake(
    "no gradient of the states where the input requires none",
    holds_numbers,
    _called("partly frozen"),
    reads_state,
    lambda case: case.state != "omitted",
    classic=False,
)
def states_detached_for_plain_input(net: Net) -> Net:
    if not reads_plain_input(net):
        return net
    return net.from_state(lambda *states: tuple(s.detach() for s in states))


@mistake(
    "no gradient at all where the weights are frozen",
    holds_numbers,
    _called("frozen"),
    classic=False,
)
def nothing_if_frozen(net: Net) -> tuple[Any, Any]:
    return net.run() if net.weights[0][0].weight_hh.requires_grad else _detached(net)


@mistake(
    "no gradient at all in eval",
    holds_numbers,
    lambda case: not case.training and case.call not in WITHOUT_A_GRAPH,
    classic=False,
)
def nothing_in_eval(net: Net) -> tuple[Any, Any]:
    return net.run() if net.arithmetic["training"] else _detached(net)


@mistake(
    "one frozen weight freezes all of its layer and direction",
    holds_numbers,
    _called("partly frozen"),
    classic=False,
)
def frozen_with_the_others(net: Net) -> Net:
    def change(w: Any) -> Any:
        given = [array for array in w if array is not None]
        return w if all(a.requires_grad for a in given) else w.map(torch.Tensor.detach)

    return net.reweighted(change) if torch.is_grad_enabled() else net


class _Both(torch.autograd.Function):
    """Sends nothing back where nothing comes for one of its outputs."""

    @staticmethod
    def forward(ctx: Any, needed: int, *tensors: Any) -> Any:
        ctx.needed = needed
        return tuple(tensor.clone() for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        lost = not gradients[ctx.needed].any()
        return None, *(torch.zeros_like(g) if lost else g for g in gradients)


class Identity(torch.autograd.Function):
    """Hands on copies; what it sends back is its heirs'."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        return tuple(tensor.clone() for tensor in tensors)


def through(net: Net, function: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    """What the loops return, handed through a function of autograd's."""
    out, last = net.run()
    rows, *states = function(*arguments, rows_of(out), *state_tuple(net.config, last))
    packed = out._replace(data=rows) if hasattr(out, "batch_sizes") else rows
    return packed, state_given(net.config, states)


@mistake(
    "no gradient where none comes for h_n", holds_numbers, _called("loss on out"), classic=False
)
def nothing_for_out_alone(net: Net) -> tuple[Any, Any]:
    return through(net, _Both.apply, 1)


@mistake(
    "no gradient where none comes for out", holds_numbers, _called("loss on h_n"), classic=False
)
def nothing_for_h_n_alone(net: Net) -> tuple[Any, Any]:
    return through(net, _Both.apply, 0)


class _ByReference(torch.autograd.Function):
    """What it returned it keeps by itself, and so does not see that it was changed."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        ctx.returned = [tensor.clone() for tensor in tensors]
        ctx.then = [tensor.clone() for tensor in tensors]
        return tuple(ctx.returned)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        pairs = zip(gradients, ctx.returned, ctx.then, strict=True)
        return tuple(g * (1 + now - then) for g, now, then in pairs)


@mistake(
    "out, h_n and c_n kept by reference for the way back",
    holds_numbers,
    lambda case: case.call in (*CHANGED, "second derivatives"),
    classic=False,
)
def outputs_kept_by_reference(net: Net) -> tuple[Any, Any]:
    return through(net, _ByReference.apply)


class _Once(torch.autograd.Function):
    """The identity, whose gradient has no graph."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient.detach()


@mistake(
    "the gradient of W_hh has no graph of its own",
    holds_numbers,
    reads_state,
    _called("second derivatives"),
    classic=False,
)
def w_hh_differentiable_once(net: Net) -> Net:
    once: Any = _Once.apply
    return net.reweighted(lambda w: w._replace(weight_hh=once(w.weight_hh)))
