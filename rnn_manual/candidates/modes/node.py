"""A whole run of a layer as one node of autograd, so that a mode decides how the backward runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from rnn_manual.candidates.harness.loss import loss
from rnn_manual.candidates.modes.flat import Flat

Tensors = Sequence[Any]
Pullback = Callable[[Tensors], Tensors]  # gradients of what came out -> of what went in
VJP = Callable[..., tuple[Tensors, Pullback]]
Around = Callable[[], AbstractContextManager[Any]]


class _Node(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vjp: VJP, grad: bool, *tensors: Any) -> Any:
        with torch.set_grad_enabled(grad):  # it is off in here, whatever the caller has
            outputs, ctx.pullback = vjp(*tensors)
        return tuple(output.detach() for output in outputs)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        return None, None, *ctx.pullback(cotangents)


def node(vjp: VJP, tensors: Tensors) -> Any:
    """Runs `vjp(*tensors)`, which returns outputs and how gradients go back through them."""
    return _Node.apply(vjp, torch.is_grad_enabled(), *tensors)  # type: ignore[no-untyped-call]


def enclosed(
    function: Flat,
    tensors: Tensors,
    parameters: Tensors,
    inner: Tensors,
    around: Around = nullcontext,
) -> Any:
    """Runs `function(*tensors)` forward and backward with `around` about each.

    Args:
        parameters: those whose gradients the caller takes.
        inner: those which `function` computes with, in the same order; they may be others, and
            of another dtype.
    """

    def vjp(*all_tensors: Any) -> tuple[Tensors, Pullback]:
        leaves = [t.detach().requires_grad_() for t in all_tensors[: len(tensors)]]
        with around():
            outputs = function(*leaves)

        def pullback(cotangents: Tensors) -> Tensors:
            live = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
            if not live:
                return [None for _ in all_tensors]
            with around():
                gradients = torch.autograd.grad(loss(live), [*leaves, *inner], allow_unused=True)
            pairs = zip(gradients, all_tensors, strict=True)
            return [None if g is None else g.to(tensor) for g, tensor in pairs]

        return outputs, pullback

    return node(vjp, [*tensors, *parameters])
