"""What a compiled program declares to return must be what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from rnn_manual.candidates.errors import Violation


class Declared(NamedTuple):
    """An output's shape, None for a size that is left open, and its dtype."""

    shape: tuple[int | None, ...]
    dtype: torch.dtype


def declared_by(program: Any) -> list[Declared]:
    """What an exported program's graph says of its outputs."""
    outputs = next(node for node in program.graph.nodes if node.op == "output").args[0]
    # Changed buffers, where there are any, come first.
    last = len(outputs) - len(program.graph_signature.user_outputs)
    found = []
    for node in outputs[last:]:
        meta = node.meta["val"]
        shape = tuple(size if isinstance(size, int) else None for size in meta.shape)
        found.append(Declared(shape, meta.dtype))
    return found


def check_declared(declared: Sequence[Declared], returned: Sequence[torch.Tensor]) -> None:
    """Raises Violation if a program returns something else than it declares."""
    for k, (said, tensor) in enumerate(zip(declared, returned, strict=True)):
        shape = tuple(tensor.shape)
        sizes = zip(said.shape, shape, strict=False)
        if len(said.shape) != len(shape) or any(s not in (None, size) for s, size in sizes):
            raise Violation(f"output {k} has shape {shape}, its graph declares {said.shape}")
        if said.dtype != tensor.dtype:
            raise Violation(f"output {k} has {tensor.dtype}, its graph declares {said.dtype}")
