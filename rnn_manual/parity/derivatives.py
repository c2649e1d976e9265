"""What the claims about gradients ask of a candidate, and what they hold it against.

Every gradient has the name that `Result` gives it: `grad input`, `grad h_0`, `grad weight_ih_l0`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from rnn_manual.layout import rows_of, state_given
from rnn_manual.parity import by_hand
from rnn_manual.parity.candidates import Candidate, Unsupported
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.parity.laws import assert_near
from rnn_manual.parity.layer import Layer
from rnn_manual.parity.process import somewhere
from rnn_manual.parity.results import Malformed, Result, read_outputs, run_candidate
from rnn_manual.parity.tensors import packed, without_tf32
from rnn_manual.parity.tolerance import reference

BY_HAND = Candidate("by hand", by_hand.build)
ByName = dict[str, Floats]


def gradients(layer: Layer, case: Case, data: Data | None = None) -> ByName:
    """The candidate's gradients for input, states and parameters, on a case's numbers or others.

    Raises: Unsupported: it computes none.
    """
    return gradients_of(run_back(layer, case, data))


def gradients_by_hand(case: Case, data: Data | None = None) -> ByName:
    """The same by `rnn_manual.vjp`, in torch's arithmetic and at the case's own precision."""
    return gradients_of(run_candidate(BY_HAND, case, data=data))


def run_back(layer: Layer, case: Case, data: Data | None = None) -> Result:
    """The candidate's result, with a gradient at least.

    Raises: Unsupported: it computes none. Malformed: it raises where it should.
    """
    result: Result = somewhere(layer.candidate, there_and_back, case, data, layer.device)
    return result


def there_and_back(candidate: Candidate, case: Case, data: Data | None, device: str) -> Result:
    """Runs a candidate, where it computes. Raises: as `run_back`."""
    if data is not None:
        without_mode(candidate)
    result = run_candidate(candidate, case, data=data, device=device)
    if result.broken:
        raise Malformed(f"raised on the way back: {result.broken}")
    if not gradients_of(result):
        raise Unsupported(next(iter(result.missing.values())))
    return result


def without_mode(candidate: Candidate) -> None:
    """Raises Unsupported for a mode: some allow no second call in a graph, some no zero weights."""
    if candidate.mode:
        raise Unsupported("laws of gradients are put to a layer, not to a way to run it")


def gradients_of(result: Result) -> ByName:
    """Of all that a run gave, the gradients."""
    return {name: array for name, array in result.tensors.items() if name.startswith("grad ")}


def assert_gradients_close(case: Case, actual: ByName, expected: ByName) -> None:
    """Two right ways to the same gradients, as far as both have them: as `laws.assert_close`."""
    __tracebackhide__ = True
    for name in actual.keys() & expected.keys():
        assert_near(actual[name], expected[name], reference(case).allowed[name], name)


def check_slopes(layer: Layer, case: Case) -> None:
    """Holds a candidate's gradients against finite differences.

    Raises: torch's GradcheckError where they disagree.
    """
    somewhere(layer.candidate, _check_slopes, case, layer.device)


def _check_slopes(candidate: Candidate, case: Case, device: str) -> None:
    without_mode(candidate)
    missing = there_and_back(candidate, case, None, device).missing
    data, dtype = case.data(), getattr(torch, case.dtype)
    module, call = candidate.make(case.config, data.parameters, dtype, device)

    def leaf(array: Any) -> torch.Tensor:
        return torch.tensor(array, dtype=dtype, device=device, requires_grad=True)

    x = leaf(rows_of(data.input))
    states = [leaf(state) for state in data.state or ()]
    names = ["input", *(f"{name}_0" for name in case.config.states[: len(states)])]
    leaves = dict(zip(names, [x, *states], strict=True)) | dict(module.named_parameters())

    # gradcheck moves a leaf where it lies in memory: the layer finds it moved, without being told.
    def layer(*_: Any) -> tuple[torch.Tensor, ...]:
        input, hx = packed(data.input, x), state_given(case.config, states) if states else None
        return tuple(read_outputs(case.config, call(input, hx), input).values())

    asked = [tensor for name, tensor in leaves.items() if f"grad {name}" not in missing]
    with without_tf32():
        torch.autograd.gradcheck(layer, asked, fast_mode=True, check_undefined_grad=False)


def shut(case: Case) -> list[Data]:
    """A padded case with all that a unit adds up exactly 0: no weights, or nothing to weigh."""
    data = case.data()
    none = {name: np.zeros_like(array) for name, array in data.parameters.items()}
    unbiased = {n: a if n.startswith("weight") else none[n] for n, a in data.parameters.items()}
    zeros = None if data.state is None else tuple(map(np.zeros_like, data.state))
    nothing = replace(data, parameters=unbiased, input=np.zeros_like(data.input), state=zeros)
    return [replace(data, parameters=none), nothing]
