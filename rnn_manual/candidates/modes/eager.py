"""Eager execution: by which kernels, on how many threads, and cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch

from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.mode import Mode, Takes
from rnn_manual.candidates.modes.cells import stepped
from rnn_manual.candidates.modes.flat import flat, returned, tensors_of
from rnn_manual.candidates.modes.node import Around, enclosed


def _in(around: Around) -> Callable[[Built], Built]:
    """Forward and backward with `around` about each."""

    def build(built: Built) -> Built:
        def call(input: Any, hx: Any = None) -> Any:
            parameters = list(built.module.parameters())
            function, tensors = flat(built.call, input, hx), tensors_of(input, hx)
            return returned(input, enclosed(function, tensors, parameters, parameters, around))

        return built._replace(call=call)

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


MODES = [
    Mode(
        "onednn-off",
        "by torch's own kernels, forward and backward",
        _in(_onednn_off),
        subjects=Takes.ALL,
    ),
    *(
        Mode(f"threads-{n}", f"on {words}", _in(_threads(n)), subjects=Takes.ALL)
        for n, words in ((1, "one thread"), (2, "two threads"))
    ),
    Mode(
        "cells",
        "nn.RNNCell, nn.LSTMCell or nn.GRUCell, one call a step",
        stepped,
        takes=lambda case: not case.packed,  # a cell knows no sequences
        subjects=Takes.TORCH,
    ),
]
