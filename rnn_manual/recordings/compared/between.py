"""Two recordings → what changed between them, run by run and tensor by tensor. No torch needed."""

from __future__ import annotations

import numpy as np

from rnn_manual.proof.formula import PROVED
from rnn_manual.recordings.compared.drift import (
    ANOTHER,
    CHANGED,
    DIFFERS,
    DRIFT,
    IDENTICAL,
    SAME,
    UNKNOWN,
    Drift,
    RunDrift,
    TensorDrift,
)
from rnn_manual.recordings.compared.ulps import ulps
from rnn_manual.recordings.recording import (
    FAILED,
    MASK,
    RecordedCase,
    Recording,
    Run,
    Tensor,
    Unreadable,
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
        verdict = DIFFERS if _went_wrong(a, b) else CHANGED
        return TensorDrift(verdict, said=f"gone: {_reason(b)}")
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
    wrong = _went_wrong(a, b)  # however near: where both may be right, both agree with the loops
    return TensorDrift(
        DIFFERS if wrong or share[worst] > 1 else DRIFT,
        int(apart[worst]),
        far if np.isfinite(far) else float("inf"),
        "has gone wrong: it agreed with the loops, and does no longer" if wrong else "",
    )


def _went_wrong(a: Tensor | None, b: Tensor | None) -> bool:
    """Whether the one agreed with the loops, and the other does not."""
    return bool(a and b and a.verdict not in FAILED and b.verdict in FAILED)


def _now(tensor: Tensor | None) -> str:
    return f"says now: {tensor.reason}" if tensor else "is gone"


def _reason(tensor: Tensor | None) -> str:
    return tensor.reason if tensor else "not computed"
