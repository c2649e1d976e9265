"""The residues that input, states, weights and cotangents get: drawn by name, the same anywhere.

No generator's stream is used: each is a hash of the leaf's name, its place and the point.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from rnn_manual.candidates.harness.tensors import expanded_axis
from rnn_manual.cases.case import Case
from rnn_manual.proof.arithmetic.residues import Ints, Residues, mixed, reduced

POINTS = 4
POINTS_OF_RELU = 12  # a step hides what it shuts: half of all values, at each point by itself

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def points_of(case: Case) -> int:
    """At how many points a case's formulas are evaluated."""
    return POINTS_OF_RELU if case.config.nonlinearity == "relu" else POINTS


def drawn(case: Case, name: str, shape: Sequence[int]) -> Residues:
    """A leaf's residues, (K, *shape).

    Args:
        name: a parameter's, input, h_0, c_0; `d out` and the like for what multiplies the outputs.
    """
    axis = expanded_axis(case, name.removeprefix("d "))
    own = [1 if k == axis else size for k, size in enumerate(shape)]
    start = mixed(np.array([case.seed << 32 ^ zlib.crc32(name.encode())], np.uint64))
    count = points_of(case) * int(np.prod(own))
    bits = mixed(start + np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN)
    residues: Ints = reduced((bits >> np.uint64(1)).astype(np.int64))
    residues = residues.reshape(points_of(case), *own)
    return Residues(np.broadcast_to(residues, (len(residues), *shape)))
