"""What stands in each tensor's memory, as formulas: a shadow of every storage.

A shadow is read and written through the tensor's own size, stride and offset. So views, chunks and
what is written in place share their values just as the tensors do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_manual.candidates.torch_versions import storage_of
from rnn_manual.proof.arithmetic.points import Points

UNWRITTEN = "memory that nothing was written to through torch"


@dataclass
class Shadow:
    """The values of a storage's elements, as one array in the order in which they lie.

    marks: what is kept beside the values, if it is the same of all elements. each: if it is not,
        (marks, elements); None if it is.
    reason: why what stands there is not known as a formula; "" if it is.
    unwritten: which elements have no value yet; None if each has.
    seen_by: a tensor that sees it; kept, for torch would use the storage's address again. (Of the
        storage itself, torch may exchange what it holds, as when its memory is shared.)
    """

    points: Points
    marks: tuple[int, ...]
    seen_by: torch.Tensor
    reason: str = ""
    unwritten: NDArray[np.bool_] | None = None
    each: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        self.element_size = self.seen_by.element_size()

    def is_of(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor sees the storage's elements as they are, and not as other bytes."""
        return self.element_size == tensor.element_size()

    def reason_of(self, tensor: torch.Tensor) -> str:
        """Why a tensor's values are not known as formulas; "" if they are."""
        if not self.is_of(tensor):
            return f"memory of {self.seen_by.dtype} read as {tensor.dtype}"
        if self.unwritten is not None and _window(self.unwritten[None], tensor).any():
            return self.reason or UNWRITTEN
        return self.reason


class Shadows:
    """All of them, by storage.

    Args:
        constant: makes Points of an array of numbers that depend on nothing.
    """

    def __init__(self, constant: Any) -> None:
        self.constant = constant
        self.known: dict[int, Shadow] = {}

    def of(self, tensor: torch.Tensor) -> Shadow | None:
        """The shadow that a tensor looks into, if there is one."""
        return self.known.get(storage_of(tensor)._cdata)

    def read(self, tensor: torch.Tensor) -> Points:
        """A tensor's values; of a tensor without a shadow, its own numbers, which are constants."""
        shadow = self.of(tensor)
        if shadow is None:
            return self.constant(numbers(tensor))  # type: ignore[no-any-return]
        if not shadow.is_of(tensor):  # `reason` says why
            return self.constant(np.zeros(tensor.shape))  # type: ignore[no-any-return]
        marks: Any = shadow.marks
        if shadow.each is not None:
            seen = _window(shadow.each, tensor)
            marks = seen.reshape(len(seen), -1).max(1, initial=0).tolist()
        return shadow.points.like(_window(shadow.points.values, tensor), marks)

    def reason(self, tensor: torch.Tensor) -> str:
        """Why a tensor's values are not known as formulas; "" if they are."""
        shadow = self.of(tensor)
        return "" if shadow is None else shadow.reason_of(tensor)

    def write(self, tensor: torch.Tensor, points: Points, reason: str = "") -> None:
        """Puts values where a tensor lies; they are broadcast to its shape."""
        storage = storage_of(tensor)
        address = storage._cdata
        shadow = self.known.get(address)
        whole = storage.nbytes() == tensor.numel() * tensor.element_size()
        if whole and tensor.is_contiguous():  # as what an operation returns nearly always is
            values = np.empty((len(points.values), *tensor.shape), points.values.dtype)
            values[...] = _with_axes(points, values.ndim - 1)
            flat = points.like(values.reshape(len(values), -1))
            seen_by = shadow.seen_by if shadow and shadow.is_of(tensor) else tensor
            self.known[address] = Shadow(flat, points.marks, seen_by, reason)
            return
        shadow = shadow or self._new(tensor, points)
        if not shadow.is_of(tensor):
            if not whole:
                shadow.reason = f"memory of {shadow.seen_by.dtype} written as {tensor.dtype}"
                return
            shadow = self._new(tensor, points)
        _window(shadow.points.values, tensor)[...] = _with_axes(points, tensor.dim())
        if shadow.each is None and points.marks != shadow.marks:
            marks = np.array(shadow.marks, np.int64)[:, None]
            shadow.each = np.repeat(marks, shadow.points.size, 1)
        if shadow.each is not None:
            seen = _window(shadow.each, tensor)
            seen[...] = np.reshape(points.marks, (-1, *[1] * tensor.dim()))
        shadow.reason = reason if whole else shadow.reason or reason
        if shadow.unwritten is not None:
            _window(shadow.unwritten[None], tensor)[...] = False
            if not shadow.unwritten.any():
                shadow.unwritten = None

    def add_unwritten(self, tensor: torch.Tensor) -> None:
        """Takes in memory that has no values yet."""
        shadow = self._new(tensor, self.constant(np.zeros(())))
        shadow.unwritten = np.ones(shadow.points.size, bool)

    def add_constant(self, tensor: torch.Tensor) -> None:
        """Takes in the numbers of a whole storage as constants, before one is written over."""
        flat = torch.empty(0, dtype=tensor.dtype).set_(storage_of(tensor))
        self.write(flat, self.constant(numbers(flat)))

    def _new(self, tensor: torch.Tensor, like: Points) -> Shadow:
        storage = storage_of(tensor)
        elements = storage.nbytes() // tensor.element_size()
        values = np.zeros((len(like.values), elements), like.values.dtype)
        shadow = Shadow(like.like(values), like.marks, tensor)
        self.known[storage._cdata] = shadow
        return shadow


def numbers(tensor: torch.Tensor) -> NDArray[Any]:
    """A tensor's own numbers, in a format that NumPy has."""
    tensor = tensor.detach()
    if tensor.dtype in (torch.bfloat16, torch.float16):
        tensor = tensor.float()
    return np.asarray(tensor.cpu().numpy())


def _with_axes(points: Points, axes: int) -> NDArray[Any]:
    """Values that may be broadcast to a tensor of so many axes."""
    missing = axes - points.ndim
    if not missing:
        return points.values
    return points.values.reshape(len(points.values), *[1] * missing, *points.shape)


def _window(values: NDArray[Any], tensor: torch.Tensor) -> NDArray[Any]:
    """The elements of a storage that a tensor sees, as it sees them: a view (K, *shape)."""
    shape = (len(values), *tensor.shape)
    if tensor.is_contiguous():
        start, count = tensor.storage_offset(), tensor.numel()
        seen = values if count == values.shape[1] else values[:, start : start + count]
        return seen.reshape(shape)
    step = values.itemsize
    strides = (values.strides[0], *(s * step for s in tensor.stride()))
    if not tensor.numel() or not len(values):  # NumPy checks the strides of no elements, too
        return np.zeros(shape, values.dtype)
    return np.ndarray(shape, values.dtype, values, tensor.storage_offset() * step, strides)
