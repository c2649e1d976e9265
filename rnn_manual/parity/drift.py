"""Two recordings → what changed between them, run by run and tensor by tensor. No torch needed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.parity.recording import Array, RecordedCase, Recording, Run, Tensor, Unreadable

# From best to worst; only the last fails.
IDENTICAL, DRIFT, CHANGED, DIFFERS = "identical", "drift", "changed", "differs"
ORDER = (IDENTICAL, DRIFT, CHANGED, DIFFERS)
BITS = {"float16": "i2", "float32": "i4", "float64": "i8"}


@dataclass(frozen=True)
class TensorDrift:
    """One tensor before and after.

    verdict: `identical` (every bit), `drift` (as far apart as two correct results may be),
    `differs` (further), or `changed` (it is there in one of the two only).
    ulp: the largest distance in units in the last place. error: the largest distance.
    said: what changed, in words.
    """

    verdict: str
    ulp: int = 0
    error: float = 0.0
    said: str = ""


@dataclass(frozen=True)
class RunDrift:
    """A case in a mode, before and after. said: what changed about the run as a whole."""

    case: str
    mode: str
    kind: str
    features: list[str]
    said: str = ""
    tensors: dict[str, TensorDrift] | None = None

    @property
    def verdict(self) -> str:
        found = [tensor.verdict for tensor in (self.tensors or {}).values()]
        return max([*found, CHANGED if self.said else IDENTICAL], key=ORDER.index)

    @property
    def fails(self) -> bool:
        return self.verdict == DIFFERS

    @property
    def ulp(self) -> int:
        """The largest of its tensors' drifts."""
        return max((tensor.ulp for tensor in (self.tensors or {}).values()), default=0)


@dataclass(frozen=True)
class Drift:
    """What changed from one recording to the next. only_before, only_after: runs without a twin."""

    before: dict[str, Any]
    after: dict[str, Any]
    runs: list[RunDrift]
    only_before: list[tuple[str, str]]
    only_after: list[tuple[str, str]]

    @property
    def verdict(self) -> str:
        return max((run.verdict for run in self.runs), key=ORDER.index, default=IDENTICAL)

    def changes(self) -> list[RunDrift]:
        """The runs that are not the same to the last bit, worst first."""
        changed = [run for run in self.runs if run.verdict != IDENTICAL]
        return sorted(changed, key=lambda run: (-ORDER.index(run.verdict), run.mode, run.case))


def drift(before: Recording, after: Recording) -> Drift:
    """Compares two recordings of the same cases.

    Raises: Unreadable: they have no run in common, or ran on other numbers.
    """
    common = [key for key in before.runs if key in after.runs]
    if not common:
        raise Unreadable("the two recordings have no case in common")
    for case in sorted({case for _, case in common}):
        check_same_numbers(case, before.cases[case], after.cases[case])
    return Drift(
        before.about,
        after.about,
        [
            run_drift(before.runs[key], after.runs[key], before.cases[key[1]], after.cases[key[1]])
            for key in common
        ],
        [key for key in before.runs if key not in after.runs],
        [key for key in after.runs if key not in before.runs],
    )


def check_same_numbers(name: str, a: RecordedCase, b: RecordedCase) -> None:
    """Raises Unreadable unless both ran on the same numbers: nothing else can be compared."""
    for key in a.numbers.keys() | b.numbers.keys():
        x, y = a.numbers.get(key), b.numbers.get(key)
        if x is None or y is None or not np.array_equal(x, y, equal_nan=True):
            raise Unreadable(f"the two ran on other numbers: {key} of {name} is not the same")


def run_drift(a: Run, b: Run, case_a: RecordedCase, case_b: RecordedCase) -> RunDrift:
    """What changed from run a to run b of the same case in the same mode."""
    tensors = None
    if a.tensors and b.tensors:
        # Each may be so far from the exact result, one on either side of it.
        limits = [case.allowed for case in (case_a, case_b)]
        tensors = {
            name: _tensor_drift(
                a.tensors.get(name),
                b.tensors.get(name),
                sum(limit[name] for limit in limits if name in limit),
                case_b.dtype,
            )
            for name in dict.fromkeys([*a.tensors, *b.tensors])
        }
    return RunDrift(b.case, b.mode, case_b.kind, case_b.features, _said(a, b), tensors)


def _said(a: Run, b: Run) -> str:
    """What changed about a run as a whole: whether it ran, and what was said if it did not."""
    ran_a, ran_b = bool(a.tensors), bool(b.tensors)
    if ran_a and ran_b:
        return ""
    if ran_b:
        return f"newly supported (was {a.verdict}: {a.message})"
    if ran_a:
        gone = "no longer supported" if b.verdict == "unsupported" else "now fails"
        return f"{gone}: {b.message}"
    if a.verdict != b.verdict:
        return f"was {a.verdict}, is {b.verdict}: {b.message}"
    same = _versionless(a.message) == _versionless(b.message)
    return "" if same else f"says now: {b.message}"


def _versionless(message: str) -> str:
    """What is said, whichever version of torch says it of itself."""
    return re.sub(r"\btorch \d\S*", "torch", message)


def _tensor_drift(a: Tensor | None, b: Tensor | None, allowed: Any, dtype: str) -> TensorDrift:
    x, y = a.values if a else None, b.values if b else None
    if x is None and y is None:
        same = a is not None and b is not None and a.reason == b.reason
        return TensorDrift(IDENTICAL if same else CHANGED, said="" if same else _reason(b))
    if x is None or y is None:
        return TensorDrift(CHANGED, said=f"gone: {_reason(b)}" if y is None else "newly there")
    if x.shape != y.shape:
        return TensorDrift(DIFFERS, said=f"shape {x.shape}, now {y.shape}")
    apart = ulps(x, y, dtype)
    if not apart.any():
        return TensorDrift(IDENTICAL)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(x.astype(np.float64) - y.astype(np.float64))
    error = np.where(apart == 0, 0.0, error)
    beyond = ~(error <= np.broadcast_to(allowed, error.shape))
    worst = float(np.max(error)) if np.isfinite(error).all() else float("inf")
    return TensorDrift(DIFFERS if beyond.any() else DRIFT, int(apart.max()), worst)


def _reason(tensor: Tensor | None) -> str:
    return tensor.reason if tensor else "not computed"


def ulps(a: Array, b: Array, dtype: str) -> NDArray[np.uint64]:
    """How many numbers of the format lie between a and b, counting b; 0 between two NaN.

    Between 0 and -0 there is one.
    """
    x, y = _rank(a, dtype), _rank(b, dtype)
    apart = np.where(x > y, x - y, y - x)
    return np.where(np.isnan(a) & np.isnan(b), np.uint64(0), apart)


def _rank(a: Array, dtype: str) -> NDArray[np.uint64]:
    """The place of a number among all of its format, the lowest first."""
    if dtype == "bfloat16":
        bits = np.ascontiguousarray(a, np.float32).view(np.int32) >> 16
        lowest = -(1 << 15)
    else:
        bits = np.ascontiguousarray(a).view(BITS[dtype])
        lowest = int(np.iinfo(bits.dtype).min)
    bits = bits.astype(np.int64)
    # Of a negative number, all bits but the sign's count the way down from -0, which follows -tiny.
    signed = np.where(bits < 0, lowest - bits - 1, bits)
    return signed.view(np.uint64) ^ np.uint64(1 << 63)
