"""Mistakes that show only in numbers far larger or smaller than the usual ones, or in NaN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from rnn_manual.cases.calls import WITHOUT_A_GRAPH, differentiated
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.layout import mapped_rows
from rnn_manual.loops import run_direction
from rnn_manual.mistakes.conditions import biased, holds_numbers
from rnn_manual.mistakes.corners.called import Identity, through
from rnn_manual.mistakes.wrong import Net, mistake
from rnn_manual.ops import TorchOps


def _large(case: Case) -> bool:
    return case.values == "large"


class _Clipped(TorchOps):
    """Reads no more than ±8, where float32 gives σ = 1 and tanh = 1; relu gives 20 at most."""

    def tanh(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x.clamp(-8, 8))

    def sigmoid(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x.clamp(-8, 8))

    def relu(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(0, 20)


@mistake("what σ and tanh read and relu gives is clipped", _large, classic=False)
def activations_clipped(net: Net) -> Net:
    return net.using(ops=_Clipped())


class _Clip(Identity):
    """Its gradient is clipped to ±10."""

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return tuple(gradient.clamp(-10, 10) for gradient in gradients)


@mistake(
    "what comes back for out is clipped to ±10",
    _large,
    lambda case: case.call not in (*WITHOUT_A_GRAPH, "loss on h_n", "out changed"),
    classic=False,
)
def gradients_clipped(net: Net) -> tuple[Any, Any]:
    return through(net, _Clip.apply)


def _all_of_it_small(case: Case) -> bool:
    return not biased(case) and case.state in ("omitted", "zeros")


@mistake(
    "inputs below 10⁻⁶ are taken for zero",
    holds_numbers,
    lambda case: case.values == "small",
    lambda case: differentiated(case, "weight_ih_l0") or _all_of_it_small(case),
    classic=False,
)
def small_inputs_flushed(net: Net) -> Net:
    return replace(net, input=mapped_rows(lambda x: x * (x.abs() > 1e-6), net.input))


@mistake(
    "what is NaN in h_0 is taken for zero",
    lambda case: any(np.isnan(s).any() for s in (draw(case).state or ())[:1]),
    classic=False,
)
def nan_state_taken_for_zero(net: Net) -> Net:
    return net.from_state(lambda h, *c: (torch.where(h.isnan(), 0.0, h), *c))


@mistake(
    "a step whose input is all zero is skipped",
    holds_numbers,
    biased,
    lambda case: case.values == "signed zeros" and case.seq_len > 1,
    classic=False,
)
def zero_steps_skipped(net: Net) -> Net:
    lowest = iter([True] * net.config.num_directions)

    def walk(ops: Any, cell: Any, w: Any, rows: Any, sizes: Any, s: Any, backward: bool) -> Any:
        below = next(lowest, False)
        zero = [below and not step.any() for step in ops.steps(rows, sizes)]
        skipped = iter(zero[::-1] if backward else zero)

        def or_not(ops: Any, w: Any, x: Any, *given: Any) -> Any:
            return given if next(skipped) else cell(ops, w, x, *given)

        return run_direction(ops, or_not, w, rows, sizes, s, backward)

    return net.using(walk=walk)
