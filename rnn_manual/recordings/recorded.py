"""What the suite finds, as it is written down."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np

from rnn_manual.candidates.device import lacking
from rnn_manual.candidates.harness.dropout import dropout_masks
from rnn_manual.cases.case import Case
from rnn_manual.cases.draw import draw
from rnn_manual.cases.features import features_of
from rnn_manual.judge.findings import Findings
from rnn_manual.judge.reference.tolerance import reference
from rnn_manual.judge.report.stable_text import stable
from rnn_manual.layout import Packed
from rnn_manual.recordings.recording import MASK, RecordedCase, Run, RunFormula, Tensor


def recorded_case(findings: Findings) -> RecordedCase:
    """A case with its numbers, as it is written down."""
    case = findings.case
    # Where torch has no kernels for a format, nothing was compared, and no limit is known.
    allowed = reference(case, findings.device).allowed if findings.tensors else {}
    fields = dataclasses.asdict(case)
    return RecordedCase(fields, case.kind, features_of(case), recorded_numbers(case), allowed)


def recorded_numbers(case: Case) -> dict[str, Any]:
    """Everything that goes into a case, by name."""
    data, packed = draw(case), {}
    rows: Any = data.input
    if isinstance(data.input, Packed):
        rows, *indices = data.input
        names = Packed._fields[1:]
        pairs = zip(names, indices, strict=True)
        packed = {name: np.asarray(array, "i8") for name, array in pairs if array is not None}
    states = {f"{name}_0": s for name, s in zip(case.config.states, data.state or ())}  # noqa: B905
    outputs = ["out", *(f"{name}_n" for name in case.config.states)]
    cotangents = {f"d {name}": d for name, d in zip(outputs, data.cotangents, strict=True)}
    # Where torch has no kernels for a format, no mask can be drawn in it, and nothing is compared.
    drawn = [] if lacking(case.dtype, "cpu") else dropout_masks(case, draw(case), np.float64)
    masks = {f"{MASK}{k}": mask for k, mask in enumerate(drawn)}
    return {**data.parameters, "input": rows, **packed, **states, **cotangents, **masks}


def recorded_run(findings: Findings) -> Run:
    """What was found, as it is written down."""
    tensors = {
        name: Tensor(
            t.verdict.value,
            without_versions(t.reason),
            t.actual if t.actual.size or not t.reason else None,
        )
        for name, t in findings.tensors.items()
    }
    verdict, message = findings.verdict.value, without_versions(findings.message)
    known, formula = findings.formula, None
    if known is not None:
        formula = RunFormula(known.verdict, without_versions(known.said), known.fingerprint)
    return Run(findings.case.id, findings.mode, verdict, message, tensors, formula)


def without_versions(text: str) -> str:
    """A message without what changes from run to run or from one version of torch to the next."""
    return re.sub(r"\btorch \d[\w.+]*", "torch", stable(text))
