"""A call of a layer as a function of plain tensors to plain tensors, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.candidates.candidate import Call
from rnn_manual.candidates.torch_versions import needed

Flat = Callable[..., tuple[torch.Tensor, ...]]


def tensors_of(rows: Any, state: Any) -> tuple[torch.Tensor, ...]:
    """The tensors of an input and its states, or of what was returned: rows, h, c."""
    states = () if state is None else state if isinstance(state, tuple) else (state,)
    return (rows.data if isinstance(rows, PackedSequence) else rows, *states)


def given(input: Any, hx: Any, tensors: Sequence[torch.Tensor]) -> tuple[Any, Any]:
    """The arguments of a call like the one with `input` and `hx`, with other tensors."""
    rows, *states = tensors
    state = tuple(states) if isinstance(hx, tuple) else states[0] if states else None
    return _like(input, rows), state


def returned(input: Any, tensors: Sequence[torch.Tensor]) -> tuple[Any, Any]:
    """What a layer returns for `input`, from its tensors."""
    rows, *states = tensors
    return _like(input, rows), tuple(states) if len(states) > 1 else states[0]


def flat(call: Call, input: Any, hx: Any) -> Flat:
    """`call`, as it is called with `input` and `hx`, as a function of their tensors."""
    return lambda *tensors: tensors_of(*call(*given(input, hx, tensors)))


def functional_call(module: nn.Module, weights: dict[str, torch.Tensor], arguments: Any) -> Any:
    """The layer called with other parameters than its own."""
    call = needed("torch.func.functional_call", "torch.nn.utils.stateless.functional_call")
    return call(module, weights, arguments)


def flat_with_parameters(module: nn.Module, input: Any, hx: Any) -> Flat:
    """A layer as a function of its parameters, too, which come last."""
    names = list(dict(module.named_parameters()))

    def function(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        count = len(tensors) - len(names)
        weights = dict(zip(names, tensors[count:], strict=True))
        return tensors_of(*functional_call(module, weights, given(input, hx, tensors[:count])))

    return function


def _like(input: Any, rows: torch.Tensor) -> Any:
    return input._replace(data=rows) if isinstance(input, PackedSequence) else rows
