"""The classic mistake that a wrong result is like."""

from __future__ import annotations

import contextlib

import numpy as np

from rnn_manual.candidates.errors import Violation
from rnn_manual.candidates.harness.result import Result
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import Floats
from rnn_manual.judge.reference.tolerance import Reference
from rnn_manual.judge.tensor import compare_tensor
from rnn_manual.judge.verdict import Verdict
from rnn_manual.mistakes import MISTAKES


def diagnose(case: Case, result: Result, held_against: Reference, device: str) -> str | None:
    """The classic mistakes whose results the candidate's are, within rounding; None if none.

    A mistake is named only if something in which it is wrong is there to be compared.
    """
    if case.values in ("NaN", "infinities") or case.random or not case.batch_size:
        return None  # where everything is NaN, or nothing is there, all mistakes are alike
    alike = []
    for mistake in MISTAKES.values():
        if not (mistake.classic and mistake.shows(case)):
            continue
        with contextlib.suppress(Violation):  # some do what no layer that returned has done
            # Most are ruled out by their values; gradients take several times as long.
            values = run_candidate(mistake, case, device=device, backward=False).tensors
            if not _same(result.tensors, values, held_against):
                continue
            wrong = run_candidate(mistake, case, device=device).tensors
            found = result.tensors
            if _same(found, wrong, held_against) and _shown(found, wrong, held_against):
                alike.append(f'"{mistake.sentence}"')
    return f"behaves exactly like the mistake {' or '.join(alike)}" if alike else None


def _same(found: dict[str, Floats], wrong: dict[str, Floats], held_against: Reference) -> bool:
    """Whether nothing that both have tells them apart."""
    return all(
        _alike(found[name], tensor, held_against.allowed[name])
        for name, tensor in wrong.items()
        if name in found
    )


def _shown(found: dict[str, Floats], wrong: dict[str, Floats], held_against: Reference) -> bool:
    """Whether something in which the mistake differs from a right layer is there."""
    right = held_against.exact
    return any(
        not _alike(tensor, right[name].astype(tensor.dtype), held_against.allowed[name])
        for name, tensor in wrong.items()
        if name in found
    )


def _alike(a: Floats, b: Floats, allowed: Floats) -> bool:
    # A mistake may have a shape of its own.
    limit = allowed if allowed.shape == b.shape else np.zeros(b.shape)
    return compare_tensor(a, b, b, limit).verdict != Verdict.DIFFERS
