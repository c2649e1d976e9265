"""Failures that say the same, together: the plainest of them stands for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnn_manual.cli.verify.following import Failure


@dataclass(frozen=True)
class Group:
    """Failures of one cause, as far as their words tell.

    heading: what they have in common. failures: the plainest first.
    """

    heading: str
    failures: list[Failure]

    @property
    def plainest(self) -> Failure:
        return self.failures[0]


def grouped(failures: Sequence[Failure]) -> list[Group]:
    """The groups: wrong numbers first, then what was raised, then laws that do not hold."""
    by_heading: dict[tuple[int, str], list[Failure]] = {}
    for failure in failures:
        by_heading.setdefault(_kind(failure), []).append(failure)
    ranked = sorted(by_heading.items(), key=lambda item: (item[0][0], -len(item[1])))
    return [Group(heading, sorted(those, key=_plainness)) for (_, heading), those in ranked]


def _kind(failure: Failure) -> tuple[int, str]:
    case = failure.case
    if case is None:
        name = failure.test.partition("[")[0]
        first = failure.said.strip().partition("\n")[0]
        # What was raised is told once, whichever law's test met it.
        raised = re.match(r"[\w.]*(Error|Exception|Violation|ProcessEnded)\b", first)
        numbers = first.startswith(("Failed", "AssertionError", "assert"))
        return (1, _alike(first)) if raised and not numbers else (2, f"{name} fails")
    in_mode = f" ({case['mode']})" if case["mode"] else ""
    if case["message"]:
        return 1, f"{_alike(case['message'])}{in_mode}"
    if case["verdict"] == "error":
        reasons = [t["reason"] for t in case["tensors"].values() if t.get("reason")]
        return 1, f"{_alike(reasons[0]) if reasons else 'an error'}{in_mode}"
    if case["diagnosis"]:
        return 0, f"{case['diagnosis']}{in_mode}"
    return 0, f"{case['kind']} disagrees with the loops{in_mode}"


def _alike(message: str) -> str:
    """Words that are the same where only sizes are others."""
    return re.sub(r"\d+", "…", message)


def _plainness(failure: Failure) -> tuple[Any, ...]:
    case = failure.case
    features = len(case["features"]) if case else 0
    return case is None, features, len(failure.test), failure.test
