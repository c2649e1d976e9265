"""Running a case: through a candidate, with gradients, and through the NumPy oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.config import Config
from rnn_manual.layout import Packed, run, state_given, state_tuple
from rnn_manual.parity.candidates import (
    NN,
    Candidate,
    Unsupported,
    in_one_line,
    is_module_class,
)
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.weights import weights_from


class Malformed(Exception):
    """The candidate returned something that is not (out, state)."""


@dataclass(frozen=True)
class Result:
    """What a run gave, by name: out, h_n, c_n, and `grad NAME` for input, states, parameters.

    missing: name → why a gradient is not there (the candidate computes none).
    broken: what the candidate raised on the way back, if it did.
    """

    tensors: dict[str, Floats]
    missing: dict[str, str] = field(default_factory=dict)
    broken: str = ""


def run_candidate(
    candidate: Candidate,
    case: Case,
    *,
    data: Data | None = None,
    dtype: str | None = None,
    device: str = "cpu",
) -> Result:
    """Runs the candidate forward and backward.

    Args:
        data: other numbers than the case's own. dtype: another precision than the case's own.

    Raises: Malformed, Unsupported, and whatever the candidate raises.
    """
    data = data or case.data()
    to: torch.dtype = getattr(torch, dtype or case.dtype)

    def leaf(array: Any) -> torch.Tensor:
        return torch.tensor(array, dtype=to, device=device, requires_grad=True)

    module, call = candidate.make(case.config, data.parameters, to, device)
    leaves = {"input": leaf(data.input.data if isinstance(data.input, Packed) else data.input)}
    states = [] if data.state is None else list(map(leaf, data.state))
    leaves |= {f"{name}_0": state for name, state in zip(case.config.states, states)}  # noqa: B905
    input = _packed(data.input, leaves["input"])
    hx = state_given(case.config, states) if states else None

    outputs = read_outputs(case.config, call(input, hx), input)
    for name, given in leaves.items():
        if given._version:
            raise Malformed(f"changed its {name} in place, expected to leave it to the caller")
    tensors = {name: _numpy(tensor) for name, tensor in outputs.items()}
    parameters: dict[str, torch.Tensor] = dict(module.named_parameters())
    try:
        gradients, missing = _gradients(outputs, leaves, parameters, data.cotangents)
    except Exception as error:  # what went right forward is still worth comparing
        return Result(tensors, broken=in_one_line(error))
    return Result(tensors | gradients, missing)


def run_oracle(case: Case) -> dict[str, Floats]:
    """out, h_n and c_n from the NumPy loops, in more bits than the case has.

    float64 for float32 cases, longdouble (80 bits on x86) for float64 ones.
    """
    wide = np.longdouble if case.dtype == "float64" else np.float64
    data = case.data()

    def widen(array: Any) -> Any:
        return np.asarray(array, wide)

    weights = weights_from(case.config, {k: widen(v) for k, v in data.parameters.items()})
    input: Any = data.input
    input = input._replace(data=widen(input.data)) if isinstance(input, Packed) else widen(input)
    state = None if data.state is None else state_given(case.config, [*map(widen, data.state)])
    out, last = run(case.config, weights, input, state)
    named = zip(case.config.states, state_tuple(case.config, last), strict=True)
    out = out.data if isinstance(out, Packed) else out
    return {"out": out} | {f"{name}_n": array for name, array in named}


class Outputs(NamedTuple):
    """What a layer returned, as NumPy arrays; c_n is None for an RNN."""

    out: Floats
    h_n: Floats
    c_n: Floats | None = None


@dataclass(frozen=True)
class Layer:
    """A candidate as a plain function, for claims about what it returns."""

    candidate: Candidate
    device: str = "cpu"

    def __call__(
        self,
        config: Config,
        parameters: Mapping[str, Any],
        input: Any,
        state: Sequence[Any] | None = None,
        dtype: str = "float32",
    ) -> Outputs:
        """Args: input, state (h_0) or (h_0, c_0): arrays or `Packed`, shaped as nn takes them."""
        to: torch.dtype = getattr(torch, dtype)

        def tensor(array: Any) -> torch.Tensor:
            return torch.tensor(array, dtype=to, device=self.device)

        _, call = self.candidate.make(config, parameters, to, self.device)
        rows = tensor(input.data if isinstance(input, Packed) else input)
        hx = None if state is None else state_given(config, [*map(tensor, state)])
        given = _packed(input, rows)
        with torch.no_grad():
            returned = call(given, hx)
        return Outputs(*map(_numpy, read_outputs(config, returned, given).values()))

    def module(self, case: Case) -> nn.Module:
        """The module whose parameters the candidate computes with on a case.

        Raises: Unsupported: the candidate is a function, which computes with nn's.
        """
        if self.candidate != NN and not is_module_class(self.candidate.subject):
            raise Unsupported("a function has no parameters of its own")
        dtype: torch.dtype = getattr(torch, case.dtype)
        return self.candidate.make(case.config, case.data().parameters, dtype, self.device)[0]

    def on(self, case: Case) -> Outputs:
        """What it returns on a case's own numbers."""
        data = case.data()
        return self(case.config, data.parameters, data.input, data.state, case.dtype)


def read_outputs(config: Config, returned: Any, given: Any) -> dict[str, torch.Tensor]:
    """What a candidate returned for the input `given`, by name.

    Raises: Malformed: it is something else.
    """
    names = [f"{name}_n" for name in config.states]
    form = f"(out, {'(h_n, c_n)' if len(names) == 2 else 'h_n'})"
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        raise Malformed(f"returned {_describe(returned)}, expected {form}")
    out, state = returned
    if isinstance(given, PackedSequence):
        if not isinstance(out, PackedSequence):
            raise Malformed(f"out is {_describe(out)}, expected a PackedSequence like the input")
        for part in ("batch_sizes", "sorted_indices", "unsorted_indices"):
            ours, theirs = getattr(given, part), getattr(out, part)
            if theirs is None or not torch.equal(ours, theirs):
                raise Malformed(f"out.{part} is {theirs}, expected the input's {ours}")
        out, given = out.data, given.data
    states = state if len(names) == 2 else (state,)
    if not isinstance(states, (tuple, list)) or len(states) != len(names):
        raise Malformed(f"state is {_describe(state)}, expected {form}")
    outputs = dict(zip(["out", *names], [out, *states], strict=True))
    for name, tensor in outputs.items():
        if not isinstance(tensor, torch.Tensor):
            raise Malformed(f"{name} is {_describe(tensor)}, expected a tensor")
        if tensor.dtype != given.dtype:
            raise Malformed(f"{name} has dtype {tensor.dtype}, expected {given.dtype}")
    return outputs


def _gradients(
    outputs: dict[str, torch.Tensor],
    given: dict[str, torch.Tensor],
    parameters: dict[str, torch.Tensor],
    cotangents: tuple[Any, ...],
) -> tuple[dict[str, Floats], dict[str, str]]:
    """Gradients for input, states and parameters, and why those that are missing are."""
    live = [
        (tensor, torch.tensor(cotangent, dtype=tensor.dtype, device=tensor.device))
        for tensor, cotangent in zip(outputs.values(), cotangents, strict=True)
        if tensor.requires_grad and tensor.shape == cotangent.shape
    ]
    leaves = given | parameters
    if not live:
        why = "nothing that was returned carries a gradient"
        return {}, {f"grad {name}": why for name in leaves}
    missing = {name: "is frozen" for name, leaf in leaves.items() if not leaf.requires_grad}
    asked = {name: leaf for name, leaf in leaves.items() if name not in missing}
    got = torch.autograd.grad(
        [tensor for tensor, _ in live],
        list(asked.values()),
        [cotangent for _, cotangent in live],
        allow_unused=True,
    )
    found = dict(zip(asked, got, strict=True))
    if all(found.get(name) is None for name in parameters):
        copied = "the candidate computes with a copy of the weights"
        missing |= {name: copied for name in parameters if name in asked}
    # Where some gradient flows, one that does not is a gradient of zero.
    zero_filled = {
        f"grad {name}": _numpy(torch.zeros_like(leaf) if found[name] is None else found[name])
        for name, leaf in asked.items()
        if name not in missing
    }
    return zero_filled, {f"grad {name}": why for name, why in missing.items()}


def _packed(input: Any, rows: torch.Tensor) -> Any:
    if not isinstance(input, Packed):
        return rows
    on_device = [torch.tensor(i, device=rows.device) for i in (input[2], input[3])]
    return PackedSequence(rows, torch.tensor(input.batch_sizes), *on_device)


def _numpy(tensor: torch.Tensor) -> Floats:
    # A copy: the candidate may use the memory again for its next call.
    array: Floats = tensor.detach().cpu().numpy().copy()
    return array


def _describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"{type(value).__name__}"
