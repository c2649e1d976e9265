"""A comparison in words, and as JSON."""

from __future__ import annotations

import json
import math
import shlex
from dataclasses import replace
from typing import Any

from rnn_manual.config import DIRECTIONS
from rnn_manual.parity.cases import Case
from rnn_manual.parity.compare import BITS, Comparison, TensorComparison, Where
from rnn_manual.parity.drift import RunDrift
from rnn_manual.parity.environment import environment, in_words
from rnn_manual.parity.levels import full
from rnn_manual.parity.notes import NOTES


def failure_block(comparison: Comparison) -> str:
    """Everything known about a failed case, a line each, as a person would want to read it."""
    case, where = comparison.case, comparison.where
    bad = [name for name, tensor in comparison.tensors.items() if tensor.verdict.fails]
    if comparison.raised:
        head, facts = comparison.message, []
    else:
        head = f"disagrees with the loops on {_listed(bad)}"
        # A tensor of the wrong shape explains all that follows from it.
        facts = _reasons(comparison) or (_located(comparison, where) if where else [])
    facts += [
        ("diagnosis", comparison.diagnosis or ""),
        ("case", str(case)),
        ("built on", in_words(environment(comparison.device))),
        ("again", again(comparison)),
    ]
    how = f" ({comparison.mode})" if comparison.mode else ""
    lines = [f"candidate {comparison.candidate}{how} {head}"]
    return "\n".join(lines + [f"{name:<9} {text}" for name, text in facts if text])


def again(comparison: Comparison) -> str:
    """The command that runs this case again."""
    case, words = comparison.case, ["rnn-manual verify"]
    if "<" in comparison.candidate:  # a lambda or a local function, which no command line can name
        return f"rnn_manual.parity.check(candidate, case)  # case.id == {case.id!r}"
    if comparison.candidate != "torch.nn":
        words.append(f"--candidate {shlex.quote(comparison.candidate)}")
    words += [f"--device {comparison.device}"] * (comparison.device != "cpu")
    words += [f"--seed {case.seed}"] * (case.seed != 0)
    mode = "" if comparison.mode in ("", BITS) else f"{comparison.mode}-"
    if not mode and replace(case, seed=0) not in (*NOTES, *full()):  # one that was drawn
        return f"rnn_manual.parity.check({comparison.candidate!r}, {case!r})"
    return " ".join([*words, f'--level full -k "[{mode}{case.id}]"'])


def _located(comparison: Comparison, where: Where) -> list[tuple[str, str]]:
    tensor = comparison.tensors[where.tensor]
    index = where.index
    actual, loop = float(tensor.actual[index]), float(tensor.loop[index])
    error, allowed = float(tensor.errors[index]), float(tensor.limit[index])
    bits = comparison.mode == BITS
    size = f"{error:.2g} = {_times(error, allowed)} what rounding explains ({allowed:.2g})"
    unit = f"{error:.2g}, where every bit must be the same"
    gradient = where.tensor.startswith("grad ")
    oracle = f"NumPy loop in {tensor.oracle.dtype}{', gradients by hand' * gradient}"
    digits = 9 if tensor.loop.dtype.itemsize <= 4 else 17
    bad = tensor.ratios > 1
    extent = f"{int(bad.sum())} of {bad.size} elements of {where.tensor}"
    return [
        (
            "where",
            f"{_place(comparison.case, where)} → {where.tensor}[{', '.join(map(str, index))}]",
        ),
        ("expected", f"{loop:<{digits + 5}.{digits}g} torch loop"),
        ("actual", f"{actual:<{digits + 5}.{digits}g} {comparison.candidate}"),
        (
            "oracle",
            "" if bits else f"{float(tensor.oracle[index]):<{digits + 5}.{digits}g} {oracle}",
        ),
        ("error", unit if bits else size),
        ("extent", "; ".join([extent, *_agreeing(comparison)])),
    ]


def _times(error: float, allowed: float) -> str:
    return f"{error / allowed:.2g} ×" if allowed and math.isfinite(error) else "beyond"


def _place(case: Case, where: Where) -> str:
    place, index, words = where.place, list(where.index), []
    leaf, gates = where.tensor.removeprefix("grad "), case.config.gates
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
            words.append(f"batch {index[0 if leaf == 'out' and case.config.batch_first else 1]}")
        column = index[-1]
        if leaf == "out":
            column %= case.config.output_size
        words.append(f"{'feature' if leaf == 'input' else 'unit'} {column}")
    return ", ".join(words)


def _agreeing(comparison: Comparison) -> list[str]:
    good = [name for name, tensor in comparison.tensors.items() if not tensor.verdict.fails]
    values = [name for name in good if not name.startswith("grad ")]
    gradients = len(good) - len(values)
    found = [f"{_listed(values)} agree{'s' * (len(values) == 1)}"] if values else []
    return found + ([f"{gradients} gradients agree"] if gradients else [])


def _reasons(comparison: Comparison) -> list[tuple[str, str]]:
    found: dict[str, list[str]] = {}  # one way back that broke is one line, not one a tensor
    for name, tensor in comparison.tensors.items():
        if tensor.verdict.fails and tensor.reason:
            found.setdefault(tensor.reason, []).append(name)
    return [("where", f"{_listed(names)}: {reason}") for reason, names in found.items()]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def case_json(comparison: Comparison, drift: RunDrift | None = None) -> dict[str, Any]:
    """One entry of the JSON report's "cases". drift: since a recording, if held against one."""
    case, where = comparison.case, comparison.where
    return {
        "id": case.id,
        "kind": case.kind,
        "mode": comparison.mode,
        "features": case.features,
        "tensors": {name: _tensor_json(t) for name, t in comparison.tensors.items()},
        "verdict": comparison.verdict.value,
        "where": None if where is None else _where_json(where),
        "diagnosis": comparison.diagnosis,
        "message": comparison.message or None,
        "report": failure_block(comparison) if comparison.verdict.fails else None,
        **({"drift": {"verdict": drift.verdict, "ulp": drift.ulp}} if drift else {}),
    }


def _where_json(where: Where) -> dict[str, Any]:
    direction = where.place.direction
    named = None if direction is None else DIRECTIONS[direction]
    return where.place._asdict() | {"direction": named, "tensor": where.tensor}


def _tensor_json(tensor: TensorComparison) -> dict[str, Any]:
    found = {
        "verdict": tensor.verdict.value,
        "error": _finite(tensor.error),
        "allowed": _finite(tensor.allowed),
    }
    return found | ({"reason": tensor.reason} if tensor.reason else {})


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None  # JSON has no NaN and no infinity


def dumps(report: dict[str, Any]) -> str:
    """The JSON report as text."""
    return json.dumps(report, indent=1, allow_nan=False) + "\n"
