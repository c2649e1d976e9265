"""A case's numbers as torch tensors, lying in memory as the case wants them, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.cases.calls import differentiated
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats
from rnn_manual.layout import Packed, rows_of, state_given

Tensors = dict[str, torch.Tensor]


def strided(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers as every other element of something twice as wide."""
    wide = tensor.new_zeros(*tensor.shape, 2)
    wide[..., 0] = tensor
    return wide[..., 0]


def leaves_of(case: Case, data: Data, dtype: torch.dtype, device: str) -> Tensors:
    """Input and states as tensors that require a gradient where the case asks for theirs.

    Returns: input (its rows, if packed), h_0 and c_0, where they are given.
    """
    named = {"input": rows_of(data.input)}
    named |= {f"{name}_0": s for name, s in zip(case.config.states, data.state or ())}  # noqa: B905
    return {
        name: placed(case, name, to_torch(array, dtype, device))
        .detach()
        .requires_grad_(differentiated(case, name))
        for name, array in named.items()
    }


def placed(case: Case, name: str, tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers, in memory as `case.memory` says."""
    if case.memory == "strided":
        return strided(tensor)
    axis = expanded_axis(case, name)
    if axis is not None and tensor.shape[axis]:
        # What lies beside the one row are other numbers, which no layer may read.
        row, *others = torch.split(tensor, 1, axis)
        wide = torch.cat([row, *(other + 1 for other in others)], axis)
        return wide.narrow(axis, 0, 1).expand(tensor.shape)
    return tensor


def expanded_axis(case: Case, name: str) -> int | None:
    """The axis along which one row stands for a whole batch; None if there is none.

    Args:
        name: input, h_0 or c_0; or out, h_n or c_n, for what multiplies them in the loss.
    """
    comes_back = name in ("out", "h_n", "c_n")
    if not (case.expands_cotangents if comes_back else case.memory == "expanded"):
        return None
    if name in ("input", "out"):
        return case.batch_axis
    return 1 if name[1:] in ("_0", "_n") and case.layout != "unbatched" else None


def arguments(case: Case, data: Data, leaves: Tensors) -> tuple[Any, Any]:
    """What a layer is called with: input and hx, of the leaves."""
    rows, *states = leaves.values()
    return packed(data.input, rows), state_given(case.config, states) if states else None


def packed(input: Any, rows: torch.Tensor) -> Any:
    """`rows` as a PackedSequence where `input` is packed; as they are where it is not."""
    if not isinstance(input, Packed):
        return rows
    indices = (input.sorted_indices, input.unsorted_indices)
    on_device = [None if i is None else torch.tensor(i, device=rows.device) for i in indices]
    return PackedSequence(rows, torch.tensor(input.batch_sizes), *on_device)


def packing_of(input: Any) -> Tensors:
    """What a PackedSequence holds besides its rows, by name; nothing of a tensor."""
    if not isinstance(input, PackedSequence):
        return {}
    parts = input._asdict()
    return {f"input's {name}": p for name, p in parts.items() if name != "data" and p is not None}


@contextmanager
def without_tf32() -> Iterator[None]:
    """On CUDA, cuDNN may round float32 to ten bits: that is another number format, not an error."""
    if not torch.cuda.is_available():
        yield
        return
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def to_torch(array: Floats, dtype: torch.dtype, device: str = "cpu") -> torch.Tensor:
    """A copy; from any view, also one that runs backwards, which torch does not take."""
    return torch.tensor(np.array(array, order="C"), dtype=dtype, device=device)


def to_numpy(tensor: torch.Tensor) -> Floats:
    """A copy, for the owner may use its memory again; bfloat16, which NumPy lacks, as float32."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    return np.array(tensor.numpy())
