"""What a layer must leave as it was: what it is given, its weights, and torch's own switches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from rnn_manual.candidates.errors import Violation
from rnn_manual.candidates.harness.tensors import to_numpy


class Untouched:
    """Remembers tensors, to be asked later whether they are still the same.

    Args:
        tensors: by the names that an error gives them.
    """

    def __init__(self, tensors: Mapping[str, torch.Tensor]) -> None:
        self.then = {name: (tensor, _content(tensor)) for name, tensor in tensors.items()}

    def check(self, when: str = "") -> None:
        """Raises Violation if one of them was written to, or holds other numbers."""
        for name, (tensor, content) in self.then.items():
            for what, before, now in zip(CONTENT, content, _content(tensor), strict=True):
                if before != now:
                    where = f"{what} of {name}" if what else f"{name} in place"
                    raise Violation(f"changed {where}{when}, expected to leave it as it was")


CONTENT = ("", "", "the shape", "the strides", "requires_grad", "the .grad")


def _content(tensor: torch.Tensor) -> tuple[Any, ...]:
    """What changes when a tensor is written to: autograd's count of that, the numbers, and so on.

    Returns: a part for each of CONTENT.
    """
    count = 0 if tensor.is_inference() else tensor._version
    grad = tensor.grad if tensor.is_leaf else None
    of_grad = None if grad is None else (id(grad), grad._version)
    numbers = to_numpy(tensor).tobytes()
    return count, numbers, tensor.shape, tensor.stride(), tensor.requires_grad, of_grad


@contextmanager
def switches_left_alone(draws: bool) -> Iterator[None]:
    """Raises Violation if torch's switches, which are the caller's, are others afterwards.

    Args:
        draws: whether the layer may draw random numbers.
    """
    before = {name: read() for name, (read, _) in SWITCHES.items()}
    changed: dict[str, Any] = {}  # name → its value afterwards
    try:
        yield
    finally:
        for name, (read, put_back) in SWITCHES.items():
            value = read()
            # Only what changed is put back: for deterministic algorithms, torch loads its compiler.
            if not _same(value, before[name]):
                changed[name] = value
                if put_back is not None:
                    put_back(before[name])
    for name, value in changed.items():
        if not name.endswith("generator"):
            raise Violation(f"left {name} at {value}, where it was {before[name]}")
        if not draws:
            said = f"left {name} in another state: it drew from it, where nn draws nothing"
            raise Violation(said)


# Each, and how it is read and put back. (Of torch's generator the harness takes care.)
SWITCHES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any] | None]] = {
    "torch's grad mode": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch's number of threads": (torch.get_num_threads, torch.set_num_threads),
    "torch's use of oneDNN": (torch._C._get_mkldnn_enabled, torch._C._set_mkldnn_enabled),
    "torch's choice of deterministic algorithms": (
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
    "torch's random generator": (torch.get_rng_state, None),
    "NumPy's random generator": (np.random.get_state, np.random.set_state),
    "Python's random generator": (random.getstate, random.setstate),
}


def _same(a: Any, b: Any) -> bool:
    """Whether two values are equal: of arrays, and in tuples, all that is in them."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b))
    if isinstance(a, tuple) and any(isinstance(x, np.ndarray) for x in a):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
