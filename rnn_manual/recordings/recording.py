"""What a suite's run gave, as data: cases, runs and their tensors. No torch needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from rnn_manual.judge.verdict import Verdict
from rnn_manual.usage import Refused

VERDICTS = tuple(verdict.value for verdict in Verdict)  # from best to worst
FAILED = tuple(verdict.value for verdict in Verdict if verdict.fails)
MASK = "mask "  # before its number, the name of what dropout multiplied a layer's output with
Array = NDArray[Any]


class Unreadable(Refused):
    """A folder that is no whole recording, or none that this can be compared with."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a run. values: as it was compared; None if there was nothing to compare."""

    verdict: str
    reason: str = ""
    values: Array | None = None


@dataclass(frozen=True)
class RunFormula:
    """What is known of a run's formulas: verdict, reason and fingerprint, as `Formula` has them."""

    verdict: str
    reason: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Run:
    """What a candidate gave on a case, run in a mode ("" for simply called).

    formula: None if it was not asked for, or there was no run to ask it of.
    """

    case: str
    mode: str
    verdict: str
    message: str = ""
    tensors: dict[str, Tensor] = field(default_factory=dict)
    formula: RunFormula | None = None


@dataclass(frozen=True)
class RecordedCase:
    """A case and its numbers.

    fields: what `Case` was built from. numbers: weights by PyTorch's names, `input`, `h_0`,
    `c_0`, and `d NAME` for the cotangents; of a packed input also its sizes and indices;
    and dropout's masks, which a generator draws whose stream torch may change.
    allowed: how far each tensor may be off; empty where nothing was ever compared.
    """

    fields: dict[str, Any]
    kind: str
    features: list[str]
    numbers: dict[str, Array]
    allowed: dict[str, Array]

    @property
    def dtype(self) -> str:
        return str(self.fields["dtype"])


@dataclass
class Recording:
    """All of it. about: environment, candidate, level, seed, date, and which cases are left out."""

    about: dict[str, Any]
    cases: dict[str, RecordedCase] = field(default_factory=dict)
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)  # by mode and case

    @property
    def environment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.about["environment"]
        return found

    def add(self, case: str, recorded: RecordedCase, run: Run) -> None:
        self.cases[case] = recorded
        self.runs[run.mode, run.case] = run


def merged(recordings: Iterable[Recording]) -> Recording:
    """Several parts of one run as a whole."""
    first, *others = recordings
    whole = Recording(first.about, dict(first.cases), dict(first.runs))
    for part in others:
        for name, case in part.cases.items():
            # A part in which a case never ran knows no limits of it.
            known = whole.cases[name].allowed if name in whole.cases else {}
            whole.cases[name] = replace(case, allowed=case.allowed or known)
        whole.runs |= part.runs
    return whole
