"""What a layer must leave as it was: what it is given, its weights, and torch's own switches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

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
            if _content(tensor) != content:
                raise Violation(f"changed {name} in place{when}, expected to leave it as it was")


def _content(tensor: torch.Tensor) -> tuple[int, bytes]:
    """What changes when a tensor is written to: autograd's count of that, and the numbers."""
    count = 0 if tensor.is_inference() else tensor._version
    return count, to_numpy(tensor).tobytes()


@contextmanager
def switches_left_alone(draws: bool) -> Iterator[None]:
    """Raises Violation if torch's switches, which are the caller's, are others afterwards.

    Args:
        draws: whether the layer may draw random numbers.
    """
    before = _switches()
    try:
        yield
        for name, value in _switches().items():
            if value == before[name] or (draws and name == GENERATOR):
                continue
            if name == GENERATOR:
                raise Violation("left torch's random generator in another state")
            raise Violation(f"left torch's {name} at {value}, where it was {before[name]}")
    finally:
        for name, put_back in PUT_BACK.items():
            put_back(before[name])


GENERATOR = "random generator"
PUT_BACK: dict[str, Any] = {
    "grad mode": torch.set_grad_enabled,
    "default dtype": torch.set_default_dtype,
    "number of threads": torch.set_num_threads,
}


def _switches() -> dict[str, Any]:
    return {
        "grad mode": torch.is_grad_enabled(),
        "default dtype": torch.get_default_dtype(),
        "number of threads": torch.get_num_threads(),
        GENERATOR: torch.get_rng_state().numpy().tobytes(),
    }
