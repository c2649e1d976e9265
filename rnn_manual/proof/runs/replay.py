"""A candidate's formulas on a case's own numbers, in float64: what it computes but for rounding."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from rnn_manual.candidates.candidate import Subject
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.proof.arithmetic.points import Points
from rnn_manual.proof.arithmetic.reals import Reals
from rnn_manual.proof.mirror.dispatch import Mirror
from rnn_manual.proof.runs.mirrored import Seen, on, onednn


def replayed(
    subject: Subject,
    case: Case,
    device: str = "cpu",
    mode: str = "",
    native: bool = False,
    numbers: Mapping[str, Floats] | None = None,
    seen: Seen | None = None,
) -> dict[str, Floats]:
    """Runs a candidate, every operation of it in float64 beside itself.

    Args:
        native: with oneDNN off, as it was proved.
        numbers: in the place of the case's own, by the names that leaves have.
        seen: called after every operation, as by `mirrored`.

    Returns: by name, the results that are known as formulas.

    Raises: what `run_candidate` raises.
    """
    given = numbers or {}

    def leaf(name: str, tensor: torch.Tensor) -> Points:
        other = given.get(name)
        if other is None or np.shape(other) != tuple(tensor.shape):
            return Reals(tensor.detach().double().numpy()[None])
        return Reals(np.asarray(other, np.float64).reshape(1, *tensor.shape))

    mirror = Mirror(lambda array: Reals.of_constant(array, 1), seen)
    enabled = not native and torch._C._get_mkldnn_enabled()
    with onednn(enabled), np.errstate(all="ignore"):
        found = on(subject, case, mirror, leaf, device, mode)
    return {name: f.values[0] for name, f in found.found.items() if not f.reason}
