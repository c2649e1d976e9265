"""How close correct arithmetic can be expected to come, measured on the case at hand.

No constant rtol can say it: with weights ten times the usual ones the recurrence is chaotic and
two correct float32 layers end up millions of roundings apart, while with usual weights twenty
roundings are generous. What correct arithmetic at a precision does is to be off by about one
rounding, here and there, all the way. So that is done on purpose (Monte Carlo arithmetic, Parker
1997): every number that goes in, and every matmul, tanh and sigmoid result, is moved by one
rounding, up or down at random, in loops that otherwise run in float64, forward and backward; and
how far this moves the results is measured. Neither the candidate nor any float32 kernel has a say.

allowed = SPREAD × growth × the largest move seen within the block + FLOOR × one rounding of the
tensor's largest element. Growth is for sums: n terms added one after the other round n partial
sums, which random terms make √(n/2) times worse than rounding each term once.

`python -m tests.meta.calibration` prints both errors this can make: how close correct candidates
come to the limit, and the smallest fault that is still seen.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import Packed, run
from rnn_manual.ops import TorchOps
from rnn_manual.parity.blocks import blocks
from rnn_manual.parity.candidates import LOOPS, Call, Candidate
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.parity.compare import distance
from rnn_manual.parity.oracle import dropout_masks, run_oracle
from rnn_manual.parity.results import Result, run_candidate
from rnn_manual.weights import Array, read_weights

SPREAD = 16.0
FLOOR = 4.0
SAMPLES = 3  # and twice as many where a block is one element, which alone tells less


@dataclass(frozen=True)
class Reference:
    """What a case's candidate is held against, by tensor name.

    loop: the torch loops at the case's precision, their gradients by autograd. exact: the oracle,
    its gradients by hand. allowed: the largest |candidate - exact|, for every element.
    """

    loop: Result
    exact: dict[str, Floats]
    allowed: dict[str, Floats]


@lru_cache(maxsize=512)  # one claim after the other asks for the same cases
def reference(case: Case, device: str = "cpu") -> Reference:
    """Runs the loops and the oracle on a case, and measures its conditioning."""
    rounding = torch.finfo(getattr(torch, case.dtype)).eps / 2
    loop = run_candidate(LOOPS, case, device=device)
    # Moves are measured from where the loops themselves would be, and not from the oracle: if the
    # two were apart, that would otherwise be allowed.
    double = device == "cpu" and case.dtype == "float64"
    masks = dropout_masks(case)
    centre = loop if double else run_candidate(_loops(_WideOps(masks)), case, dtype="float64")
    samples = [
        run_candidate(
            _loops(_JitteredOps(masks, rounding, seed)),
            case,
            dtype="float64",
            data=_move(case, seed),
        )
        for seed in range(SAMPLES * (2 if case.config.hidden_size == 1 else 1))
    ]
    allowed = {}
    for name, exact in centre.tensors.items():
        number, places = blocks(case, name, exact.shape)
        spread = np.zeros(len(places))
        finite = np.isfinite(exact)
        for sample in samples:
            far = np.nan_to_num(distance(sample.tensors[name], exact), nan=np.inf)
            np.maximum.at(spread, number, np.where(finite, far, 0.0))
        largest = np.abs(exact).max(initial=0, where=finite)
        growth = max(1.0, math.sqrt(_terms(case, name) / 2))
        allowed[name] = SPREAD * growth * spread[number] + FLOOR * rounding * largest
    return Reference(loop, run_oracle(case), allowed)


def _terms(case: Case, name: str) -> int:
    """The longest sum behind an element: features in a matmul, rows in a parameter's gradient."""
    c = case.config
    features = max(c.hidden_size, *map(c.layer_input_size, range(c.num_layers)))
    summed_over_rows = name.startswith(("grad weight", "grad bias"))
    return max(features, sum(case.lengths) if summed_over_rows else 0)


def _move(case: Case, seed: int) -> Data:
    """The case's numbers, each moved by one unit in its last place, up or down at random."""
    rng = np.random.default_rng(seed)
    unit = torch.finfo(getattr(torch, case.dtype)).eps

    def move(values: Floats) -> Floats:
        return values * (1 + unit * (rng.integers(0, 2, np.shape(values)) * 2 - 1))

    data = case.data()
    input = data.input
    return Data(
        {name: move(values) for name, values in data.parameters.items()},
        input._replace(data=move(input.data)) if isinstance(input, Packed) else move(input),
        None if data.state is None else tuple(map(move, data.state)),
        tuple(map(move, data.cotangents)),
    )


def _loops(ops: TorchOps) -> Candidate:
    """The torch loops with other arithmetic."""

    def build(module: nn.RNNBase) -> Call:
        config, weights = Config.of(module), read_weights(module)
        return lambda x, hx=None: run(config, weights, x, hx, training=module.training, ops=ops)

    return Candidate("loops", build)


class _WideOps(TorchOps):
    """Wider than the case, with the dropout masks that were drawn at the case's own precision."""

    def __init__(self, masks: list[torch.Tensor]) -> None:
        super().__init__()
        self.masks = iter(masks)

    def dropout(self, x: Array, p: float) -> Array:
        return x * next(self.masks).reshape(x.shape)


class _JitteredOps(_WideOps):
    """Every matmul, tanh and sigmoid off by one rounding."""

    def __init__(self, masks: list[torch.Tensor], rounding: float, seed: int) -> None:
        super().__init__(masks)
        self.rounding = rounding
        self.generator = random.Random(seed)

    def jitter(self, y: Array) -> Array:
        size = y.numel()
        factors = _factors(self.rounding, max(1 << 16, 2 * size))
        start = self.generator.randrange(len(factors) - size)
        return y * factors[start : start + size].view(y.shape)

    def tanh(self, x: Array) -> Array:
        y = self.jitter(torch.tanh(x.detach()))
        return _sloped(x, y, 1 - y * y)

    def sigmoid(self, x: Array) -> Array:
        y = self.jitter(torch.sigmoid(x.detach()))
        return _sloped(x, y, y * (1 - y))

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        return self.jitter(super().linear(x, weight, bias))


class _Sloped(torch.autograd.Function):
    """y as a function of x with a given slope.

    A kernel takes the derivative of tanh and sigmoid from its own, rounded, result: so the jittered
    y carries the slope that belongs to it.
    """

    @staticmethod
    def forward(ctx: Any, x: Array, y: Array, slope: Array) -> Array:
        ctx.save_for_backward(slope)
        return y.clone()

    @staticmethod
    def backward(ctx: Any, *gradient: Array) -> tuple[Array, None, None]:
        return gradient[0] * ctx.saved_tensors[0], None, None


_sloped: Callable[[Array, Array, Array], Array] = _Sloped.apply


@lru_cache(maxsize=8)
def _factors(rounding: float, size: int) -> torch.Tensor:
    """1 + rounding or 1 - rounding, at random: drawn once, because drawing is what takes long."""
    signs = np.random.default_rng(0).integers(0, 2, size) * 2 - 1
    return torch.tensor(1 + rounding * signs)
