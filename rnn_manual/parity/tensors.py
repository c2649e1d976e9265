"""A case's numbers as torch tensors, lying in memory as the case wants them, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.layout import Packed
from rnn_manual.parity.cases import Case, Floats


def strided(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers as every other element of something twice as wide."""
    wide = tensor.new_zeros(*tensor.shape, 2)
    wide[..., 0] = tensor
    return wide[..., 0]


def placed(case: Case, tensor: torch.Tensor, batch_axis: int | None) -> torch.Tensor:
    """The same numbers, in memory as `case.memory` says."""
    if case.memory == "strided":
        return strided(tensor)
    if case.memory == "expanded" and batch_axis is not None and tensor.shape[batch_axis]:
        return tensor.narrow(batch_axis, 0, 1).expand(tensor.shape)
    return tensor


def batch_axis(case: Case, of_input: bool) -> int | None:
    """The axis of input, or of a state, along which the batch lies; None if there is none."""
    if case.layout == "unbatched" or (of_input and case.packed):
        return None
    return 0 if of_input and case.config.batch_first else 1


def packed(input: Any, rows: torch.Tensor) -> Any:
    """`rows` as a PackedSequence where `input` is packed; as they are where it is not."""
    if not isinstance(input, Packed):
        return rows
    indices = (input.sorted_indices, input.unsorted_indices)
    on_device = [None if i is None else torch.tensor(i, device=rows.device) for i in indices]
    return PackedSequence(rows, torch.tensor(input.batch_sizes), *on_device)


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


def to_numpy(tensor: torch.Tensor) -> Floats:
    """A copy, for the owner may use its memory again; bfloat16, which NumPy lacks, as float32."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    return np.array(tensor.numpy())
