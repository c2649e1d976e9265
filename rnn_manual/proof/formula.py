"""Whether a candidate computes the loops' formulas, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

PROVED, OTHER, OPEN = "proved", "other", "open"


@dataclass(frozen=True)
class Place:
    """Where a candidate's formulas begin to be others.

    Args:
        step: of the input, from 0; None where it is no single one. quantity: as `quantities` names.
        line: of the candidate's own code, as `mine.py:54  c2 = …`; "" if it is not known.
    """

    layer: int | None
    direction: str | None
    step: int | None
    quantity: str
    line: str = ""


@dataclass(frozen=True)
class Formula:
    """What is known of a candidate's formulas on a case.

    Args:
        verdict: "proved", "other" or "open": the worst of its results'.
        reason: why it is open, or what a proof depends on; "" if there is nothing to say.
        tensors: each result's verdict, by name.
        fingerprint: of all results' formulas, the same wherever these are; "" if one is open.
        chance: that a formula is taken for the loops' and is not.
        where, instead: of another formula, where it begins and what it is, where that is known.
    """

    verdict: str
    reason: str = ""
    tensors: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    chance: float = 0.0
    where: Place | None = None
    instead: str = ""
