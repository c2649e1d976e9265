"""A candidate followed on given numbers: what it computed as formulas, and the number of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rnn_manual.candidates.candidate import Subject
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.residues import Ints
from rnn_manual.proof.runs.mirrored import onednn
from rnn_manual.proof.runs.replay import replayed
from rnn_manual.proof.runs.trace import Trace, traced


@dataclass(frozen=True)
class Followed:
    """A trace, with a number in float64 beside every key of it."""

    trace: Trace
    numbers: Floats

    def number_of(self, values: Ints) -> Floats | None:
        """What a quantity of these residues came to; None unless all of it was computed.

        Args:
            values: residues (K, *shape).
        """
        found = self.trace.first(values)
        there = values.any(0)  # a zero is a zero, and need not be computed
        if not ((found >= 0) | ~there).all():
            return None
        if not there.any():
            return np.zeros(there.shape)
        return np.where(there, self.numbers[found], 0.0)


def followed(
    subject: Subject, case: Case, numbers: Mapping[str, Floats], mode: str = ""
) -> Followed:
    """Runs a candidate twice with oneDNN off: on residues, and in float64 on these numbers.

    Args:
        numbers: of all that goes in, by the names that leaves have: input (its rows, if packed),
            h_0 and c_0, the parameters by PyTorch's names, `d out`, `d h_n` and `d c_n`.

    Raises: what `run_candidate` raises; ValueError: its second run took another way.
    """
    with onednn(False):
        trace = traced(subject, case, mode=mode)
    found: list[Floats] = []

    def seen(label: str, written: list[tuple[torch.Tensor, Points]]) -> None:
        found.extend(points.values[0].flatten() for _, points in written)

    replayed(subject, case, mode=mode, native=True, numbers=numbers, seen=seen)
    sizes: list[Any] = [executed.keys.stop - executed.keys.start for executed in trace.executed]
    if sizes != [values.size for values in found]:
        raise ValueError("its second run executed other operations than its first")
    return Followed(trace, np.concatenate(found) if found else np.zeros(0))
