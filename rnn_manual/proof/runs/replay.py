"""A candidate's formulas on a case's own numbers, in float64: what it computes but for rounding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from rnn_manual.candidates.candidate import Subject
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats, draw
from rnn_manual.layout import rows_of
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
        numbers: other than the case's own, by the names that leaves have.
        seen: called after every operation, as by `mirrored`.

    Returns: by name, the results that are known as formulas.

    Raises: what `run_candidate` raises.
    """
    numbers = _numbers(case) if numbers is None else numbers

    def leaf(name: str, tensor: torch.Tensor) -> Points:
        own = numbers.get(name)
        if own is None or np.shape(own) != tuple(tensor.shape):  # of another call: its own
            return Reals(tensor.detach().double().numpy()[None])
        return Reals(np.asarray(own, np.float64).reshape(1, *tensor.shape))

    mirror = Mirror(lambda array: Reals.of_constant(array, 1), seen)
    enabled = not native and torch._C._get_mkldnn_enabled()
    with onednn(enabled), np.errstate(all="ignore"):
        found = on(subject, case, mirror, leaf, device, mode)
    return {name: f.values[0] for name, f in found.found.items() if not f.reason}


def _numbers(case: Case) -> dict[str, Any]:
    data, config = draw(case), case.config
    found: dict[str, Any] = {"input": rows_of(data.input), **data.parameters}
    found |= {f"{n}_0": s for n, s in zip(config.states, data.state or ())}  # noqa: B905
    outputs = ["out", *(f"{name}_n" for name in config.states)]
    found |= {f"d {n}": d for n, d in zip(outputs, data.cotangents, strict=True)}
    return found | {f"u {name}": u for name, u in data.directions.items()}
