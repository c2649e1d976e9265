"""torch.jit.script, which wants the types of all that goes in and out.

It takes a recurrent layer only as a part of a module: the layer's own `forward` is overloaded.
"""

# ruff: noqa: UP006, UP035, UP045 (torch 1.13 reads no `X | None`, nor in it `tuple`)

from __future__ import annotations

import warnings
from typing import Any, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.candidates.harness.building import Built


class _Wrapper(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer


class _Padded(_Wrapper):
    def forward(self, input: Tensor, hx: Optional[Tensor] = None) -> tuple[Tensor, Tensor]:
        out, state = self.layer(input, hx)
        return out, state


class _PaddedLSTM(_Wrapper):
    def forward(
        self, input: Tensor, hx: Optional[Tuple[Tensor, Tensor]] = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        out, state = self.layer(input, hx)
        return out, state


class _Packed(_Wrapper):
    def forward(
        self, input: PackedSequence, hx: Optional[Tensor] = None
    ) -> tuple[PackedSequence, Tensor]:
        out, state = self.layer(input, hx)
        return out, state


class _PackedLSTM(_Wrapper):
    def forward(
        self, input: PackedSequence, hx: Optional[Tuple[Tensor, Tensor]] = None
    ) -> tuple[PackedSequence, tuple[Tensor, Tensor]]:
        out, state = self.layer(input, hx)
        return out, state


def script(built: Built) -> Built:
    """The layer, scripted."""
    pair = built.config.kind == "lstm"
    padded, packed = (_PaddedLSTM, _PackedLSTM) if pair else (_Padded, _Packed)

    def call(input: Any, hx: Any = None) -> Any:
        wrapper = packed if isinstance(input, PackedSequence) else padded
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is on its way out
            scripted = torch.jit.script(wrapper(built.module))
        out, state = scripted(input, hx)
        return PackedSequence(*out) if isinstance(input, PackedSequence) else out, state

    return built._replace(call=call)
