"""Eager execution: what is recorded for the way back, and by which kernels it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import nn

from rnn_manual.parity.candidates import Call
from rnn_manual.parity.modes.cells import stepped
from rnn_manual.parity.modes.flat import flat, returned, tensors_of
from rnn_manual.parity.modes.mode import Build, Mode, loses_all, loses_weights
from rnn_manual.parity.modes.node import Around, enclosed


def _forward_in(
    context: Callable[[], AbstractContextManager[Any]],
) -> Build:
    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        def call(input: Any, hx: Any = None) -> Any:
            with context():
                return module(input, hx)

        return module, call

    return build


def _all_in(around: Around) -> Build:
    """Forward and backward."""

    def build(module: nn.RNNBase) -> tuple[nn.Module, Call]:
        def call(input: Any, hx: Any = None) -> Any:
            parameters = list(module.parameters())
            function, tensors = flat(module, input, hx), tensors_of(input, hx)
            return returned(input, enclosed(function, tensors, parameters, parameters, around))

        return module, call

    return build


def _onednn_off() -> AbstractContextManager[Any]:
    context: AbstractContextManager[Any] = torch.backends.mkldnn.flags(enabled=False)
    return context


def _threads(count: int) -> Around:
    @contextmanager
    def around() -> Iterator[None]:
        before = torch.get_num_threads()
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    return around


def _frozen(module: nn.RNNBase) -> tuple[nn.Module, Call]:
    module.requires_grad_(False)
    return module, module


MODES = [
    Mode("no_grad", "under torch.no_grad", _forward_in(torch.no_grad), loses=loses_all),
    Mode(
        "inference_mode",
        "under torch.inference_mode",
        _forward_in(torch.inference_mode),
        loses=loses_all,
    ),
    Mode("onednn-off", "by torch's own kernels, forward and backward", _all_in(_onednn_off)),
    Mode("frozen", "weights that require no gradient", _frozen, loses=loses_weights),
    Mode("threads-1", "on one thread, forward and backward", _all_in(_threads(1))),
    Mode("threads-2", "on two threads, forward and backward", _all_in(_threads(2))),
    Mode(
        "cells",
        "nn.RNNCell, nn.LSTMCell or nn.GRUCell, one call a step",
        stepped,
        takes=lambda case: not case.packed,  # a cell knows no sequences
    ),
]
