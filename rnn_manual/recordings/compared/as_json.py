"""Recordings compared, as JSON: every change of every run, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnn_manual.recordings.compared.columns import Column, also_different
from rnn_manual.recordings.compared.drift import RunDrift


def as_json(columns: Sequence[Column]) -> dict[str, Any]:
    """Every change of every run, for programs."""
    return {
        "recordings": [
            {"name": c.name, "skipped": c.skipped}
            if c.recording is None
            else {"name": c.name, "about": c.recording.about}
            for c in columns
        ],
        "changes": [
            {
                "to": column.name,
                "verdict": column.drift.verdict,
                "also_different": also_different(column.drift),
                "only_before": column.drift.only_before,
                "only_after": column.drift.only_after,
                "runs": [_run_json(run) for run in column.drift.runs],
            }
            for column in columns
            if column.drift
        ],
    }


def _run_json(run: RunDrift) -> dict[str, Any]:
    found: dict[str, Any] = {"case": run.case, "mode": run.mode, "verdict": run.verdict}
    if run.said:
        found["said"] = run.said
    before, after = (verdict or None for verdict in run.formulas)
    found["formula"] = {"change": run.formula or None, "before": before, "after": after}
    found["tensors"] = {
        name: {"verdict": t.verdict, "ulp": t.ulp, "error": t.error if t.error < 1e308 else None}
        | ({"said": t.said} if t.said else {})
        for name, t in (run.tensors or {}).items()
    }
    return found
