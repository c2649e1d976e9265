"""Operations that only move numbers: what they do to places, they do to values.

Each is run once more, on integers that number its operands' elements; what comes out says where
every element is from. Zero says that it is a new zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnn_manual.proof.points import Points, concatenated

MOVING = frozenset(
    """
    cat stack flip roll repeat tile clone contiguous copy _to_copy to lift lift_fresh lift_fresh_copy
    index index_select gather take embedding select_scatter slice_scatter as_strided_scatter
    diagonal_scatter slice_backward select_backward constant_pad_nd diag_embed tril triu rot90
    permute_copy view_copy expand_copy slice_copy select_copy transpose_copy t_copy unsqueeze_copy
    squeeze_copy split_copy split_with_sizes_copy unbind_copy detach_copy alias_copy
    _reshape_copy _unsafe_view narrow_copy zero masked_scatter
    index_put _unsafe_index _index_put_impl scatter index_copy
    repeat_interleave unfold_backward diagonal_backward as_strided_copy
    """.split()
)
# What would be taken for a place: a number that is put in, or added.
ADDS = {"accumulate", "reduce", "value"}
# Of these, what is no float says where, but for the first operand.
INDEXED = frozenset(
    """
    index index_select gather take embedding index_put _unsafe_index _index_put_impl scatter
    index_copy masked_scatter repeat_interleave index_add embedding_dense_backward
    """.split()
)
WITHOUT = ("dtype", "memory_format", "pin_memory", "non_blocking", "out", "layout", "device")


def moved(
    name: str,
    function: Callable[..., Any],
    args: Any,
    kwargs: dict[str, Any],
    read: Callable[[torch.Tensor], Points],
) -> Any:
    """What an operation returns, as Points in the place of tensors.

    Args:
        name: the operation's. read: the values of a tensor.
    """
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
    everything = concatenated([zero_of(sources), *sources]) if sources else None

    def taken(x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            return everything.take(x.numpy()) if everything is not None else None
        return [taken(y) for y in x] if isinstance(x, (list, tuple)) else x

    return taken(places)


def zero_of(sources: list[Points]) -> Points:
    """A zero of the same kind."""
    return sources[0].lifted([0.0])
