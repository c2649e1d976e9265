"""One tensor of a candidate against the torch loop and the oracle: numbers → verdict.

A tensor is `identical` if every bit equals the torch loop's, `within` if it is as close to the
oracle as correct arithmetic can be expected to come (`tolerance.py` says how that is known),
otherwise it `differs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from rnn_manual.cases.draw import Floats
from rnn_manual.judge.verdict import Verdict


def _empty() -> Floats:
    return np.empty(0)


@dataclass(frozen=True)
class TensorComparison:
    """One tensor of the candidate against the torch loop and the oracle, element by element.

    reason: why there is nothing to compare element by element; the arrays are then empty.
    """

    verdict: Verdict
    reason: str = ""
    actual: Floats = field(default_factory=_empty)
    loop: Floats = field(default_factory=_empty)
    oracle: Floats = field(default_factory=_empty)
    limit: Floats = field(default_factory=_empty)

    @cached_property
    def errors(self) -> Floats:
        """|candidate - oracle|."""
        return distance(self.actual, self.oracle)

    @cached_property
    def ratios(self) -> Floats:
        """The errors in units of what is allowed; NaN where none belongs is beyond everything."""
        errors = self.errors
        # Where nothing is allowed, any error is beyond; where something is, NaN is.
        beyond = np.where(errors == 0, 0.0, np.inf)
        with np.errstate(over="ignore"):
            ratios = np.divide(errors, self.limit, out=beyond, where=self.limit > 0)
        return np.where(np.isnan(ratios), np.inf, ratios)

    @cached_property
    def worst(self) -> tuple[int, ...]:
        """The index of the element furthest beyond what is allowed, or nearest to it."""
        return tuple(map(int, np.unravel_index(np.argmax(self.ratios), self.ratios.shape)))

    @property
    def error(self) -> float:
        return float(self.errors[self.worst]) if self.actual.size else 0.0

    @property
    def allowed(self) -> float:
        return float(self.limit[self.worst]) if self.actual.size else 0.0


def compare_tensor(actual: Floats, loop: Floats, oracle: Floats, limit: Floats) -> TensorComparison:
    """The verdict on one tensor; the others have the shape that `actual` should have."""
    for what in ("shape", "dtype"):
        got, expected = getattr(actual, what), getattr(loop, what)
        if got != expected:
            return TensorComparison(Verdict.DIFFERS, f"{what} {got}, expected {expected}")
    compared = TensorComparison(Verdict.WITHIN, "", actual, loop, oracle, limit)
    if actual.size and compared.ratios.max() > 1:
        # Even with the loop's bits: where the loop itself is far from the oracle, they are wrong.
        return replace(compared, verdict=Verdict.DIFFERS)
    return replace(compared, verdict=Verdict.IDENTICAL) if same_bits(actual, loop) else compared


def distance(a: Floats, b: Floats) -> Floats:
    """|a - b|; 0 also between two NaN, or two infinities of one sign."""
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.abs(a - b).astype(np.float64)
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, far)


def same_bits(a: Floats, b: Floats) -> bool:
    """Whether two arrays of one dtype and shape are the same to the last bit, signed zeros too.

    All NaN count as one: which of their bits are set is no part of the number.
    """
    return _one_nan(a).tobytes() == _one_nan(b).tobytes()


def _one_nan(a: Floats) -> Floats:
    return np.where(np.isnan(a), np.full_like(a, np.nan), a)
