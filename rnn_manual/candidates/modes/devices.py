"""Other devices: the layer computes there, and what comes out is brought back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.tensors import without_tf32
from rnn_manual.candidates.modes.flat import flat, returned, tensors_of
from rnn_manual.candidates.modes.node import enclosed


def _on_cuda(cudnn: bool) -> Callable[[Built], Built]:
    @contextmanager
    def around() -> Iterator[None]:
        before = torch.backends.cudnn.enabled
        torch.backends.cudnn.enabled = cudnn
        try:
            with without_tf32():
                yield
        finally:
            torch.backends.cudnn.enabled = before

    def build(built: Built) -> Built:
        if not torch.cuda.is_available():
            raise Unsupported("no CUDA device here")
        there = copy.deepcopy(built.module).to("cuda")

        def call(input: Any, hx: Any = None) -> Any:
            on_device = flat(there, input, hx)

            def function(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
                outputs = on_device(*(tensor.to("cuda") for tensor in tensors))
                return tuple(output.cpu() for output in outputs)

            inner = list(there.parameters())
            parameters = list(built.module.parameters())
            return returned(
                input, enclosed(function, tensors_of(input, hx), parameters, inner, around)
            )

        return built._replace(call=call)

    return build


MODES = [
    Mode("cuda", "on a CUDA device, by cuDNN", _on_cuda(cudnn=True)),
    Mode("cuda-native", "on a CUDA device, by torch's own kernels", _on_cuda(cudnn=False)),
]
