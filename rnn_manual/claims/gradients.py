"""What the claims about gradients ask of a candidate, and what they hold it against.

Every gradient has the name that `Result` gives it: `grad input`, `grad h_0`, `grad weight_ih_l0`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from rnn_manual.candidates import by_hand
from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.errors import Unsupported, Violation
from rnn_manual.candidates.harness.building import build
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.returned import read_outputs
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.harness.tensors import arguments, leaves_of, without_tf32
from rnn_manual.candidates.process.dispatch import run_there
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw
from rnn_manual.claims.laws import assert_near
from rnn_manual.claims.layer import Layer
from rnn_manual.judge.reference.tolerance import reference

ByName = dict[str, Floats]


def gradients(layer: Layer, case: Case, data: Data | None = None) -> ByName:
    """The candidate's gradients for input, states and parameters, on a case's numbers or others.

    Raises: Unsupported: it computes none.
    """
    return gradients_of(run_back(layer, case, data))


def gradients_by_hand(case: Case, data: Data | None = None) -> ByName:
    """The same by `rnn_manual.vjp`, in torch's arithmetic and at the case's own precision."""
    return gradients_of(run_candidate(by_hand.build, case, data=data))


def run_back(layer: Layer, case: Case, data: Data | None = None) -> Result:
    """The candidate's result, with a gradient at least.

    Raises: Unsupported: it computes none. Violation: it raises where it should not.
    """
    without_mode(layer)
    result: Result = run_there(layer.candidate, with_gradients, case, data, layer.device)
    return result


def with_gradients(
    subject: Subject, case: Case, data: Data | None, device: str, mode: Mode | None = None
) -> Result:
    """Runs a candidate, where it computes. Raises: as `run_back`."""
    result = run_candidate(subject, case, data=data, device=device, mode=mode)
    if result.broken:
        raise Violation(f"raised during backward: {result.broken}")
    if not gradients_of(result):
        raise Unsupported(next(iter(result.missing.values())))
    return result


def without_mode(layer: Layer) -> None:
    """Raises Unsupported for a mode: some allow no second call in a graph, some no zero weights."""
    if layer.candidate.mode:
        raise Unsupported("laws of gradients are put to a layer, not to a way to run it")


def gradients_of(result: Result) -> ByName:
    """Of all that a run gave, the gradients."""
    return {name: array for name, array in result.tensors.items() if name.startswith("grad ")}


def assert_gradients_close(case: Case, actual: ByName, expected: ByName) -> None:
    """Two right ways to the same gradients of a case, as far as both have them."""
    __tracebackhide__ = True
    for name in actual.keys() & expected.keys():
        limit = 2 * reference(case).allowed[name]  # each may be one limit from the exact value
        assert_near(actual[name], expected[name], limit, name)


def check_slopes(layer: Layer, case: Case) -> None:
    """Holds a candidate's gradients against finite differences.

    Raises: torch's GradcheckError where they disagree.
    """
    without_mode(layer)
    run_there(layer.candidate, _check_slopes, case, layer.device)


def _check_slopes(subject: Subject, case: Case, device: str) -> None:
    missing = with_gradients(subject, case, None, device).missing
    data, dtype = draw(case), getattr(torch, case.dtype)
    built = build(subject, case.config, data.parameters, dtype, device, training=case.training)
    leaves = leaves_of(case, data, dtype, device)

    # gradcheck moves a leaf where it lies in memory: the layer finds it moved, without being told.
    def layer(*_: Any) -> tuple[torch.Tensor, ...]:
        input, hx = arguments(case, data, leaves)
        return tuple(read_outputs(case.config, built.call(input, hx), input).values())

    named = leaves | dict(built.module.named_parameters())
    asked = [tensor for name, tensor in named.items() if f"grad {name}" not in missing]
    with without_tf32():
        torch.autograd.gradcheck(layer, asked, fast_mode=True, check_undefined_grad=False)


def shut(case: Case) -> list[Data]:
    """A padded case with all that a unit adds up exactly 0: no weights, or nothing to weigh."""
    data = draw(case)
    none = {name: np.zeros_like(array) for name, array in data.parameters.items()}
    unbiased = {n: a if n.startswith("weight") else none[n] for n, a in data.parameters.items()}
    zeros = None if data.state is None else tuple(map(np.zeros_like, data.state))
    nothing = replace(data, parameters=unbiased, input=np.zeros_like(data.input), state=zeros)
    return [replace(data, parameters=none), nothing]
