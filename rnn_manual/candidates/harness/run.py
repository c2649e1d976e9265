"""One call of a layer, and the way back through it, both watched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from rnn_manual.candidates.harness.building import Built
from rnn_manual.candidates.harness.differentiating import Gradients, gradients
from rnn_manual.candidates.harness.module import Furniture
from rnn_manual.candidates.harness.observer import PLAIN, Observer
from rnn_manual.candidates.harness.returned import (
    check_no_graph,
    check_no_shared_memory,
    read_outputs,
)
from rnn_manual.candidates.harness.seeding import seed_generators
from rnn_manual.candidates.harness.tensors import Tensors, arguments, leaves_of, packing_of
from rnn_manual.candidates.harness.untouched import Untouched, switches_left_alone
from rnn_manual.cases.calls import WITHOUT_A_GRAPH
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data

CONTEXTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
}


class Run:
    """One call of a layer, and the way back through it.

    Args:
        translated: whether what runs is a compiler's: where that lets results lie in memory is no
            choice of the layer's. (torch.compile puts the loops' h_n where out lies.)
        leaves: input and states, as the layer is given them; new ones if left out.
        observer: is shown what goes in, and when a call or the way back begins.

    Attributes:
        outputs: out, h_n and c_n, once it was called.
    """

    def __init__(
        self,
        built: Built,
        case: Case,
        data: Data,
        device: str,
        translated: bool = False,
        leaves: Tensors | None = None,
        observer: Observer = PLAIN,
    ) -> None:
        self.built, self.case, self.data, self.device = built, case, data, device
        self.translated, self.observer = translated, observer
        self.leaves = leaves or leaves_of(case, data, getattr(torch, case.dtype), device)
        if leaves is None:
            for leaf, tensor in self.leaves.items():
                observer.given(leaf, tensor)
        self.own: Tensors = dict(built.module.named_parameters())
        # Of those that have other names than nn's it is not known which gradients are theirs.
        self.parameters = {n: p for n, p in self.own.items() if n in case.config.parameter_shapes()}
        self.outputs: Tensors = {}
        self.arguments = arguments(case, data, self.leaves)
        named = self.leaves | self.own | packing_of(self.arguments[0])
        self.given = Untouched({f"its {name}": tensor for name, tensor in named.items()})

    def forward(self) -> None:
        """Calls the layer. Raises: Violation; what the layer raises."""
        case, module = self.case, Furniture(self.built.module)
        self.observer.begins("", backward=False)
        seed_generators(case.seed, self.device)
        with CONTEXTS.get(case.call, nullcontext)(), switches_left_alone(draws=case.drops):
            returned = self.built.call(*self.arguments)
        self.outputs = read_outputs(case.config, returned, self.arguments[0])
        if case.call in WITHOUT_A_GRAPH:
            check_no_graph(self.outputs)
        if not self.translated:
            check_no_shared_memory(self.outputs, self.leaves | self.own)
        module.check()
        self.given.check()
        self.returned = Untouched({f"the {n} that it returned": t for n, t in self.outputs.items()})

    def backward(self, again: bool = False) -> Gradients:
        """Args: again: whether it is asked for once more. Raises: Violation; what it raises."""
        self.observer.begins("", backward=True)
        with switches_left_alone(draws=self.case.drops):
            found = gradients(
                self.case,
                self.data,
                self.leaves,
                self.parameters,
                self.outputs,
                self.observer,
                again,
            )
        self.given.check(" during backward")
        return found

    def and_back(self) -> None:
        """A whole call, in the mode that its case says."""
        training = self.built.module.training
        self.built.module.train(self.case.training)
        self.forward()
        if self.case.call not in WITHOUT_A_GRAPH:
            self.backward()
        self.built.module.train(training)

    def change_outputs(self) -> None:
        """Writes to out, or to h_n and c_n, where the case asks for that."""
        with torch.no_grad():
            for name, tensor in self.outputs.items():
                if self.case.call == ("out changed" if name == "out" else "states changed"):
                    tensor.add_(1)
