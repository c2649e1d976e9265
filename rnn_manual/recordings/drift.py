"""Two recordings → what changed between them, run by run and tensor by tensor. No torch needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_manual.proof.formula import PROVED
from rnn_manual.recordings.recording import (
    FAILED,
    MASK,
    Array,
    RecordedCase,
    Recording,
    Run,
    Tensor,
    Unreadable,
)

# From best to worst; only the last fails.
IDENTICAL, DRIFT, CHANGED, DIFFERS = "identical", "drift", "changed", "differs"
ORDER = (IDENTICAL, DRIFT, CHANGED, DIFFERS)
# Whether two runs have the same formula. Where either's is not known, neither is said.
SAME, ANOTHER, UNKNOWN = "same", "another", ""
BITS = {"float16": "i2", "float32": "i4", "float64": "i8"}


@dataclass(frozen=True)
class TensorDrift:
    """One tensor before and after.

    verdict: `identical` (every bit), `drift` (as far apart as two correct results may be),
    `differs` (further, or it went wrong), or `changed` (it is there in one of the two only).
    error: how far apart it is where that is most of what is allowed. ulp: the same distance in
    units in the last place. said: what else changed, in words that follow its name.
    """

    verdict: str
    ulp: int = 0
    error: float = 0.0
    said: str = ""


@dataclass(frozen=True)
class RunDrift:
    """A case in a mode, before and after.

    said: what changed about the run as a whole. formula: whether it is the same or another one,
    whatever became of the bits. formulas: the verdicts on it, then and now; "" if there is none.
    """

    case: str
    mode: str
    kind: str
    features: list[str]
    said: str = ""
    tensors: dict[str, TensorDrift] | None = None
    formula: str = UNKNOWN
    formulas: tuple[str, str] = ("", "")

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
        """The runs of another formula, and then those of other bits, worst first."""
        changed = [run for run in self.runs if run.verdict != IDENTICAL or run.formula == ANOTHER]
        return sorted(
            changed,
            key=lambda run: (run.formula != ANOTHER, -ORDER.index(run.verdict), run.mode, run.case),
        )


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
    """Raises Unreadable unless both ran on the same numbers: nothing else can be compared.

    But for dropout's masks, which are not ours to choose: torch's generator draws them.
    """
    other = [key for key in _other_numbers(a, b) if not key.startswith(MASK)]
    if other:
        raise Unreadable(f"the two ran on other numbers: {other[0]} of {name} is not the same")


def _other_numbers(a: RecordedCase, b: RecordedCase) -> list[str]:
    """The names of what is not the same in both."""
    names = sorted(a.numbers.keys() | b.numbers.keys())
    pairs = [(a.numbers.get(name), b.numbers.get(name)) for name in names]
    return [
        name
        for name, (x, y) in zip(names, pairs, strict=True)
        if x is None or y is None or not np.array_equal(x, y, equal_nan=True)
    ]


def run_drift(a: Run, b: Run, case_a: RecordedCase, case_b: RecordedCase) -> RunDrift:
    """What changed from run a to run b of the same case in the same mode.

    Raises: Unreadable: it is not known how far apart they may be.
    """
    tensors, said, formula = None, _said(a, b), same_formula(a, b)
    if a.tensors and b.tensors and _other_numbers(case_a, case_b):
        said = "draws other dropout masks from the same seed"
        # A mask's numbers are in the fingerprint: another one says nothing of the formula.
        formula = UNKNOWN if formula == ANOTHER else formula
    elif a.tensors and b.tensors:
        tensors = {
            name: _tensor_drift(name, a.tensors.get(name), b.tensors.get(name), case_a, case_b)
            for name in dict.fromkeys([*a.tensors, *b.tensors])
        }
    verdicts = tuple(run.formula.verdict if run.formula else "" for run in (a, b))
    about = (b.case, b.mode, case_b.kind, case_b.features)
    return RunDrift(*about, said, tensors, formula, (verdicts[0], verdicts[1]))


def same_formula(a: Run, b: Run) -> str:
    """Whether two runs of a case compute the same formulas, as far as that is known."""
    if a.formula is None or b.formula is None:
        return UNKNOWN
    if a.formula.verdict == b.formula.verdict == PROVED:
        return SAME  # each is the loops', though one may give a result that the other lacks
    if not (a.formula.fingerprint and b.formula.fingerprint):
        return UNKNOWN
    return SAME if a.formula.fingerprint == b.formula.fingerprint else ANOTHER


def _said(a: Run, b: Run) -> str:
    """What changed about a run as a whole: whether it ran, and what was said if it did not."""
    ran_a, ran_b = bool(a.tensors), bool(b.tensors)
    if ran_a and ran_b:
        return ""
    if ran_b:
        newly = "newly supported" if a.verdict == "unsupported" else "runs now"
        return f"{newly} (was {a.verdict}: {a.message})"
    if ran_a:
        gone = "no longer supported" if b.verdict == "unsupported" else "now fails"
        return f"{gone}: {b.message}"
    if a.verdict != b.verdict:
        return f"was {a.verdict}, is {b.verdict}: {b.message}"
    return "" if a.message == b.message else f"says now: {b.message}"


def _tensor_drift(
    name: str, a: Tensor | None, b: Tensor | None, case_a: RecordedCase, case_b: RecordedCase
) -> TensorDrift:
    x, y = a.values if a else None, b.values if b else None
    if x is None and y is None:
        same = a is not None and b is not None and a.reason == b.reason
        return TensorDrift(IDENTICAL if same else CHANGED, said="" if same else _now(b))
    if x is None:
        before = f" (before: {a.reason})" if a and a.reason else ""
        return TensorDrift(CHANGED, said=f"newly there{before}")
    if y is None:
        wrong = a is not None and a.verdict not in FAILED and b is not None and b.verdict in FAILED
        return TensorDrift(DIFFERS if wrong else CHANGED, said=f"gone: {_reason(b)}")
    if x.shape != y.shape:
        return TensorDrift(DIFFERS, said=f"has shape {y.shape}, had {x.shape}")
    apart = ulps(x, y, case_b.dtype)
    if not apart.any():
        return TensorDrift(IDENTICAL)
    if name not in case_a.allowed or name not in case_b.allowed:
        raise Unreadable(f"a recording does not say how far {name} may be off")
    # Each may be so far from the exact result, one on either side of it.
    allowed = case_a.allowed[name].astype(np.float64) + case_b.allowed[name]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs(x.astype(np.float64) - y.astype(np.float64))
        share = np.where(error == 0, 0.0, error / allowed)
    share = np.where(apart == 0, -1.0, np.where(np.isnan(share), np.inf, share))
    worst = np.unravel_index(np.argmax(share), share.shape)
    far = float(error[worst])
    return TensorDrift(
        DIFFERS if share[worst] > 1 else DRIFT,
        int(apart[worst]),
        far if np.isfinite(far) else float("inf"),
    )


def _now(tensor: Tensor | None) -> str:
    return f"says now: {tensor.reason}" if tensor else "is gone"


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
