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
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import nn

from rnn_manual.config import Config
from rnn_manual.layout import Packed, run
from rnn_manual.ops import TorchOps
from rnn_manual.parity.blocks import blocks
from rnn_manual.parity.candidates import LOOPS, Call, Candidate
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.parity.results import Result, run_candidate, run_oracle
from rnn_manual.weights import Array, read_weights

SPREAD = 16.0
FLOOR = 4.0
SAMPLES = 3


@dataclass(frozen=True)
class Reference:
    """What a case's candidate is held against, by tensor name.

    loop: the torch loops at the case's precision. exact: the oracle; for gradients, the torch
    loops in float64. allowed: the largest |candidate - exact|, for every element.
    """

    loop: Result
    exact: dict[str, Floats]
    allowed: dict[str, Floats]


@lru_cache(maxsize=256)  # one claim after the other asks for the same cases
def reference(case: Case, device: str = "cpu") -> Reference:
    """Runs the loops and the oracle on a case, and measures its conditioning."""
    rounding = float(np.finfo(case.dtype).eps) / 2
    loop = run_candidate(LOOPS, case, device=device)
    double = device == "cpu" and case.dtype == "float64"
    centre = (loop if double else run_candidate(LOOPS, case, dtype="float64")).tensors
    samples = [
        run_candidate(_jittered(rounding, seed), case, dtype="float64", data=_move(case, seed))
        for seed in range(SAMPLES)
    ]
    allowed = {}
    for name, exact in centre.items():
        number, places = blocks(case, name, exact.shape)
        spread = np.zeros(len(places))
        for sample in samples:
            np.maximum.at(spread, number, np.abs(sample.tensors[name] - exact))
        floor = FLOOR * rounding * np.abs(exact).max(initial=0)
        growth = max(1.0, math.sqrt(_terms(case, name) / 2))
        allowed[name] = SPREAD * growth * spread[number] + floor
    return Reference(loop, centre | run_oracle(case), allowed)


def _terms(case: Case, name: str) -> int:
    """The longest sum behind an element: features in a matmul, rows in a parameter's gradient."""
    c = case.config
    features = max(c.hidden_size, *map(c.layer_input_size, range(c.num_layers)))
    summed_over_rows = name.startswith(("grad weight", "grad bias"))
    return max(features, sum(case.lengths) if summed_over_rows else 0)


def _move(case: Case, seed: int) -> Data:
    """The case's numbers, each moved by one rounding of its dtype, up or down at random."""
    rng = np.random.default_rng(seed)

    def move(values: Floats) -> Floats:
        towards = np.where(rng.random(np.shape(values)) < 0.5, -np.inf, np.inf).astype(case.dtype)
        moved: Floats = np.nextafter(values.astype(case.dtype), towards).astype(np.float64)
        return moved

    data = case.data()
    input = data.input
    return Data(
        {name: move(values) for name, values in data.parameters.items()},
        input._replace(data=move(input.data)) if isinstance(input, Packed) else move(input),
        None if data.state is None else tuple(map(move, data.state)),
        tuple(map(move, data.cotangents)),
    )


def _jittered(rounding: float, seed: int) -> Candidate:
    """The torch loops with every matmul, tanh and sigmoid off by one rounding."""

    def build(module: nn.RNNBase) -> Call:
        ops = _JitteredOps(rounding, seed)
        return lambda x, hx=None: run(Config.of(module), read_weights(module), x, hx, ops=ops)

    return Candidate("jittered loops", build)


class _JitteredOps(TorchOps):
    def __init__(self, rounding: float, seed: int) -> None:
        super().__init__()
        self.rounding = rounding
        self.generator = random.Random(seed)

    def jitter(self, y: Array) -> Array:
        size = y.numel()
        factors = _factors(self.rounding, max(1 << 16, 2 * size))
        start = self.generator.randrange(len(factors) - size)
        return y * factors[start : start + size].view(y.shape)

    # A kernel takes the derivative of tanh and sigmoid from its own, rounded, result. So the
    # jittered y carries the slope that belongs to it; x - x.detach() is 0 with gradient 1.
    def tanh(self, x: Array) -> Array:
        y = self.jitter(torch.tanh(x.detach()))
        return y + (x - x.detach()) * (1 - y * y)

    def sigmoid(self, x: Array) -> Array:
        y = self.jitter(torch.sigmoid(x.detach()))
        return y + (x - x.detach()) * (y * (1 - y))

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        return self.jitter(super().linear(x, weight, bias))


@lru_cache(maxsize=8)
def _factors(rounding: float, size: int) -> torch.Tensor:
    """1 + rounding or 1 - rounding, at random: drawn once, because drawing is what takes long."""
    signs = np.random.default_rng(0).integers(0, 2, size) * 2 - 1
    return torch.tensor(1 + rounding * signs)
