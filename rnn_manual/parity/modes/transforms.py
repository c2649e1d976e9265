"""Transforms of the layer as a function: other weights, other derivatives, one row at a time."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import nn
from torch.autograd.gradcheck import GradcheckError, gradgradcheck
from torch.utils.checkpoint import checkpoint

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.cases import Case
from rnn_manual.parity.modes.flat import flat, flat_with_parameters, returned, tensors_of
from rnn_manual.parity.modes.forward import forward_gradients
from rnn_manual.parity.modes.mode import Mode
from rnn_manual.parity.modes.node import node
from rnn_manual.parity.versions import needed


def _functional_call(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    functional_call = needed("torch.func.functional_call")
    other = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(0.5)

    def call(input: Any, hx: Any = None) -> Any:
        return functional_call(other, dict(module.named_parameters()), (input, hx))

    return module, call


def _vmap(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    vmap = needed("torch.func.vmap")

    def call(input: Any, hx: Any = None) -> Any:
        tensors = tensors_of(input, hx)
        axes = (0 if module.batch_first else 1, *[1] * (len(tensors) - 1))
        out_axes = (axes[0], *[1] * (2 if isinstance(module, nn.LSTM) else 1))
        row = flat(module, input, hx)
        return returned(input, vmap(row, axes, out_axes)(*tensors))

    return module, call


def _func_grad(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    func_vjp = needed("torch.func.vjp")

    def call(input: Any, hx: Any = None) -> Any:
        function = flat_with_parameters(module, input, hx)

        def vjp(*tensors: torch.Tensor) -> Any:
            return func_vjp(function, *tensors)

        return returned(input, node(vjp, [*tensors_of(input, hx), *module.parameters()]))

    return module, call


def _checkpoint(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    def call(input: Any, hx: Any = None) -> Any:
        return checkpoint(module, input, hx, use_reentrant=False)

    return module, call


def _double_backward(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    """First checks second derivatives against finite differences, then runs the layer as it is."""

    def call(input: Any, hx: Any = None) -> Any:
        function = flat_with_parameters(module, input, hx)
        tensors = [*tensors_of(input, hx), *module.parameters()]
        leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
        try:
            gradgradcheck(function, leaves, fast_mode=True)
        except GradcheckError as error:
            said = str(error).strip().splitlines()[0]
            raise AssertionError(f"second derivatives are not what differences give: {said}") from (
                error
            )
        return module(input, hx)

    return module, call


def _few_numbers(case: Case) -> bool:
    """Whether there are few enough to differentiate along each of them in turn."""
    weights = sum(math.prod(shape) for shape in case.config.parameter_shapes().values())
    return weights <= 300 and case.seq_len <= 7 and case.batch_size <= 4


MODES = [
    Mode(
        "functional_call",
        "torch.func.functional_call on a layer that itself holds other weights",
        _functional_call,
    ),
    Mode(
        "vmap",
        "one unbatched call a row, under torch.vmap",
        _vmap,
        takes=lambda case: case.layout == "batched",
    ),
    Mode("func-grad", "gradients by torch.func.vjp", _func_grad),
    Mode(
        "forward-ad",
        "gradients by forward-mode AD, one run for every element",
        forward_gradients,
        takes=_few_numbers,
        slow=True,
    ),
    Mode(
        "double-backward",
        "second derivatives, held against finite differences",
        _double_backward,
        # In chaos, and at other precisions, finite differences show nothing.
        takes=lambda case: case.dtype == "float64" and case.gain == 1 and _few_numbers(case),
    ),
    Mode("checkpoint", "torch.utils.checkpoint, not reentrant", _checkpoint),
]
