"""What an operation writes, beside what it reads: whether in the same memory, in which format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from rnn_manual.candidates.torch_versions import storage_of
from rnn_manual.proof.mirror.operations import PRODUCTS, Operation, tensors_in


def writes_what_it_reads(op: Operation, args: Any, kwargs: Any) -> bool:
    """Whether it writes to memory that it is still to read, so that no rule tells what comes out.

    What it computes element by element may be written over its operands; so may what it adds to.
    """
    if op.is_pointwise:
        return False
    named = [x for name, x in kwargs.items() if name not in op.writes]
    for written in op.writes:
        if isinstance(written, str):
            target, read = kwargs.get(written), [*args, *named]
        elif op.name in PRODUCTS:
            target, read = args[written], [*args[:written], *args[written + 1 :], *named]
        else:
            continue
        if isinstance(target, torch.Tensor) and any(_overlap(target, x) for x in tensors_in(read)):
            return True
    return False


def narrowed(given: Sequence[torch.Tensor], results: Iterable[object]) -> torch.dtype | None:
    """The first format of a result that is narrower than what was given; None if there is none.

    Tensors without axes count as Python's numbers do, which make no result any finer.
    """
    formats = {x.dtype for x in given if x.dim() and x.is_floating_point()}
    for x in results:
        if not isinstance(x, torch.Tensor) or not x.is_floating_point() or formats <= {x.dtype}:
            continue
        if torch.finfo(x.dtype).eps > min(torch.finfo(dtype).eps for dtype in formats):
            return x.dtype
    return None


def _overlap(a: torch.Tensor, b: torch.Tensor) -> bool:
    if not (a.numel() and b.numel()) or storage_of(a)._cdata != storage_of(b)._cdata:
        return False
    (begin, end), (other_begin, other_end) = _extent(a), _extent(b)
    return bool(begin < other_end and other_begin < end)


def _extent(x: torch.Tensor) -> tuple[Any, Any]:
    """From its first byte to behind its last one."""
    last = sum((size - 1) * step for size, step in zip(x.shape, x.stride(), strict=True))
    begin = x.storage_offset() * x.element_size()
    return begin, begin + (last + 1) * x.element_size()
