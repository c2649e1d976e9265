"""The findings on a case as an entry of the JSON report."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.cases.features import features_of
from rnn_manual.config import DIRECTIONS
from rnn_manual.judge.findings import Findings
from rnn_manual.judge.report.heat import heat
from rnn_manual.judge.report.text import report
from rnn_manual.judge.tensor import TensorComparison
from rnn_manual.judge.where import Where
from rnn_manual.proof.formula import Formula


def case_json(findings: Findings) -> dict[str, Any]:
    """One entry of the JSON report's "cases"."""
    case, where = findings.case, findings.where
    return {
        "id": case.id,
        "kind": case.kind,
        "mode": findings.mode,
        "features": features_of(case),
        "sizes": sizes_json(case),
        "tensors": {name: _tensor_json(t) for name, t in findings.tensors.items()},
        "verdict": findings.verdict.value,
        "where": None if where is None else _where_json(where),
        "diagnosis": findings.diagnosis,
        "formula": None if findings.formula is None else formula_json(findings.formula),
        "message": findings.message or None,
        "line": findings.line or None,
        "printed": findings.printed or None,
        "report": report(findings) if findings.verdict.fails else None,
        "heat": heat(case, findings.tensors) if findings.verdict.fails else None,
    }


def sizes_json(case: Case) -> dict[str, int]:
    """An entry's "sizes"."""
    config = case.config
    found = {"T": case.seq_len, "B": case.batch_size, "I": config.input_size}
    return found | {"H": config.hidden_size, "num_layers": config.num_layers}


def _where_json(where: Where) -> dict[str, Any]:
    direction = where.place.direction
    named = None if direction is None else DIRECTIONS[direction]
    return where.place._asdict() | {"direction": named, "tensor": where.tensor}


def formula_json(formula: Formula) -> dict[str, Any]:
    """What is known of a formula, as an entry's "formula"."""
    return {
        "verdict": formula.verdict,
        "reason": formula.reason or None,
        "part": formula.part or None,
        "conditions": list(formula.conditions),
        "notes": list(formula.notes),
        "fingerprint": formula.fingerprint or None,
        "tensors": formula.tensors,
        "chance": formula.chance,
        "differs": list(formula.differs),
        "held": formula.held,
        "steady": formula.steady,
        "violation": formula.violation or None,
        "line": formula.line or None,
        "where": None if formula.where is None else asdict(formula.where),
        "instead": formula.instead or None,
    }


def _tensor_json(tensor: TensorComparison) -> dict[str, Any]:
    found = {
        "verdict": tensor.verdict.value,
        "error": _finite(tensor.error),
        "allowed": _finite(tensor.allowed),
    }
    return found | ({"reason": tensor.reason} if tensor.reason else {})


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None  # JSON has no NaN and no infinity
