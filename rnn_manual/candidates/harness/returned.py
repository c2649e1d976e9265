"""What a layer returned, by name, and what is wrong with its form."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.candidates.errors import Violation
from rnn_manual.candidates.harness.tensors import Tensors
from rnn_manual.config import Config


def check_callable(layer: Any) -> None:
    """Raises Violation: a function built something that cannot be called."""
    if not callable(layer):
        raise Violation(f"returned {_kind(layer)} as it was built, expected a layer to call")


def read_outputs(config: Config, returned: Any, given: Any) -> Tensors:
    """What a layer returned for the input `given`: out, h_n and, for an LSTM, c_n.

    Raises: Violation: it is something else.
    """
    names = [f"{name}_n" for name in config.states]
    form = f"(out, {'(h_n, c_n)' if len(names) == 2 else 'h_n'})"
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise Violation(f"returned {_kind(returned)}, expected {form}")
    out, state = returned
    if isinstance(given, PackedSequence):
        out, given = _packed_rows(out, given), given.data
    states = state if len(names) == 2 else (state,)
    if not isinstance(states, tuple) or len(states) != len(names):
        raise Violation(f"state is {_described(state)}, expected {form}")
    outputs = dict(zip(["out", *names], [out, *states], strict=True))
    for name, tensor in outputs.items():
        if not isinstance(tensor, torch.Tensor):
            raise Violation(f"{name} is {_described(tensor)}, expected a tensor")
        for what in ("dtype", "device"):
            got, expected = getattr(tensor, what), getattr(given, what)
            if got != expected:
                raise Violation(f"{name} has {what} {got}, expected {expected}")
    return outputs


def _packed_rows(out: Any, given: PackedSequence) -> Any:
    if not isinstance(out, PackedSequence):
        raise Violation(f"out is {_described(out)}, expected a PackedSequence like the input")
    for part in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        ours, theirs = getattr(given, part), getattr(out, part)
        same = ours is theirs if ours is None or theirs is None else torch.equal(ours, theirs)
        if not same:
            raise Violation(f"out.{part} {_unlike(theirs, ours)}")
    return out.data


def _unlike(theirs: Any, ours: Any) -> str:
    """In one short line, for a batch may be large."""
    if theirs is None or ours is None or theirs.shape != ours.shape:
        whose, own = ("None" if x is None else _described(x) for x in (theirs, ours))
        return f"is {whose}, expected the input's, {own}"
    place = int((theirs != ours).nonzero()[0])
    return f"has {theirs[place]} at {place}, expected the input's {ours[place]}"


def _described(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return _kind(value)


def _kind(value: Any) -> str:
    """The same of all cases, so that they are told in one line."""
    if isinstance(value, torch.Tensor):
        return "a tensor"
    if isinstance(value, PackedSequence):
        return "a PackedSequence"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else type(value).__name__


def check_no_shared_memory(outputs: Tensors, given: Mapping[str, torch.Tensor]) -> None:
    """Raises Violation if something returned lies where something else does: nn's never do.

    Who changes one of them in place would change the other; and in one whose own elements lie on
    one another, as `expand` leaves them, nothing can be changed in place.
    """
    for name, tensor in outputs.items():
        if torch._debug_has_internal_overlap(tensor) == 1:
            raise Violation(f"several elements of {name} share one place in memory")
    returned, others = _on_cpu(outputs), _on_cpu(given)
    pairs = itertools.chain(
        itertools.combinations(returned.items(), 2),
        itertools.product(returned.items(), others.items()),
    )
    for (name, array), (other, there) in pairs:
        if np.may_share_memory(array, there) and np.shares_memory(array, there):
            raise Violation(f"{name} shares memory with {other}, expected memory of its own")


def _on_cpu(tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Those that lie in memory that NumPy can see."""
    there = {name: t for name, t in tensors.items() if t.device.type == "cpu" and t.numel()}
    return {name: _as_bits(tensor) for name, tensor in there.items()}


def _as_bits(tensor: torch.Tensor) -> Any:
    """The tensor's memory as NumPy sees it, which has no bfloat16."""
    tensor = tensor.detach()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def check_no_graph(outputs: Tensors) -> None:
    """Raises Violation if something that was computed without gradients requires one."""
    for name, tensor in outputs.items():
        if tensor.requires_grad:
            raise Violation(f"{name} requires a gradient, where gradients are off")
