"""The layers, forward and in training, against torch.nn with oneDNN off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from bench.case import KINDS, LARGE, SIZES, SMALL, TINY, Case
from bench.interleave import Ratio, Timed, interleaved
from bench.subject import Built, NotTimed
from bench.subjects import SUBJECTS
from rnn_manual.layout import rows_of

# One layer at every size; what else a layer may be, at one size.
PLAIN = [Case(kind, size) for size in SIZES for kind in KINDS]
VARIED = [
    Case(kind, SMALL, **options)
    for options in (
        {"num_layers": 3},
        {"bidirectional": True},
        {"packed": True},
        {"num_layers": 3, "bidirectional": True, "packed": True},
    )
    for kind in KINDS
]
QUICK = [case for case in PLAIN if case.size in (TINY, SMALL)]
WAYS = ("forward", "train")


def rows(cases: list[Case], seconds: float) -> Iterator[dict[str, Any]]:
    """A row for each case, way and subject, as JSON has it.

    Args:
        seconds: to spend on each case and way; the largest size takes longer, for three rounds.
    """
    for case in cases:
        built, reasons = _built(case)
        for way in WAYS:
            of_case = {
                "part": "layers",
                "kind": case.kind,
                "size": list(case.size),
                "variation": case.variation,
                "way": way,
            }
            for name, ratio in _timed(case, built, way, seconds).items():
                yield {**of_case, "subject": name, **vars(ratio)}
            for name, reason in reasons.items():
                yield {**of_case, "subject": name, "reason": reason}


def _built(case: Case) -> tuple[dict[str, Built], dict[str, str]]:
    """The subjects, each computing what nn computes; and why others are not among them."""
    built, reasons = {}, {}
    for name, subject in SUBJECTS.items():
        if case.size == LARGE and not subject.large:
            reasons[name] = "not timed at this size"
            continue
        try:
            built[name] = subject.build(case.module(), case)
        except NotTimed as error:
            reasons[name] = str(error)
    return built, reasons


def _timed(case: Case, built: dict[str, Built], way: str, seconds: float) -> dict[str, Ratio]:
    how = forward if way == "forward" else train
    timed = {name: how(layer, case.input(), SUBJECTS[name].onednn) for name, layer in built.items()}
    same(timed)
    return interleaved(timed, seconds)


def forward(layer: Built, input: Any, onednn: bool = False) -> Timed:
    """Returns (out,)."""

    @contextmanager
    def around() -> Iterator[None]:
        with torch.backends.mkldnn.flags(enabled=onednn), torch.no_grad():
            yield

    return Timed(lambda: (layer.call(input),), around)


def train(layer: Built, input: Any, onednn: bool = False) -> Timed:
    """Returns out, and the gradients for the input and the weights."""
    leaves = [rows_of(input), *layer.parameters]
    with torch.no_grad():
        out = layer.call(input)
    d_out = torch.randn(out.shape, dtype=out.dtype, generator=torch.Generator().manual_seed(2))

    def call() -> tuple[Any, ...]:
        out = layer.call(input)
        return out, *torch.autograd.grad(out, leaves, d_out)

    return Timed(call, lambda: torch.backends.mkldnn.flags(enabled=onednn))


def same(timed: dict[str, Timed]) -> None:
    """Raises AssertionError unless all compute the same: what is not the layer is not timed."""
    results = {name: subject.once()[:2] for name, subject in timed.items()}
    expected = next(iter(results.values()))
    for name, found in results.items():
        for a, b in zip(found, expected, strict=True):
            error = (torch.as_tensor(a) - torch.as_tensor(b)).abs().max()
            assert error <= 1e-3 * torch.as_tensor(b).abs().max(), f"{name} is off by {error}"
