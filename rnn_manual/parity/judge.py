"""A candidate and a case → a comparison."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from rnn_manual.parity.candidates import (
    LOOPS,
    NN,
    Candidate,
    Unsupported,
    as_candidate,
    in_one_line,
)
from rnn_manual.parity.cases import Case, Floats
from rnn_manual.parity.compare import (
    BITS,
    Comparison,
    TensorComparison,
    Verdict,
    compare_tensor,
)
from rnn_manual.parity.locate import locate
from rnn_manual.parity.mistakes import MISTAKES
from rnn_manual.parity.process import Died, somewhere
from rnn_manual.parity.results import Malformed, Result, run_candidate
from rnn_manual.parity.tolerance import Reference, reference
from rnn_manual.parity.versions import lacking


def check(candidate: Any, case: Case, *, device: str = "cpu") -> Comparison:
    """Runs a candidate on a case and compares all it gives with the loops and the oracle.

    Args:
        candidate: a class, a build function, a `MODULE:NAME` string or a Candidate.

    Returns: a comparison, whatever the candidate does; `.assert_ok()` raises if it failed.
    """
    candidate = as_candidate(candidate)
    if message := lacking(case.dtype, device):
        return _not_compared(candidate, case, device, Verdict.UNSUPPORTED, message)
    held_against = reference(case, device)
    try:
        if case.random and not (candidate.draws_as_nn and device == "cpu"):
            raise Unsupported("dropout masks can be compared only where they are drawn as nn does")
        if candidate.mode and not candidate.mode.takes(case):
            raise Unsupported(f"{candidate.mode.name} means nothing on such a case")
        result = somewhere(candidate, _run, case, device)
    except Unsupported as error:
        raised, message = Verdict.UNSUPPORTED, str(error)
    except (Malformed, Died) as error:
        raised, message = Verdict.ERROR, str(error)
    except (Exception, SystemExit) as error:  # whatever a candidate does is its own verdict
        raised = Verdict.ERROR
        message = f"raised {in_one_line(error)}"
    else:
        return _compare(candidate, case, device, result, held_against)
    return _not_compared(candidate, case, device, raised, message)


def _not_compared(
    candidate: Candidate, case: Case, device: str, verdict: Verdict, message: str
) -> Comparison:
    return Comparison(
        case, candidate.name, device, _mode(candidate), raised=verdict, message=message
    )


def _mode(candidate: Candidate) -> str:
    """The mode it is run in, unless that is what the candidate itself is."""
    mode = candidate.mode.name if candidate.mode else ""
    return "" if mode == candidate.name else mode


def _run(candidate: Candidate, case: Case, device: str) -> Result:
    return run_candidate(candidate, case, device=device)


def _compare(
    candidate: Candidate, case: Case, device: str, result: Result, held_against: Reference
) -> Comparison:
    mode = candidate.mode
    expected = mode is not None and not result.declined
    lost = [
        name
        for name in result.missing
        if expected and not mode.loses(name.removeprefix("grad "))  # type: ignore[union-attr]
    ]
    tensors = compare_result(result, held_against) | {
        name: TensorComparison(Verdict.DIFFERS, f"lost in this mode: {result.missing[name]}")
        for name in lost
    }
    differs = any(tensor.verdict.fails for tensor in tensors.values())
    return Comparison(
        case,
        candidate.name,
        device,
        _mode(candidate),
        tensors=tensors,
        where=locate(case, tensors) if differs else None,
        diagnosis=diagnose(case, result, held_against.allowed, device) if differs else None,
    )


def compare_result(result: Result, held_against: Reference) -> dict[str, TensorComparison]:
    """Every tensor of a result against a reference."""
    compared = {}
    for name, loop in held_against.loop.tensors.items():
        if name in result.tensors:
            exact, allowed = held_against.exact[name], held_against.allowed[name]
            compared[name] = compare_tensor(result.tensors[name], loop, exact, allowed)
        else:
            reason = result.missing.get(name, "the candidate has no such parameter")
            verdict = Verdict.ERROR if result.broken else Verdict.UNSUPPORTED
            compared[name] = TensorComparison(verdict, result.broken or reason)
    return compared


def diagnose(case: Case, result: Result, allowed: dict[str, Floats], device: str) -> str | None:
    """The classic mistakes whose results the candidate's are, within rounding; None if none."""
    if case.values in ("NaN", "infinities") or case.random or not case.batch_size:
        return None  # where everything is NaN, or nothing is there, all mistakes are alike
    alike = []

    def same(wrong: dict[str, Floats]) -> bool:
        return all(
            compare_tensor(
                result.tensors[name],
                tensor,
                tensor,
                # A mistake may have a shape of its own.
                allowed[name] if allowed[name].shape == tensor.shape else np.zeros(tensor.shape),
            ).verdict
            != Verdict.DIFFERS
            for name, tensor in wrong.items()
            if name in result.tensors
        )

    for mistake in MISTAKES.values():
        if not mistake.shows(case):
            continue
        candidate = Candidate(mistake.name, mistake)
        # Most mistakes are ruled out by their values; gradients take several times as long.
        if same(run_candidate(candidate, case, device=device, gradients=False).tensors) and same(
            run_candidate(candidate, case, device=device).tensors
        ):
            alike.append(f'"{mistake.sentence}"')
    return f"behaves exactly like the mistake {' or '.join(alike)}" if alike else None


def check_bits(case: Case) -> Comparison:
    """torch.nn against the torch loops on the CPU's own kernels: every bit, or it differs.

    oneDNN, which computes float32 LSTMs by default in an order of its own, is off for both.
    """
    loop = without_onednn(LOOPS, case)
    try:
        result = somewhere(NN, without_onednn, case)
    except Died as error:
        message = str(error)
        return Comparison(case, NN.name, mode=BITS, raised=Verdict.ERROR, message=message)
    nothing: dict[str, Floats] = {n: np.zeros(t.shape) for n, t in loop.tensors.items()}
    tensors = compare_result(result, Reference(loop, loop.tensors, nothing))
    for name, tensor in tensors.items():
        if tensor.verdict == Verdict.WITHIN:
            tensors[name] = TensorComparison(Verdict.DIFFERS, "the sign of a zero")
    where = locate(case, tensors)
    return Comparison(case, NN.name, mode=BITS, tensors=tensors, where=where)


def without_onednn(candidate: Candidate, case: Case) -> Result:
    """Runs a candidate on the kernels of torch's own."""
    with torch.backends.mkldnn.flags(enabled=False):
        return run_candidate(candidate, case)
