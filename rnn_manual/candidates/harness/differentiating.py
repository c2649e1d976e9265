"""The gradients of a call, by autograd, and why those that are missing are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from rnn_manual.candidates.declining import declines
from rnn_manual.candidates.errors import in_one_line
from rnn_manual.candidates.harness.loss import loss
from rnn_manual.candidates.harness.observer import PLAIN, Observer
from rnn_manual.candidates.harness.result import (
    COPIED,
    DECLINED,
    FROZEN,
    NO_GRAPH,
    NOT_ITS_OWN,
    SHAPED,
    SUMMED,
)
from rnn_manual.candidates.harness.tensors import Tensors, placed
from rnn_manual.candidates.harness.untouched import Untouched
from rnn_manual.cases.calls import differentiated, in_the_loss
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Data

# What once_differentiable leaves as a gradient's graph: it raises, but only where it is walked to
# its end, and towards the leaves of a call it is not.
ONCE = ("Error", "DelayedError")  # under one name or the other


@dataclass(frozen=True)
class Gradients:
    """By the name of what they are for: input, h_0, c_0, and parameters by PyTorch's names.

    second: the gradients for these of Σ ⟨first, direction⟩, where the case asks for them.
    missing: `grad NAME` or `grad² NAME` → why there is none.
    """

    first: Tensors = field(default_factory=dict)
    second: Tensors = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def gradients(
    case: Case,
    data: Data,
    leaves: Tensors,
    parameters: Tensors,
    outputs: Tensors,
    observer: Observer = PLAIN,
    again: bool = False,
) -> Gradients:
    """The gradients that a case asks for.

    Args:
        leaves: input and states, as the layer was given them.
        parameters: of the module that it computes with.
        outputs: out, h_n and c_n, as it returned them.
        observer: is shown what multiplies the outputs, and the gradients.
        again: whether they will be asked for once more.

    Raises: Violation: the backward changed a cotangent. What the layer raises.
    """
    asked = {n: leaf for n, leaf in (leaves | parameters).items() if differentiated(case, n)}
    pairs = [
        (name, tensor, cotangent)
        for (name, tensor), cotangent in zip(outputs.items(), data.cotangents, strict=True)
        if in_the_loss(case, name)
    ]
    if any(tensor.shape != cotangent.shape for _, tensor, cotangent in pairs):
        return Gradients(missing=_reasons(dict.fromkeys(asked, SHAPED)))
    live = {  # (second derivatives are asked of what multiplies, too)
        name: (
            tensor,
            placed(case, name, _like(cotangent, tensor)).requires_grad_(bool(data.directions)),
        )
        for name, tensor, cotangent in pairs
        if tensor.requires_grad
    }
    if not live:
        return Gradients(missing=_reasons(dict.fromkeys(asked, NO_GRAPH)))
    for name, (_, cotangent) in live.items():
        observer.given(f"d {name}", cotangent)
    missing = {name: FROZEN for name, leaf in asked.items() if not leaf.requires_grad}
    unnamed = case.config.parameter_shapes().keys() - parameters.keys()
    missing |= {name: NOT_ITS_OWN for name in sorted(unnamed) if differentiated(case, name)}
    if not asked:
        return Gradients(missing=_reasons(missing))
    asked = {name: leaf for name, leaf in asked.items() if name not in missing}
    given = Untouched({f"the gradient for {name}": d for name, (_, d) in live.items()})
    found = _grad(list(live.values()), asked, bool(data.directions), again)
    given.check()
    if all(gradient is None for gradient in found.values()):
        return Gradients(missing=_reasons(missing | dict.fromkeys(asked, NO_GRAPH)))
    if all(found.get(name) is None for name in parameters):
        missing |= {name: COPIED for name in parameters if name in asked}
    asked = {name: leaf for name, leaf in asked.items() if name not in missing}
    first = {name: found[name] for name in asked}
    second: Tensors = {}
    refused: dict[str, str] = {}
    if data.directions and missing:  # they are of a sum over all gradients
        refused = dict.fromkeys((f"grad² {name}" for name in asked), SUMMED)
    elif data.directions and any(type(node).__name__ in ONCE for node in _graph_of(first)):
        why = f"{DECLINED}: its backward is marked with @once_differentiable"
        refused = dict.fromkeys((f"grad² {name}" for name in asked), why)
    elif data.directions:
        try:
            second = _zero_filled(_second(first, asked, data.directions, observer), asked)
        except (NotImplementedError, RuntimeError) as error:
            if not declines(error):
                raise
            refused = {f"grad² {name}": f"{DECLINED}: {in_one_line(error)}" for name in asked}
    return Gradients(_zero_filled(first, asked), second, _reasons(missing) | refused)


def _graph_of(tensors: Mapping[str, torch.Tensor | None]) -> Iterator[Any]:
    """Every node that they were computed by."""
    left = [t.grad_fn for t in tensors.values() if t is not None and t.grad_fn is not None]
    seen = set(left)
    while left:
        node = left.pop()
        yield node
        new = {before for before, _ in node.next_functions if before is not None} - seen
        seen |= new
        left += new


def _reasons(missing: Mapping[str, str]) -> dict[str, str]:
    return {f"grad {name}": why for name, why in missing.items()}


def _grad(
    live: Sequence[tuple[torch.Tensor, torch.Tensor]],
    leaves: Tensors,
    create_graph: bool = False,
    again: bool = False,
) -> dict[str, torch.Tensor | None]:
    """Args: live: what is differentiated, and the gradient for it."""
    got = torch.autograd.grad(
        loss(live),
        list(leaves.values()),
        allow_unused=True,
        create_graph=create_graph,
        retain_graph=create_graph or again,
    )
    return dict(zip(leaves, got, strict=True))


def _second(
    first: Mapping[str, torch.Tensor | None],
    leaves: Tensors,
    directions: Mapping[str, Any],
    observer: Observer,
) -> Mapping[str, torch.Tensor | None]:
    """The gradients of Σ ⟨first, direction⟩; of what has no graph, none."""
    moved = [  # of which two may be one tensor, as those for b_ih and b_hh
        (gradient, _like(directions[name], gradient), name)
        for name, gradient in first.items()
        if gradient is not None and gradient.requires_grad and name in directions
    ]
    for _, direction, name in moved:
        observer.given(f"u {name}", direction)
    live = [(gradient, direction) for gradient, direction, _ in moved]
    return _grad(live, leaves) if live else dict.fromkeys(leaves)


def _zero_filled(found: Mapping[str, torch.Tensor | None], leaves: Tensors) -> Tensors:
    """Where some gradient flows, one that does not is a gradient of zero."""
    filled = {}
    for name, gradient in found.items():
        filled[name] = torch.zeros_like(leaves[name]) if gradient is None else gradient
    return filled


def _like(array: Any, tensor: torch.Tensor) -> torch.Tensor:
    return torch.tensor(array, dtype=tensor.dtype, device=tensor.device)
