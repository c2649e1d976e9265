"""What changed between two recordings, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# From best to worst; only the last fails.
IDENTICAL, DRIFT, CHANGED, DIFFERS = "identical", "drift", "changed", "differs"
ORDER = (IDENTICAL, DRIFT, CHANGED, DIFFERS)
# Whether two runs have the same formula. Where either's is not known, neither is said.
SAME, ANOTHER, UNKNOWN = "same", "another", ""


@dataclass(frozen=True)
class TensorDrift:
    """One tensor before and after.

    verdict: `identical` (every bit), `drift` (as far apart as two correct results may be),
    `differs` (further, or it went wrong), or `changed` (it is there in one of the two only).
    error: how far apart it is where that is most of what is allowed. ulp: the same distance in
    units in the last place. said: what else changed, in words that follow its name.
    """

    verdict: str
    ulp: int = 0
    error: float = 0.0
    said: str = ""


@dataclass(frozen=True)
class RunDrift:
    """A case in a mode, before and after.

    said: what changed about the run as a whole. formula: whether it is the same or another one,
    whatever became of the bits. formulas: the verdicts on it, then and now; "" if there is none.
    """

    case: str
    mode: str
    kind: str
    features: list[str]
    said: str = ""
    tensors: dict[str, TensorDrift] | None = None
    formula: str = UNKNOWN
    formulas: tuple[str, str] = ("", "")

    @property
    def verdict(self) -> str:
        found = [tensor.verdict for tensor in (self.tensors or {}).values()]
        return max([*found, CHANGED if self.said else IDENTICAL], key=ORDER.index)

    @property
    def fails(self) -> bool:
        return self.verdict == DIFFERS

    @property
    def without_numbers(self) -> bool:
        """Whether neither gave a result, and both said the same of it: there is nothing to hold."""
        return self.tensors is None and not self.said

    @property
    def ulp(self) -> int:
        """The largest of its tensors' drifts."""
        return max((tensor.ulp for tensor in (self.tensors or {}).values()), default=0)


@dataclass(frozen=True)
class Drift:
    """What changed from one recording to the next. only_before, only_after: runs without a twin."""

    before: dict[str, Any]
    after: dict[str, Any]
    runs: list[RunDrift]
    only_before: list[tuple[str, str]]
    only_after: list[tuple[str, str]]

    @property
    def verdict(self) -> str:
        return max((run.verdict for run in self.runs), key=ORDER.index, default=IDENTICAL)

    def changes(self) -> list[RunDrift]:
        """The runs of another formula, and then those of other bits, worst first."""
        changed = [run for run in self.runs if run.verdict != IDENTICAL or run.formula == ANOTHER]
        return sorted(
            changed,
            key=lambda run: (run.formula != ANOTHER, -ORDER.index(run.verdict), run.mode, run.case),
        )
