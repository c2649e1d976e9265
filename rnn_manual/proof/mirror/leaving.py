"""Sees where values leave torch without an operation, as arrays or memory; or autograd's graph."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

import rnn_manual

TAKEN_OUT_BY = frozenset(
    ("numpy", "__array__", "tolist", "__dlpack__", "data_ptr", "untyped_storage", "storage")
)
DETACHED_BY = frozenset(("detach", "detach_"))
DATA = torch.Tensor.data.__get__  # type: ignore[attr-defined]
_ours = Path(rnn_manual.__file__).parent
HARNESS = tuple(
    str(_ours / name) for name in ("candidates/harness", "candidates/torch_versions.py", "proof")
)
TORCH = str(Path(torch.__file__).parent)


class Leaving(TorchFunctionMode):
    """While it is entered, it is told when a tensor is handed out of torch, or without its graph.

    Args:
        left, detached: called with the tensor; not where the harness itself asks, nor torch.
    """

    def __init__(
        self, left: Callable[[torch.Tensor], None], detached: Callable[[torch.Tensor], None]
    ) -> None:
        super().__init__()
        self.left, self.detached = left, detached

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = getattr(function, "__name__", "")
        if name in TAKEN_OUT_BY and args and _is_taken_out():
            self.left(args[0])
        elif (name in DETACHED_BY or function == DATA) and args and _is_taken_out():
            self.detached(args[0])
        return function(*args, **(kwargs or {}))


def _is_taken_out() -> bool:
    """Whether it was neither the harness nor torch's own Python that asked."""
    return not sys._getframe(2).f_code.co_filename.startswith((*HARNESS, TORCH))
