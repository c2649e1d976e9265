"""The results of a run as data: the JSON report."""

from __future__ import annotations

import json
from typing import Any

from rnn_manual.cli.verify.following import Followed
from rnn_manual.cli.verify.summary import totals
from rnn_manual.judge.report.stable_text import stable


def as_report(
    candidate: str, level: str, environment: dict[str, Any], modes: list[str], found: Followed
) -> dict[str, Any]:
    """The JSON report: the same for the same run, however many workers it had.

    Args:
        modes: the names of all modes, in the order of the table.
    """

    def place(case: dict[str, Any]) -> tuple[int, str, str]:
        mode = case["mode"]
        return (modes.index(mode) if mode in modes else -1), mode, case["id"]

    return {
        "environment": environment,
        "candidate": candidate,
        "level": level,
        "totals": totals(found.cases),
        "claims": dict(sorted(found.claims.items())),
        "failures": [
            {"test": failure.test, "said": failure.in_full()}
            for failure in sorted(found.failures, key=lambda failure: failure.test)
        ],
        "cases": sorted(found.cases, key=place),
    }


def dumps(report: dict[str, Any]) -> str:
    """The JSON report as text."""
    return json.dumps(_stable(report), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _stable(found: Any) -> Any:
    """The same, every text in it `stable`: before it is written, for that brings backslashes in."""
    if isinstance(found, str):
        return stable(found)
    if isinstance(found, list):
        return [_stable(each) for each in found]
    if isinstance(found, dict):
        return {name: _stable(each) for name, each in found.items()}
    return found
