"""A candidate as a function from a case and its numbers to what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import nn

from rnn_manual.candidates.candidate import Candidate, Subject, is_module_class
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.candidates.errors import Unsupported
from rnn_manual.candidates.harness.building import build, check_kind, constructed
from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.candidates.harness.seeding import seed_generators
from rnn_manual.candidates.harness.tensors import to_numpy
from rnn_manual.candidates.process.dispatch import facts, run_there
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw
from rnn_manual.judge.reference.tolerance import oracle, reference

Shapes = list[tuple[str, tuple[int, ...]]]


class Outputs(NamedTuple):
    """out, h_n and c_n as NumPy arrays, or a limit for each; c_n is None for RNN and GRU."""

    out: Floats
    h_n: Floats
    c_n: Floats | None = None

    @property
    def states(self) -> tuple[Floats, ...]:
        """(h_n) or (h_n, c_n): to be handed on as the next initial state."""
        return (self.h_n,) if self.c_n is None else (self.h_n, self.c_n)


@dataclass(frozen=True)
class Returned:
    """What a layer returned on a case, and how far a correct one may be off on these numbers.

    data: the numbers it ran on, if not the case's own.
    """

    case: Case
    data: Data | None
    found: Outputs
    change: Callable[[Outputs], Outputs] = lambda outputs: outputs

    @property
    def values(self) -> Outputs:
        """What was returned, changed as `changed` says."""
        return self.change(self.found)

    @cached_property
    def allowed(self) -> Outputs:
        """The largest error that each number may have, changed likewise."""
        if self.data is None:
            limits = reference(self.case).allowed
        else:
            limits = oracle(self.case, self.data, backward=False)[1]
        return self.change(Outputs(limits["out"], limits["h_n"], limits.get("c_n")))

    def changed(self, change: Callable[[Outputs], Outputs]) -> Returned:
        """The same numbers in another arrangement: a view, a part, another order."""
        before = self.change
        return replace(self, change=lambda outputs: change(before(outputs)))

    @property
    def out(self) -> Floats:
        return self.values.out

    @property
    def h_n(self) -> Floats:
        return self.values.h_n

    @property
    def c_n(self) -> Floats | None:
        return self.values.c_n


@dataclass(frozen=True)
class Layer:
    """A candidate as a plain function."""

    candidate: Candidate
    device: str = "cpu"

    def __call__(self, case: Case, data: Data | None = None, **changes: Any) -> Returned:
        """Calls the layer on a case.

        Args:
            data: other numbers than the case's own, laid out as it says.
            changes: fields of these numbers to replace: parameters, input, state.
        """
        if changes:
            data = replace(data or draw(case), **changes)
        asked = (case, data, self.device, self.candidate.mode)
        result: Result = run_there(self.candidate, _forward, *asked)
        tensors = result.tensors
        return Returned(case, data, Outputs(tensors["out"], tensors["h_n"], tensors.get("c_n")))

    def parameters(self, case: Case) -> Shapes:
        """Names and shapes of the parameters that the candidate computes with on a case.

        Raises: Unsupported: the candidate is a function, which computes with nn's.
        """
        self._has_parameters()
        named: Shapes = run_there(self.candidate, _parameters, case, self.device)
        return named

    def initial(self, case: Case, seeds: Sequence[int]) -> list[dict[str, Floats]]:
        """The parameters that the candidate starts with, constructed after each seed.

        Raises: Unsupported: the candidate is a function.
        """
        self._has_parameters()
        drawn: list[dict[str, Floats]] = run_there(
            self.candidate, _initial, case, seeds, self.device
        )
        return drawn

    def _has_parameters(self) -> None:
        known = facts(self.candidate)
        if not (known.is_class or self.candidate.subject == "torch.nn"):
            raise Unsupported("a function has no parameters of its own")


def _forward(subject: Subject, case: Case, data: Data | None, device: str, mode: str) -> Result:
    how = MODES[mode] if mode else None
    return run_candidate(subject, case, data=data, device=device, mode=how, backward=False)


def _parameters(subject: Subject, case: Case, device: str) -> Shapes:
    dtype: torch.dtype = getattr(torch, case.dtype)
    module = build(subject, case.config, draw(case).parameters, dtype, device).module
    return [(name, tuple(weight.shape)) for name, weight in _weights(module, case).items()]


def _initial(subject: Subject, case: Case, seeds: Sequence[int], device: str) -> Any:
    check_kind(subject, case.config)
    layer = subject if is_module_class(subject) else getattr(nn, case.config.kind.upper())
    found = []
    with torch.random.fork_rng(devices=[]):
        for seed in seeds:
            seed_generators(seed, device)
            module = constructed(layer, case.config).to(device)
            found.append({name: to_numpy(w) for name, w in _weights(module, case).items()})
    return found


def _weights(module: nn.Module, case: Case) -> Mapping[str, torch.Tensor]:
    """Its parameters; or its state_dict, if they have other names than nn's."""
    own: Mapping[str, torch.Tensor] = dict(module.named_parameters())
    return own if case.config.parameter_shapes().keys() <= own.keys() else module.state_dict()
