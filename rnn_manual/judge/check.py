"""A candidate and a case → a comparison."""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from typing import Any

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.catalogue import as_candidate, run, unsupported
from rnn_manual.candidates.errors import ProcessEnded, Unsupported, Unusable
from rnn_manual.candidates.harness.result import NOT_ITS_OWN, Result
from rnn_manual.candidates.process.own_line import what_it_did
from rnn_manual.candidates.process.process import Answer
from rnn_manual.cases.case import Case, checked_case
from rnn_manual.judge.comparison import Comparison
from rnn_manual.judge.diagnosis import diagnose
from rnn_manual.judge.drawn import is_searched
from rnn_manual.judge.prove import formula_beside_numbers
from rnn_manual.judge.reference.tolerance import Reference, reference
from rnn_manual.judge.tensor import TensorComparison, compare_tensor
from rnn_manual.judge.verdict import Verdict
from rnn_manual.judge.where import locate
from rnn_manual.proof.compare import DRAWN_OTHERWISE


def check(
    candidate: Any, case: Case, *, device: str = "cpu", mode: str = "", formulas: bool = True
) -> Comparison:
    """Runs a candidate on a case and compares all it gives with the loops and the oracle.

    Args:
        candidate: a class, a build function, the name of one or of a mode, or a Candidate.
        mode: the name of a mode to run it in; the candidate's own if left out.
        formulas: whether to compare its formulas, too, and to say where these begin to be others.

    Returns: a comparison, whatever the candidate does; `.assert_ok()` raises if it failed. While
        Hypothesis searches for a case that fails, a failure is not explained.

    Raises: Unusable: the candidate is none, or its name leads to none. TypeError: the case is none.
        RuntimeError: the loops themselves have no gradients here, so there is nothing to compare.
    """
    candidate = as_candidate(candidate)
    case = checked_case(case)
    mode = mode or candidate.mode
    found, result = compare_numbers(candidate, case, device, mode)
    if result is None:
        return found
    explained = not is_searched()
    if formulas:
        formula = formula_beside_numbers(candidate, case, device, mode, explained)
        found = replace(found, formula=formula)
    if explained and any(tensor.verdict.fails for tensor in found.tensors.values()):
        diagnosis = diagnose(case, result, reference(case, device), device)
        found = replace(found, where=locate(case, found.tensors), diagnosis=diagnosis)
    return found


def compare_numbers(
    candidate: Candidate, case: Case, device: str = "cpu", mode: str = ""
) -> tuple[Comparison, Result | None]:
    """A comparison that explains nothing: the numbers, or why there are none.

    Returns: the comparison, and what the candidate gave if it gave anything.
    """
    about: dict[str, Any] = {
        "case": case,
        "candidate": candidate.name,
        "device": device,
        "mode": "" if mode == candidate.name else mode,
        "command": command_for(candidate),
    }
    try:
        message = unsupported(candidate, case, device, mode)
    except ProcessEnded as ended:  # as soon as its module is imported
        return Comparison(**about, **_raised(Answer(error=ended))), None
    if message:
        return Comparison(**about, raised=Verdict.UNSUPPORTED, message=message), None
    held_against = reference(case, device)
    answer = run(candidate, case, device, mode)
    if answer.error is not None:
        return Comparison(**about, **_raised(answer)), None
    result: Result = answer.value
    tensors = compare_result(result, held_against)
    if case.random and any(tensor.verdict.fails for tensor in tensors.values()):
        # A class that inherits from nn's may draw nn's masks, or others, which are as good.
        formula = formula_beside_numbers(candidate, case, device, mode, explained=False)
        if formula.reason == DRAWN_OTHERWISE:
            message = "dropout: it draws other masks than nn; claims N1 to N3 judge its own"
            return Comparison(**about, raised=Verdict.UNSUPPORTED, message=message), None
    for name in result.lost:
        why = f"lost {'in this mode' if mode else 'when called so'}: {result.missing[name]}"
        tensors[name] = TensorComparison(Verdict.DIFFERS, why)
    found = Comparison(**about, tensors=tensors, line=result.line, printed=answer.printed)
    return found, result


def _raised(answer: Answer) -> dict[str, Any]:
    """What there is to say of a run that gave no result."""
    error = answer.error
    assert error is not None
    if isinstance(error, Unusable):
        raise error
    verdict, (message, line) = Verdict.ERROR, what_it_did(error)
    if isinstance(error, Unsupported):  # what a layer declines has no line to tell
        verdict, message, line = Verdict.UNSUPPORTED, str(error), ""
    return {"raised": verdict, "message": message, "line": line, "printed": answer.printed}


def compare_result(result: Result, held_against: Reference) -> dict[str, TensorComparison]:
    """Every tensor of a result against a reference."""
    compared = {}
    for name, loop in held_against.loop.tensors.items():
        if name in result.tensors:
            exact, allowed = held_against.exact[name], held_against.allowed[name]
            compared[name] = compare_tensor(result.tensors[name], loop, exact, allowed)
            continue
        leaf = name.rpartition(" ")[2]
        reason = result.missing.get(f"grad {leaf}") or result.missing.get(name, NOT_ITS_OWN)
        verdict = Verdict.ERROR if result.broken else Verdict.UNSUPPORTED
        compared[name] = TensorComparison(verdict, result.broken or reason)
    return compared


def command_for(candidate: Candidate) -> str:
    """What a command line, in the folder that this process runs in, names a candidate by.

    Returns: "" if none can: a lambda, a local function, something without a file.
    """
    subject = candidate.subject
    if isinstance(subject, str):
        return candidate.name
    name = getattr(subject, "__qualname__", "<")
    try:
        file = inspect.getsourcefile(subject)
    except TypeError:
        file = None
    return f"{os.path.relpath(file)}:{name}" if file and "<" not in name else ""
