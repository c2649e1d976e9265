"""Forward-mode AD: every element of every gradient by a derivative of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.autograd import forward_ad

from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.modes.flat import Flat, flat_with_parameters, returned, tensors_of
from rnn_manual.candidates.modes.node import Pullback, node

Tensors = Sequence[torch.Tensor]


def forward_gradients(built: Built) -> Built:
    """The layer, with gradients put together from forward derivatives."""

    def call(input: Any, hx: Any = None) -> Any:
        function = flat_with_parameters(built.module, input, hx)

        def vjp(*tensors: torch.Tensor) -> tuple[Tensors, Pullback]:
            primals = [tensor.detach() for tensor in tensors]

            def pullback(cotangents: Tensors) -> Tensors:
                return [
                    torch.stack(
                        [
                            _dot(_tangents(function, primals, place, unit), cotangents)
                            for unit in _units(primal)
                        ]
                    ).view_as(primal)
                    for place, primal in enumerate(primals)
                ]

            return function(*primals), pullback

        tensors = [*tensors_of(input, hx), *built.module.parameters()]
        return returned(input, node(vjp, tensors))

    return built._replace(call=call)


def _tangents(function: Flat, primals: Tensors, place: int, direction: torch.Tensor) -> list[Any]:
    """How the outputs move when one of the inputs moves along `direction`."""
    api: Any = forward_ad  # untyped
    with forward_ad.dual_level():
        duals = list(primals)
        duals[place] = api.make_dual(primals[place], direction)
        return [api.unpack_dual(output).tangent for output in function(*duals)]


def _dot(tangents: list[Any], cotangents: Tensors) -> torch.Tensor:
    # An output that the input does not reach has no tangent.
    pairs = zip(tangents, cotangents, strict=True)
    products = [(t * c).sum() for t, c in pairs if t is not None]
    return torch.stack(products).sum() if products else cotangents[0].new_zeros(())


def _units(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    for index in range(tensor.numel()):
        unit = torch.zeros(tensor.numel(), dtype=tensor.dtype, device=tensor.device)
        unit[index] = 1
        yield unit.view(tensor.shape)
