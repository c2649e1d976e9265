"""Transforms of the layer as a function: other weights, other derivatives, one row at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.modes.flat import flat, flat_with_parameters, given, returned, tensors_of
from rnn_manual.parity.modes.mode import Mode
from rnn_manual.parity.modes.node import node


def _functional_call(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    other = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(0.5)

    def call(input: Any, hx: Any = None) -> Any:
        return torch.func.functional_call(other, dict(module.named_parameters()), (input, hx))

    return module, call


def _vmap(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        tensors = tensors_of(input, hx)
        axes = (0 if module.batch_first else 1, *[1] * (len(tensors) - 1))
        out_axes = (axes[0], *[1] * (2 if isinstance(module, nn.LSTM) else 1))
        row = flat(module, input, hx)
        return returned(input, torch.func.vmap(row, axes, out_axes)(*tensors))

    return module, call


def _func_grad(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        function = flat_with_parameters(module, input, hx)
        tensors = [*tensors_of(input, hx), *module.parameters()]
        return returned(input, node(lambda *t: torch.func.vjp(function, *t), tensors))

    return module, call


def _checkpoint(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    return module, lambda input, hx=None: checkpoint(module, input, hx, use_reentrant=False)


def _checked(
    check: Callable[..., bool], what: str, **options: Any
) -> Callable[[nn.RNNBase], tuple[nn.Module, Call]]:
    """First checks derivatives against finite differences, then runs the layer as it is."""

    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        def call(input: Any, hx: Any = None) -> Any:
            function = flat_with_parameters(module, input, hx)
            tensors = [*tensors_of(input, hx), *module.parameters()]
            leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
            try:
                check(function, leaves, fast_mode=True, **options)
            except torch.autograd.gradcheck.GradcheckError as error:
                said = str(error).strip().splitlines()[0]
                raise AssertionError(f"{what} is not what differences give: {said}") from error
            return module(*given(input, hx, tensors_of(input, hx)))

        return module, call

    return build
