"""Other devices: the layer computes there, and what comes out is brought back."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from rnn_manual.parity.candidates import Call, Unsupported
from rnn_manual.parity.modes.flat import flat, returned, tensors_of
from rnn_manual.parity.modes.mode import Build, Mode
from rnn_manual.parity.modes.node import enclosed
from rnn_manual.parity.tensors import without_tf32


def _on_cuda(cudnn: bool) -> Build:
    @contextmanager
    def around() -> Iterator[None]:
        before = torch.backends.cudnn.enabled
        torch.backends.cudnn.enabled = cudnn
        try:
            with without_tf32():
                yield
        finally:
            torch.backends.cudnn.enabled = before

    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        if not torch.cuda.is_available():
            raise Unsupported("no CUDA device here")
        there = copy.deepcopy(module).to("cuda")

        def call(input: Any, hx: Any = None) -> Any:
            on_device = flat(there, input, hx)

            def function(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
                outputs = on_device(*(tensor.to("cuda") for tensor in tensors))
                return tuple(output.cpu() for output in outputs)

            inner = list(there.parameters())
            parameters = list(module.parameters())
            return returned(
                input, enclosed(function, tensors_of(input, hx), parameters, inner, around)
            )

        return module, call

    return build


MODES = [
    Mode("cuda", "on a CUDA device, by cuDNN", _on_cuda(cudnn=True)),
    Mode("cuda-native", "on a CUDA device, by torch's own kernels", _on_cuda(cudnn=False)),
]
