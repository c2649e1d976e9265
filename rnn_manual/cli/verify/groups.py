"""Failures that say the same, together: the plainest of them stands for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnn_manual.cases.features import CHAOTIC, FEATURES
from rnn_manual.cli.verify.failure import Failure

ORDER = [*FEATURES, CHAOTIC]


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


NOT_RUN = "not run: "
ENDED = (NOT_RUN, "did not answer", "ended its process")


def grouped(failures: Sequence[Failure]) -> list[Group]:
    """The groups: wrong numbers first, then what was raised, laws that fail, what was not run."""
    shown_without = {_cause(failure) for failure in failures if not _mode(failure)} - {""}
    by_kind: dict[tuple[int, str, str], list[Failure]] = {}
    for failure in failures:
        rank, said = _kind(failure)
        # A mode has a group of its own unless the same cause shows without it.
        is_shared = raised(failure) or _cause(failure) in shown_without
        own_mode = "" if is_shared else _mode(failure)
        by_kind.setdefault((rank, re.sub(r"\d+", "0", said), own_mode), []).append(failure)
    ranked = sorted(by_kind.items(), key=lambda item: (item[0][0], -len(item[1])))
    groups = [sorted(those, key=_plainness) for _, those in ranked]
    return [Group(f"{_kind(those[0])[1]}{_in_modes(those)}", those) for those in groups]


def raised(failure: Failure) -> str:
    """What was raised, if that is why it failed: the same words whichever test met it."""
    case = failure.case
    if case is None:
        first = failure.said.strip().partition("\n")[0]
        numbers = first.startswith(("Failed", "AssertionError", "assert"))
        named = re.match(r"[\w.]*(Error|Exception|Exit|Unsupported)\b", first)
        return first if first.startswith(OURS) or (named and not numbers) else ""
    reasons = [t["reason"] for t in case["tensors"].values() if t.get("reason")]
    if case["message"] or case["verdict"] == "error":
        said: str = case["message"] or (reasons[0] if reasons else "an error")
        return said.removeprefix("raised ")
    return ""


OURS = (*ENDED, "does not load the state_dict", "returned ", "state is ", "changed ", "left torch")


def _kind(failure: Failure) -> tuple[int, str]:
    case = failure.case
    if said := raised(failure):
        return (3 if said.startswith(NOT_RUN) else 1), _without_names(said)
    if case is None:
        return 2, f"{failure.test.partition('[')[0]} fails"
    return 0, case["diagnosis"] or f"{case['kind']} disagrees with the loops"


def _mode(failure: Failure) -> str:
    return failure.case["mode"] if failure.case else ""


def _cause(failure: Failure) -> str:
    """The mistake that it behaves like, or the quantity that is another and its line; or ""."""
    case = failure.case or {}
    where = (case.get("formula") or {}).get("where") or {}
    at = f"{where['quantity']} at {where['line']}" if where.get("line") else ""
    return case.get("diagnosis") or at


def _in_modes(failures: Sequence[Failure]) -> str:
    """` (in rows)`, or ` (also in rows)` where it fails outside of modes, too."""
    modes = {_mode(failure) for failure in failures}
    if modes == {""}:
        return ""
    named = sorted(modes - {""})
    also = "also " if "" in modes else ""
    return f" ({also}in {', '.join(named[:4])}{', …' * (len(named) > 4)})"


def _without_names(message: str) -> str:
    """Words that are the same where only the names of parameters are others."""
    message, found, _ = message.partition("Missing key(s) in state_dict: ")
    return message + found.removesuffix(": ")


def _plainness(failure: Failure) -> tuple[Any, ...]:
    case = failure.case
    if case is None:
        return True, len(failure.test), failure.test
    features = [ORDER.index(name) for name in case["features"]]
    apart = bool(case["mode"]) or CHAOTIC in case["features"]
    return False, apart, len(features), features, len(failure.test), failure.test
