"""Transforms of the layer as a function: other weights, other derivatives, one row at a time."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, Takes
from rnn_manual.candidates.modes.flat import (
    flat,
    flat_with_parameters,
    functional_call,
    returned,
    tensors_of,
)
from rnn_manual.candidates.modes.forward import forward_gradients
from rnn_manual.candidates.modes.node import node
from rnn_manual.candidates.torch_versions import needed
from rnn_manual.cases.case import Case


def _functional_call(built: Built) -> Built:
    other = copy.deepcopy(built.module)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(0.5)

    def call(input: Any, hx: Any = None) -> Any:
        return functional_call(other, dict(built.module.named_parameters()), (input, hx))

    return built._replace(call=call)


def _vmap(built: Built) -> Built:
    vmap = needed("torch.func.vmap", "functorch.vmap")

    def call(input: Any, hx: Any = None) -> Any:
        tensors = tensors_of(input, hx)
        axes = (0 if built.config.batch_first else 1, *[1] * (len(tensors) - 1))
        out_axes = (axes[0], *[1] * len(built.config.states))
        row = flat(built.call, input, hx)
        return returned(input, vmap(row, axes, out_axes)(*tensors))

    return built._replace(call=call)


def _func_grad(built: Built) -> Built:
    func_vjp = needed("torch.func.vjp", "functorch.vjp")

    def call(input: Any, hx: Any = None) -> Any:
        function = flat_with_parameters(built.module, input, hx)

        def vjp(*tensors: torch.Tensor) -> Any:
            return func_vjp(function, *tensors)

        tensors = [*tensors_of(input, hx), *built.module.parameters()]
        return returned(input, node(vjp, tensors))

    return built._replace(call=call)


def _checkpoint(built: Built) -> Built:
    def call(input: Any, hx: Any = None) -> Any:
        return checkpoint(built.call, input, hx, use_reentrant=False)

    return built._replace(call=call)


def _few_numbers(case: Case) -> bool:
    """Whether there are few enough to differentiate along each of them in turn."""
    weights = sum(math.prod(shape) for shape in case.config.parameter_shapes().values())
    return weights <= 200 and case.seq_len <= 7 and case.batch_size <= 4


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
        translates=True,
    ),
    Mode("func-grad", "gradients by torch.func.vjp", _func_grad, translates=True),
    Mode(
        "forward-ad",
        "gradients by forward-mode AD, one run for every element",
        forward_gradients,
        takes=_few_numbers,
        sizes={"B": (2, 1), "I": (2, 1), "H": (2,)},  # as many runs as numbers
        translates=True,
        forward_mode=True,
    ),
    Mode(
        "checkpoint",
        "torch.utils.checkpoint, not reentrant",
        _checkpoint,
        subjects=Takes.ALL,
        stops=True,
    ),
]
