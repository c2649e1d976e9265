"""What an operation writes, beside what it reads: whether in the same memory, in which format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_manual.candidates.torch_versions import storage_of
from rnn_manual.proof.mirror.operations import PRODUCTS, Operation, tensors_in


def writes_what_it_reads(op: Operation, args: Any, kwargs: Any) -> bool:
    """Whether it writes to memory that it is still to read, so that no rule tells what comes out.

    What is computed element by element may be written over its operand, element by element; and a
    product over what it is added to.
    """
    named = [x for name, x in kwargs.items() if name not in op.writes]
    for written in op.writes:
        if isinstance(written, str):
            target, read = kwargs.get(written), [*args, *named]
        else:
            target, read = args[written], [*args[:written], *args[written + 1 :], *named]
        if not isinstance(target, torch.Tensor):
            continue
        if isinstance(written, str) and op.name in PRODUCTS and _same_view(args[0], target):
            read = read[1:]
        elementwise = op.is_pointwise or op.name == "copy"
        for x in tensors_in(read):
            if _overlap(target, x) and not (elementwise and _same_view(target, x)):
                return True
    return False


def narrowed(given: Sequence[torch.Tensor], results: Iterable[object]) -> torch.dtype | None:
    """The first format of a result that is narrower than what was given; None if there is none.

    Beside others, tensors without axes count as Python's numbers do: they make no result finer.
    """
    floats = [x for x in given if x.is_floating_point()]
    formats = {x.dtype for x in floats if x.dim()} or {x.dtype for x in floats}
    for x in results:
        if not isinstance(x, torch.Tensor) or not x.is_floating_point() or formats <= {x.dtype}:
            continue
        if torch.finfo(x.dtype).eps > min(torch.finfo(dtype).eps for dtype in formats):
            return x.dtype
    return None


def _same_view(a: torch.Tensor, b: torch.Tensor) -> bool:
    return (a.data_ptr(), a.shape, a.stride()) == (b.data_ptr(), b.shape, b.stride())


def _overlap(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether an element of the one is an element of the other."""
    if storage_of(a)._cdata != storage_of(b)._cdata:
        return False
    return bool(np.isin(_places(a), _places(b)).any())


def _places(x: torch.Tensor) -> NDArray[np.int64]:
    """Where in its storage each element lies."""
    places = np.full((), x.storage_offset(), np.int64)
    for size, step in zip(x.shape, x.stride(), strict=True):
        places = np.add.outer(places, np.arange(size) * step)
    return places.ravel()
