"""Mistakes that show only in numbers far beyond the usual ones."""

from __future__ import annotations

from typing import Any

import torch

from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.mistakes.called import through
from rnn_manual.mistakes.wrong import Net, mistake
from rnn_manual.ops import TorchOps


def _large(case: Case) -> bool:
    return case.values == "large"


class _Clipped(TorchOps):
    """Reads no more than ±8, where float32 gives σ = 1 and tanh = 1; relu gives 20 at most."""

    def tanh(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x.clamp(-8, 8))

    def sigmoid(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x.clamp(-8, 8))

    def relu(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(0, 20)


@mistake("what σ and tanh read and relu gives is clipped", _large, classic=False)
def activations_clipped(net: Net) -> Net:
    return net.using(ops=_Clipped())


class _Clip(torch.autograd.Function):
    """The identity, whose gradient is clipped to ±10."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        return tuple(tensor.clone() for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return tuple(gradient.clamp(-10, 10) for gradient in gradients)


@mistake(
    "what comes back for out is clipped to ±10",
    _large,
    lambda case: case.call not in (*WITHOUT_A_GRAPH, "loss on h_n", "out changed"),
    classic=False,
)
def gradients_clipped(net: Net) -> tuple[Any, Any]:
    return through(net, _Clip.apply)
