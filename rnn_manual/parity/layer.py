"""A candidate as a plain function from arrays to arrays, for claims about what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from rnn_manual.config import Config
from rnn_manual.layout import rows_of, state_given
from rnn_manual.parity.candidates import NN, Candidate, Unsupported, is_module_class
from rnn_manual.parity.cases import Case, Floats
from rnn_manual.parity.process import somewhere
from rnn_manual.parity.results import read_outputs
from rnn_manual.parity.tensors import packed, to_numpy, without_tf32


class Outputs(NamedTuple):
    """What a layer returned, as NumPy arrays; c_n is None for RNN and GRU."""

    out: Floats
    h_n: Floats
    c_n: Floats | None = None


@dataclass(frozen=True)
class Layer:
    """A candidate as a plain function."""

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
        asked = (config, dict(parameters), input, state, dtype, self.device)
        outputs: Outputs = somewhere(self.candidate, run_layer, *asked)
        return outputs

    def parameters(self, case: Case) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the parameters that the candidate computes with on a case.

        Raises: Unsupported: the candidate is a function, which computes with nn's.
        """
        if self.candidate != NN and not is_module_class(self.candidate.subject):
            raise Unsupported("a function has no parameters of its own")
        named: list[tuple[str, tuple[int, ...]]] = somewhere(
            self.candidate, parameters_of, case, self.device
        )
        return named

    def on(self, case: Case) -> Outputs:
        """What it returns on a case's own numbers."""
        data = case.data()
        return self(case.config, data.parameters, data.input, data.state, case.dtype)


def parameters_of(
    candidate: Candidate, case: Case, device: str
) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the parameters of the module that a candidate builds."""
    dtype: torch.dtype = getattr(torch, case.dtype)
    module, _ = candidate.make(case.config, case.data().parameters, dtype, device)
    return [(name, tuple(parameter.shape)) for name, parameter in module.named_parameters()]


def run_layer(
    candidate: Candidate,
    config: Config,
    parameters: Mapping[str, Any],
    input: Any,
    state: Sequence[Any] | None,
    dtype: str,
    device: str,
) -> Outputs:
    """Runs a candidate forward on given numbers."""
    to: torch.dtype = getattr(torch, dtype)

    def tensor(array: Any) -> torch.Tensor:
        return torch.tensor(array, dtype=to, device=device)

    _, call = candidate.make(config, parameters, to, device)
    given = packed(input, tensor(rows_of(input)))
    hx = None if state is None else state_given(config, [*map(tensor, state)])
    with torch.no_grad(), without_tf32():
        returned = call(given, hx)
    return Outputs(*map(to_numpy, read_outputs(config, returned, given).values()))
