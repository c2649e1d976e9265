"""What a run is watched by: where a case's numbers go into it, and how what comes out is read."""

from __future__ import annotations

from typing import Any

import torch

from rnn_manual.candidates.harness.tensors import to_numpy


class Observer:
    """Reads what comes out as NumPy arrays, and has no part in what goes in."""

    def given(self, name: str, tensor: torch.Tensor) -> None:
        """Called with every tensor of a case's numbers before anything is computed with it.

        Args:
            name: a parameter's, by PyTorch; input, h_0 or c_0; `d out` and the like for what
                multiplies the outputs; `u input` and the like for what multiplies the gradients;
                `another 0 input` and the like of other calls.
        """

    def begins(self, call: str, backward: bool) -> None:
        """Called before a call of the layer, and before the way back through it.

        Args:
            call: "" for the case's own, `another 0` and the like for others.
        """

    def read(self, tensor: torch.Tensor) -> Any:
        """A copy of what a layer returned."""
        return to_numpy(tensor)


class OfAnotherCall(Observer):
    """Tells an observer of another call than the case's own, under names of its own."""

    def __init__(self, observer: Observer, number: int) -> None:
        self.observer, self.call = observer, another_call(number)

    def given(self, name: str, tensor: torch.Tensor) -> None:
        self.observer.given(f"{self.call} {name}", tensor)

    def begins(self, call: str, backward: bool) -> None:
        self.observer.begins(self.call, backward)

    def read(self, tensor: torch.Tensor) -> Any:
        return self.observer.read(tensor)


PLAIN = Observer()
ANOTHER = "another"  # what the names of another call's tensors begin with


def another_call(number: int) -> str:
    """What stands before the names of another call's tensors."""
    return f"{ANOTHER} {number}"
