"""Running a case through a candidate, forward and backward: what came out, as data.

There is one way to run a candidate, and everything that is asked of one goes through it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from rnn_manual.candidates.candidate import Subject
from rnn_manual.candidates.errors import Unsupported, Violation, in_one_line
from rnn_manual.candidates.harness.building import Built, build
from rnn_manual.candidates.harness.differentiating import Gradients, gradients
from rnn_manual.candidates.harness.mode import Mode
from rnn_manual.candidates.harness.result import DECLINED, REFUSED, SUMMED, Result
from rnn_manual.candidates.harness.returned import (
    check_no_graph,
    check_no_shared_memory,
    read_outputs,
)
from rnn_manual.candidates.harness.tensors import (
    Tensors,
    arguments,
    leaves_of,
    strided,
    to_numpy,
    without_tf32,
)
from rnn_manual.candidates.harness.untouched import Untouched, switches_left_alone
from rnn_manual.candidates.process.own_line import own_line
from rnn_manual.cases.calls import WITHOUT_A_GRAPH, another, differentiated
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data, Floats, draw

CONTEXTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
}


def run_candidate(
    subject: Subject,
    case: Case,
    *,
    data: Data | None = None,
    device: str = "cpu",
    mode: Mode | None = None,
    backward: bool = True,
) -> Result:
    """Runs a candidate on a case as `case.call` says, forward and backward.

    Args:
        data: other numbers than the case's own, of the same dtype and layout.
        mode: how the layer is run, if not simply called.
        backward: whether to run it backward, where the case asks for gradients.

    Raises: Unsupported, Violation, and whatever the candidate raises.
    """
    numbers = data or draw(case)
    with without_tf32(), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        if mode:  # what compilers and exporters warn of is not about the layer
            warnings.simplefilter("ignore")
        try:
            built = _build(subject, case, numbers, device)
            built = mode.build(built) if mode else built
            run = Run(built, case, numbers, device, bool(mode and mode.translates))
            _call(run)
            values = {name: to_numpy(tensor) for name, tensor in run.outputs.items()}
        except Exception as error:
            if mode and mode.declines(error, subject):
                raise Unsupported(in_one_line(error)) from error
            raise
        if not backward or case.call in WITHOUT_A_GRAPH:
            return Result(values)
        try:
            return _with_gradients(run, values)
        except Violation:
            raise
        except Exception as error:  # what went right forward is still worth comparing
            if mode and mode.declines(error, subject):
                return _without_gradients(run, values, f"{DECLINED}: {in_one_line(error)}")
            return Result(values, broken=in_one_line(error), line=own_line(error))


def _build(subject: Subject, case: Case, data: Data, device: str) -> Built:
    return build(
        subject,
        case.config,
        data.parameters,
        getattr(torch, case.dtype),
        device,
        training=case.training,
        place=strided if case.memory == "strided" else None,
        frozen=[name for name in data.parameters if not differentiated(case, name)],
    )


class Run:
    """One call of a layer, forward and backward.

    Args:
        translated: whether what runs is a compiler's: where that lets results lie in memory is no
            choice of the layer's. (torch.compile puts the loops' h_n where out lies.)

    Attributes:
        leaves: input and states, as the layer is given them.
        outputs: out, h_n and c_n, once it was called.
    """

    def __init__(
        self, built: Built, case: Case, data: Data, device: str, translated: bool = False
    ) -> None:
        self.built, self.case, self.data, self.device = built, case, data, device
        self.translated = translated
        self.leaves = leaves_of(case, data, getattr(torch, case.dtype), device)
        self.parameters: Tensors = dict(built.module.named_parameters())
        self.outputs: Tensors = {}
        named = {f"its {name}": tensor for name, tensor in (self.leaves | self.parameters).items()}
        self.given = Untouched(named)

    def forward(self) -> None:
        """Calls the layer. Raises: Violation; what the layer raises."""
        case = self.case
        input, hx = arguments(case, self.data, self.leaves)
        torch.manual_seed(case.seed)
        with switches_left_alone(draws=case.drops), CONTEXTS.get(case.call, nullcontext)():
            returned = self.built.call(input, hx)
        self.outputs = read_outputs(case.config, returned, input)
        if case.call in WITHOUT_A_GRAPH:
            check_no_graph(self.outputs)
        if not self.translated:
            check_no_shared_memory(self.outputs, self.leaves | self.parameters)
        self.given.check()
        self.returned = Untouched({f"the {n} that it returned": t for n, t in self.outputs.items()})

    def backward(self) -> Gradients:
        """Raises: Violation; what the layer raises."""
        with switches_left_alone(draws=self.case.drops):
            found = gradients(self.case, self.data, self.leaves, self.parameters, self.outputs)
        self.given.check(" during backward")
        return found


def _call(run: Run) -> None:
    """Calls the layer, and once more before or after it where the case asks for that."""
    other = None
    if run.case.call in ("after another", "before another"):
        case = another(run.case)
        other = Run(run.built, case, draw(case), run.device)
    if other and run.case.call == "after another":
        other.forward()
        other.backward()
    run.forward()
    if other and run.case.call == "before another":
        other.forward()
        other.backward()
    if other:
        for called in (run, other):
            called.returned.check(" at another call")


def _with_gradients(run: Run, values: dict[str, Floats]) -> Result:
    """The values and the gradients. Raises: Unsupported, Violation; what the layer raises."""
    try:
        if run.case.call == "outputs changed":
            with torch.no_grad():
                for tensor in run.outputs.values():
                    tensor.add_(1)
        found = run.backward()
    except RuntimeError:
        if run.case.call == "outputs changed":
            return _without_gradients(run, values, REFUSED)
        raise
    except Unsupported as error:
        return _without_gradients(run, values, f"{DECLINED}: {error}")
    first = {f"grad {name}": to_numpy(tensor) for name, tensor in found.first.items()}
    second = {f"grad² {name}": to_numpy(tensor) for name, tensor in found.second.items()}
    missing = {f"grad {name}": why for name, why in found.missing.items()}
    if found.missing and run.data.directions:
        missing |= dict.fromkeys((f"grad² {name}" for name in found.first), SUMMED)
    return Result(values | first | second, missing)


def _without_gradients(run: Run, values: dict[str, Floats], why: str) -> Result:
    asked = [n for n in run.leaves | run.parameters if differentiated(run.case, n)]
    return Result(values, {f"grad {name}": why for name in asked})
