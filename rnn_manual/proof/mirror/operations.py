"""What torch's operations are: by their schemas, and by name where these do not say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# The kernels that compute whole layers, or steps of one, in one operation.
KERNELS = {
    "mkldnn_rnn_layer": "oneDNN's LSTM",
    "mkldnn_rnn_layer_backward": "oneDNN's LSTM",
    "_cudnn_rnn": "cuDNN's layers",
    "_cudnn_rnn_backward": "cuDNN's layers",
    "miopen_rnn": "MIOpen's layers",
    "_thnn_fused_lstm_cell": "torch's fused LSTM cell",
    "_thnn_fused_gru_cell": "torch's fused GRU cell",
}
ONEDNN = frozenset(name for name in KERNELS if name.startswith("mkldnn"))
OVERWRITING = names("copy fill zero")
PRODUCTS = names("addmm addmv addbmm baddbmm addr")  # which add to what stands there
# What these return depends on no value.
FACTORIES = names("""
    empty empty_like empty_strided new_empty new_empty_strided empty_permuted _efficientzerotensor
    zeros zeros_like ones ones_like full full_like new_zeros new_ones new_full arange linspace eye
    scalar_tensor range tril_indices triu_indices _new_zeros_with_same_feature_meta
""")
RANDOM = names("""
    bernoulli rand rand_like randn randn_like randint randint_like randperm normal uniform
    native_dropout random exponential _fused_dropout multinomial poisson
""")
# By these values leave torch, as Python's numbers.
LEAVING = names("_local_scalar_dense equal is_nonzero")
# Those that let a tensor see another part of memory, in place; and views that do not say so.
VIEWS = names("""
    detach t transpose unsqueeze squeeze as_strided swapaxes swapdims set requires_grad
    unsafe_split unsafe_split_with_sizes unsafe_chunk _unsafe_view _reshape_alias
""")
# Those that only move numbers.
MOVING = names("""
    cat stack flip roll repeat tile clone copy _to_copy lift lift_fresh_copy
    index index_select gather take embedding select_scatter slice_scatter
    as_strided_scatter _pack_padded_sequence
    diagonal_scatter slice_backward select_backward constant_pad_nd diag_embed tril triu rot90
    permute_copy view_copy expand_copy slice_copy select_copy transpose_copy t_copy unsqueeze_copy
    squeeze_copy split_copy split_with_sizes_copy unbind_copy detach_copy alias_copy
    _reshape_copy narrow_copy zero masked_scatter _unsafe_index scatter index_copy
    repeat_interleave unfold_backward diagonal_backward as_strided_copy
""")
# Of these, what is no float says where, but for the first operand.
INDEXED = names("""
    index index_select gather take embedding index_put _unsafe_index _index_put_impl scatter
    _pack_padded_sequence _unsafe_index_put index_copy masked_scatter repeat_interleave index_add
    embedding_dense_backward scatter_add index_fill
""")


@dataclass(frozen=True)
class Operation:
    """What is known of one of torch's operations.

    name: without overload, and without the underscore of those that write in place. label: whole.
    arguments: their names.
    writes: the places or, of those that must be named, the names of arguments that are written to.
    is_view: whether what it returns sees what it is given. returns: whether it returns something.
    overwrites: whether what stood in its first operand before does not matter.
    is_pointwise: whether it computes element by element.
    """

    name: str
    label: str
    arguments: tuple[str, ...]
    writes: tuple[str | int, ...]
    is_view: bool
    returns: bool
    overwrites: bool
    is_pointwise: bool


@cache
def operation(function: Any) -> Operation:
    """Reads an operation's schema."""
    schema = function._schema
    space, name = schema.name.split("::")
    base = name[:-1] if name.endswith("_") and not name.endswith("__") else name
    writes = tuple(
        argument.name if argument.kwarg_only else place
        for place, argument in enumerate(schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )
    aliases = [r.alias_info for r in schema.returns if r.alias_info is not None]
    is_view = any(not alias.is_write for alias in aliases) or base in VIEWS
    arguments = tuple(argument.name for argument in schema.arguments)
    return Operation(
        base,
        f"{space}::{name}",
        arguments,
        writes,
        is_view,
        returns=bool(schema.returns),
        overwrites=base in OVERWRITING,
        is_pointwise=any(tag.name == "pointwise" for tag in getattr(function, "tags", ())),
    )


def tensors_in(x: Iterable[Any]) -> list[torch.Tensor]:
    """The tensors that an operation is given, those in lists, too."""
    found = []
    for y in x:
        if isinstance(y, torch.Tensor):
            found.append(y)
        elif isinstance(y, (list, tuple)):
            found += tensors_in(y)
    return found
