"""Who is timed. A subject is built from a layer of torch.nn and has the layer's weights."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch

from bench import of_torch, others, ours
from bench.case import Case
from bench.subject import Built


@dataclass(frozen=True)
class Subject:
    """Somebody's layers.

    Args:
        build: from a layer of torch.nn and its case. Raises: NotTimed: there is no such layer.
        onednn: whether oneDNN is on; for all but one it is off, and they do not use it.
        large: whether it is timed at the largest size too.
    """

    build: Callable[[Any, Case], Built]
    onednn: bool = False
    large: bool = False

    def flags(self) -> AbstractContextManager[Any]:
        return torch.backends.mkldnn.flags(enabled=self.onednn)


NN, LOOPS, DROP_IN = "torch.nn", "loops", "drop-ins"
SUBJECTS: dict[str, Subject] = {
    NN: Subject(of_torch.layer, large=True),
    LOOPS: Subject(ours.loops, large=True),
    DROP_IN: Subject(ours.drop_in, large=True),
    "torch.nn, oneDNN on": Subject(of_torch.layer, onednn=True, large=True),
    "torch.nn's cells, stepped": Subject(of_torch.stepped_cells, large=True),
    "torch's own decomposition": Subject(of_torch.decomposition),
    "torch.ao.nn.quantizable.LSTM": Subject(of_torch.quantizable),
    "a TorchScript loop": Subject(of_torch.scripted),
    "Opacus": Subject(others.opacus),
    "Keras on torch": Subject(others.keras),
}
