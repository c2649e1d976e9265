"""How close correct arithmetic can be expected to come, measured on the case at hand.

No constant rtol can say it: with weights ten times the usual ones the recurrence is chaotic and
two correct float32 layers end up millions of roundings apart, while with usual weights twenty
roundings are generous. What correct arithmetic at a precision does is to be off by about one
rounding, here and there, all the way. So that is done on purpose (Monte Carlo arithmetic, Parker
1997): every number that goes in, and every matmul, tanh, sigmoid and derivative, is moved by one
rounding, up or down at random, in NumPy loops that otherwise run in float64, forward and backward;
and how far this moves the results is measured. Neither the candidate nor a kernel of torch's has a
say.

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

from rnn_manual.layout import Packed
from rnn_manual.ops import NumpyOps
from rnn_manual.parity.blocks import blocks
from rnn_manual.parity.candidates import LOOPS
from rnn_manual.parity.cases import Case, Data, Floats
from rnn_manual.parity.compare import distance
from rnn_manual.parity.oracle import dropout_masks, run_in_numpy, run_oracle
from rnn_manual.parity.results import Result, run_candidate
from rnn_manual.weights import Array

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
    loop, exact = run_candidate(LOOPS, case, device=device), run_oracle(case)
    masks = dropout_masks(case, np.float64)
    samples = [
        run_in_numpy(case, _move(case, seed), _JitteredOps(masks, rounding, seed), np.float64)
        for seed in range(SAMPLES * (2 if case.config.hidden_size == 1 else 1))
    ]
    allowed: dict[str, Floats] = {}
    for name, centre in exact.items():
        number, places = blocks(case, name, centre.shape)
        spread = np.zeros(len(places))
        finite = np.isfinite(centre)
        for sample in samples:
            far = np.nan_to_num(distance(sample[name], centre), nan=np.inf)
            np.maximum.at(spread, number, np.where(finite, far, 0.0))
        largest = np.abs(centre).max(initial=0, where=finite)
        growth = max(1.0, math.sqrt(_terms(case, name) / 2))
        allowed[name] = SPREAD * growth * spread[number] + FLOOR * rounding * float(largest)
    return Reference(loop, exact, allowed)


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


class _JitteredOps(NumpyOps):
    """Every matmul, tanh and sigmoid off by one rounding, and every derivative."""

    def __init__(self, masks: list[Floats], rounding: float, seed: int) -> None:
        super().__init__(masks)
        self.rounding = rounding
        self.generator = random.Random(seed)

    def jitter(self, y: Floats) -> Floats:
        factors = _factors(self.rounding, max(1 << 16, 2 * y.size))
        start = self.generator.randrange(len(factors) - y.size)
        return y * factors[start : start + y.size].reshape(y.shape)

    def linear(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        return self.jitter(super().linear(x, weight, bias))

    def linear_backward(self, x: Array, weight: Array, dy: Array) -> tuple[Array, Array, Array]:
        dx, dW, db = super().linear_backward(x, weight, dy)
        return self.jitter(dx), self.jitter(dW), self.jitter(db)

    def tanh(self, x: Array) -> Array:
        return self.jitter(super().tanh(x))

    def sigmoid(self, x: Array) -> Array:
        return self.jitter(super().sigmoid(x))

    def tanh_backward(self, dy: Array, y: Array) -> Array:
        return self.jitter(super().tanh_backward(dy, y))

    def sigmoid_backward(self, dy: Array, y: Array) -> Array:
        return self.jitter(super().sigmoid_backward(dy, y))


@lru_cache(maxsize=8)
def _factors(rounding: float, size: int) -> Floats:
    """1 + rounding or 1 - rounding, at random: drawn once, because drawing is what takes long."""
    signs = np.random.default_rng(0).integers(0, 2, size) * 2 - 1
    return np.asarray(1 + rounding * signs)
