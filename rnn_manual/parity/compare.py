"""Numbers → verdict: data first, words elsewhere.

A tensor is `identical` if every bit equals the torch loop's, `within` if it is as close to the
oracle as correct arithmetic can be expected to come (`tolerance.py` says how that is known),
otherwise it `differs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

import numpy as np

from rnn_manual.parity.blocks import Place
from rnn_manual.parity.cases import Case, Floats

BITS = "bit for bit"  # the mode of a comparison that allows nothing


class Verdict(str, Enum):
    """From best to worst; only the last two fail."""

    IDENTICAL = "identical"
    WITHIN = "within"
    UNSUPPORTED = "unsupported"
    DIFFERS = "differs"
    ERROR = "error"

    @property
    def fails(self) -> bool:
        return self in (Verdict.DIFFERS, Verdict.ERROR)

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a whole, given those on its parts. Of nothing: unsupported."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.UNSUPPORTED)


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


@dataclass(frozen=True)
class Where:
    """The first element that differs: in which tensor, at which index, and what sits there."""

    tensor: str
    index: tuple[int, ...]
    place: Place


@dataclass(frozen=True)
class Comparison:
    """A candidate's whole result on one case.

    raised, message: the verdict and the words if there was no result to compare.
    diagnosis: the classic mistake it behaves like.
    """

    case: Case
    candidate: str
    device: str = "cpu"
    mode: str = ""
    tensors: dict[str, TensorComparison] = field(default_factory=dict)
    raised: Verdict | None = None
    message: str = ""
    where: Where | None = None
    diagnosis: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its tensors' that are there, or what it came to without any."""
        there = [t.verdict for t in self.tensors.values() if t.verdict != Verdict.UNSUPPORTED]
        return self.raised or worst(there)

    def assert_ok(self) -> None:
        """Raises AssertionError, with the whole report as its text, if the case failed."""
        __tracebackhide__ = True
        if self.verdict.fails:
            from rnn_manual.parity.report import failure_block

            raise AssertionError(failure_block(self))


def distance(a: Floats, b: Floats) -> Floats:
    """|a - b|; 0 also between two NaN, or two infinities of one sign."""
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.abs(a - b).astype(np.float64)
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, far)


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


def same_bits(a: Floats, b: Floats) -> bool:
    """Whether two arrays of one dtype and shape are the same to the last bit, signed zeros too.

    All NaN count as one: which of their bits are set is no part of the number.
    """
    return _one_nan(a).tobytes() == _one_nan(b).tobytes()


def _one_nan(a: Floats) -> Floats:
    return np.where(np.isnan(a), np.full_like(a, np.nan), a)
