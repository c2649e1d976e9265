"""The findings on a case in words, as a person would want to read them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.case import Case
from rnn_manual.config import DIRECTIONS
from rnn_manual.judge.findings import BITS, Findings
from rnn_manual.judge.missing import Missing
from rnn_manual.judge.report.again import again
from rnn_manual.judge.report.environment import environment, in_words
from rnn_manual.judge.verdict import Verdict, worst
from rnn_manual.judge.where import Where
from rnn_manual.proof.formula import OPEN, OTHER
from rnn_manual.proof.formula import in_words as in_words_of

Facts = list[tuple[str, str]]


def report(findings: Findings) -> str:
    """Everything known about a case, a line each."""
    verdict = findings.verdict
    how = f" ({findings.mode})" if findings.mode else ""
    if findings.raised:
        declined = "declines: " if verdict == Verdict.UNSUPPORTED else ""
        head, facts = f"{declined}{findings.message}", [("at", findings.line)]
    elif verdict.fails:
        bad = [name for name, tensor in findings.tensors.items() if tensor.verdict.fails]
        head = f"disagrees with the loops on {_listed(bad)}"
        if not bad:
            head = "computes another formula than the loops, with other results"
        # A tensor of the wrong shape explains all that follows from it.
        facts = _reasons(findings) or _located(findings)
    else:
        head, facts = "agrees with the loops", _agreement(findings)
    facts = _formula(findings) + facts
    if findings.tensors:
        facts += [("but", line) for line in gradients_not_compared(findings)]
    facts += [
        ("diagnosis", findings.diagnosis or ""),
        ("printed", _indented(findings.printed)),
        ("mode", MODES[findings.mode].sentence if verdict.fails and findings.mode else ""),
        ("case", str(findings.case)),
        ("built on", in_words(environment(findings.device))),
        ("again", again(findings) if verdict.fails else ""),
    ]
    lines = [f"{name:<9} {text}" for name, text in facts if text]
    return "\n".join([f"candidate {findings.candidate}{how} {head}", *lines])


def gradients_not_compared(findings: Findings) -> list[str]:
    """Which gradients there was nothing to compare of, and why."""
    return Missing(
        (name, tensor.reason if tensor.verdict == Verdict.UNSUPPORTED else "")
        for name, tensor in findings.tensors.items()
        if name.startswith("grad")
    ).in_words()


def _formula(findings: Findings) -> Facts:
    """What is known of its formulas: of one that fails, what is another, or that none is."""
    formula = findings.formula
    if formula is None or (findings.verdict.fails and formula.verdict == OPEN):
        return []
    said = [(line[:9].strip(), line[10:]) for line in in_words_of(formula)]
    if formula.verdict == OTHER:
        return said
    return [("formula", "; ".join([formula.verdict, *(text for _, text in said)]))]


def _agreement(findings: Findings) -> Facts:
    found = []
    for title, names in (("forward", ("out",)), ("states", ("h_n", "c_n")), ("gradients", ())):
        tensors = [
            tensor
            for name, tensor in findings.tensors.items()
            if (name in names if names else name.startswith("grad"))
            and tensor.verdict != Verdict.UNSUPPORTED
        ]
        if tensors:
            verdict = worst(tensor.verdict for tensor in tensors)
            far = max(float(tensor.ratios.max(initial=0)) for tensor in tensors)
            near = f", at most {far:.2g} of what rounding explains" * (verdict == Verdict.WITHIN)
            found.append((title, f"{verdict.value}{near}"))
    return found


def _located(findings: Findings) -> Facts:
    where = findings.where
    if where is None:
        return []
    tensor = findings.tensors[where.tensor]
    index = where.index
    actual, loop = float(tensor.actual[index]), float(tensor.loop[index])
    error, allowed = float(tensor.errors[index]), float(tensor.limit[index])
    bits = findings.mode == BITS
    size = f"{error:.2g} = {_times(error, allowed)} what rounding explains ({allowed:.2g})"
    unit = f"{error:.2g}, where every bit must be the same"
    gradient = where.tensor.startswith("grad")
    oracle = f"NumPy loop in {tensor.oracle.dtype}{', gradients by hand' * gradient}"
    digits = 9 if tensor.loop.dtype.itemsize <= 4 else 17
    bad = tensor.ratios > 1
    extent = f"{int(bad.sum())} of {bad.size} elements of {where.tensor}"
    place = f"{_place(findings.case, where)} → {where.tensor}[{', '.join(map(str, index))}]"
    return [
        ("where", place),
        ("expected", f"{loop:<{digits + 5}.{digits}g} torch loop"),
        ("actual", f"{actual:<{digits + 5}.{digits}g} {findings.candidate}"),
        (
            "oracle",
            "" if bits else f"{float(tensor.oracle[index]):<{digits + 5}.{digits}g} {oracle}",
        ),
        ("error", unit if bits else size),
        ("extent", "; ".join([extent, *_agreeing(findings)])),
    ]


def _times(error: float, allowed: float) -> str:
    return f"{error / allowed:.2g} ×" if allowed and math.isfinite(error) else "beyond"


def _place(case: Case, where: Where) -> str:
    place, index, words = where.place, list(where.index), []
    leaf, gates = where.tensor.rpartition(" ")[2], case.config.gates
    if place.layer is not None:
        words.append(f"layer {place.layer}")
    if place.direction is not None:
        words.append(DIRECTIONS[place.direction])
    if place.step is not None:
        first = (case.seq_len - 1) * (place.direction or 0)
        is_first = leaf == "out" and place.step == first and case.seq_len > 1
        note = " (the first it processes)" if is_first else ""
        words.append(f"step {place.step} of 0..{case.seq_len - 1}{note}")
    if place.gate is not None and len(gates) > 1:
        H, k = case.config.hidden_size, gates.index(place.gate)
        words.append(f"gate {place.gate} (rows {k * H}..{(k + 1) * H - 1})")
    if leaf in ("out", "input") or leaf[1:] in ("_n", "_0"):
        if case.layout == "batched":
            axis = case.batch_axis if leaf in ("out", "input") else 1
            words.append(f"batch {index[axis or 0]}")
        column = index[-1]
        if leaf == "out":
            column %= case.config.output_size
        words.append(f"{'feature' if leaf == 'input' else 'unit'} {column}")
    return ", ".join(words)


def _agreeing(findings: Findings) -> list[str]:
    good = [
        name
        for name, tensor in findings.tensors.items()
        if tensor.verdict in (Verdict.IDENTICAL, Verdict.WITHIN)
    ]
    values = [name for name in good if not name.startswith("grad")]
    gradients = len(good) - len(values)
    found = [f"{_listed(values)} agree{'s' * (len(values) == 1)}"] if values else []
    return found + ([f"{gradients} gradients agree"] if gradients else [])


def _reasons(findings: Findings) -> Facts:
    found: dict[str, list[str]] = {}  # one backward that broke is one line, not one a tensor
    for name, tensor in findings.tensors.items():
        if tensor.verdict.fails and tensor.reason:
            found.setdefault(tensor.reason, []).append(name)
    facts = [("where", f"{_listed(names)}: {reason}") for reason, names in found.items()]
    return [*facts, ("at", findings.line)] if facts else []


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _indented(text: str) -> str:
    """Several lines below one another, beside what stands before the first."""
    return "\n          ".join(text.strip().splitlines())
