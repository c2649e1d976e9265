"""torch.jit.script, which wants the types of all that goes in and out.

It takes a recurrent layer only as a part of a module: the layer's own `forward` is overloaded.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.parity.candidates import Call


class _Wrapper(nn.Module):
    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer = layer


class _Padded(_Wrapper):
    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        out, state = self.layer(input, hx)
        return out, state


class _PaddedLSTM(_Wrapper):
    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        out, state = self.layer(input, hx)
        return out, state


class _Packed(_Wrapper):
    def forward(
        self, input: PackedSequence, hx: Tensor | None = None
    ) -> tuple[PackedSequence, Tensor]:
        out, state = self.layer(input, hx)
        return out, state


class _PackedLSTM(_Wrapper):
    def forward(
        self, input: PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[PackedSequence, tuple[Tensor, Tensor]]:
        out, state = self.layer(input, hx)
        return out, state


def script(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    """The layer, scripted."""
    padded, packed = (
        (_PaddedLSTM, _PackedLSTM) if isinstance(module, nn.LSTM) else (_Padded, _Packed)
    )

    def call(input: Any, hx: Any = None) -> Any:
        wrapper = packed if isinstance(input, PackedSequence) else padded
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is on its way out
            scripted = torch.jit.script(wrapper(module))
        out, state = scripted(input, hx)
        return PackedSequence(*out) if isinstance(input, PackedSequence) else out, state

    return module, call
