"""Operations that only move numbers: what they do to places, they do to values.

Each is run once more, on integers that number its operands' elements; what comes out says where
every element is from. Zero says that it is a new zero. The commonest go by a shorter way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.mirror.operations import INDEXED

# What would be taken for a place: a number that is put in, or added.
ADDS = {"accumulate", "reduce", "value"}
WITHOUT = ("dtype", "memory_format", "pin_memory", "non_blocking", "out", "layout", "device")


def _clone(x: Points, memory_format: Any = None) -> Points:
    return x


def _copy(x: Points, source: Points, non_blocking: bool = False) -> Points:
    return source


def _cat(arrays: Sequence[Points], axis: int = 0) -> Points:
    some = [x for x in arrays if x.shape != (0,)] or arrays  # which fits to any other
    return Points.concatenated(some, axis)  # type: ignore[no-any-return]


def _stack(arrays: Sequence[Points], axis: int = 0) -> Points:
    return Points.stacked(arrays, axis)  # type: ignore[no-any-return]


SHORTER: dict[str, Callable[..., Points]] = {
    "clone": _clone,
    "copy": _copy,
    "cat": _cat,
    "stack": _stack,
}


def moved(
    name: str,
    function: Any,
    args: Any,
    kwargs: dict[str, Any],
    read: Callable[[torch.Tensor], Points],
) -> Any:
    """What an operation returns, as Points in the place of tensors.

    Args:
        name: the operation's. read: the values of a tensor.
    """
    if name in SHORTER and "out" not in kwargs:
        return SHORTER[name](*operands(args, read), **kwargs)
    sources: list[Points] = []
    start = 1

    def numbered(x: Any) -> Any:
        nonlocal start
        if isinstance(x, torch.Tensor):
            if name in INDEXED and sources and not x.is_floating_point():
                return x
            points = read(x)
            sources.append(points.reshape(points.size))
            count = x.numel()
            places = torch.arange(start, start + count).reshape(x.shape)
            start += count
            return places
        if isinstance(x, (list, tuple)):
            return type(x)(map(numbered, x))
        return x

    asked = {k: numbered(v) for k, v in kwargs.items() if k not in WITHOUT}
    if "out" in kwargs:
        function = function.overloadpacket
    places = function(*numbered(tuple(args)), **asked)
    everything = Points.concatenated([zero_of(sources), *sources]) if sources else None

    def taken(x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            return everything.take(x.numpy()) if everything is not None else None
        return [taken(y) for y in x] if isinstance(x, (list, tuple)) else x

    return taken(places)


def operands(given: Iterable[Any], read: Callable[[torch.Tensor], Any]) -> list[Any]:
    """What an operation is given, with what is read in the place of tensors."""
    found: list[Any] = []
    for x in given:
        if isinstance(x, torch.Tensor):
            found.append(read(x))
        elif isinstance(x, (list, tuple)):
            found.append(operands(x, read))
        else:
            found.append(x)
    return found


def zero_of(sources: list[Points]) -> Points:
    """A zero of the same kind."""
    return sources[0].lifted([0.0])
