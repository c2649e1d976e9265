"""Whether a candidate computes the loops' formulas, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

PROVED, OTHER, OPEN = "proved", "other", "open"
UNNAMED = "another formula than expected"  # where no formula is found that stands there
UNSTEADY = "it computes another formula from run to run, on the same numbers"
NO_NUMBERS = "not all of it was computed in float64, so that it is not known to be equal"
SAME_NUMBERS = (
    "computed in float64, it gives the same numbers: an identity, an approximation, or a bound "
    "that is not reached"
)


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
        reason: why it is open; "" if it is not.
        tensors: each result's verdict, by name.
        fingerprint: of all results' formulas, the same wherever these are; "" if one is open.
        chance: that a formula is taken for the loops' and is not.
        part: the steps and sequences that were looked at, of a case too large for all; "" if all.
        conditions: what the verdict depends on in the layer's own code. notes: what it leaves out.
        differs: of another formula, the results that are others too, computed in float64.
        held: of another formula, whether every result that is another was computed in float64.
        steady: of another formula, whether it is the same in each run.
        detached: of another gradient, the lines at which it takes values out of autograd's graph.
        violation: what it did that no layer may, as raising an error or changing its input; "" if
            nothing. line: where it raised, in its own code.
        where, instead: of another formula, where it begins and what it is, where that is known.
    """

    verdict: str
    reason: str = ""
    tensors: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    chance: float = 0.0
    part: str = ""
    conditions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    held: bool = False
    steady: bool = True
    detached: tuple[str, ...] = ()
    violation: str = ""
    line: str = ""
    where: Place | None = None
    instead: str = ""

    @property
    def forward(self) -> dict[str, str]:
        """The verdicts on out, h_n and c_n, by name."""
        return {n: v for n, v in self.tensors.items() if not n.startswith("grad")}

    @property
    def said(self) -> str:
        """The reason, and what it depends on and leaves out, in a line."""
        part = f"on {self.part} of it" if self.part else ""
        return "; ".join(filter(None, [self.reason, part, *self.conditions, *self.notes]))

    @property
    def fails(self) -> bool:
        """Whether it is wrong: by what it did, or another formula that is not known to be equal."""
        is_known = self.held and self.steady
        return bool(self.violation or self.differs) or (self.verdict == OTHER and not is_known)


NAMED = 4  # of the results that are others


def in_words(formula: Formula) -> list[str]:
    """Everything known of a formula but its verdict, a line each."""
    at = formula.where.line if formula.where else formula.line
    instead = formula.instead or _where(formula)
    found = [
        ("it" if formula.violation else "formula", instead or formula.said),
        ("at", at),
        ("detaches", "" if at else "\n          ".join(formula.detached[:NAMED])),
        ("looked at", f"{formula.part} of it" if instead and formula.part else ""),
        ("but", _not_off(formula)),
    ]
    return [f"{name:<9} {text}" for name, text in found if text]


def _where(formula: Formula) -> str:
    place = formula.where
    if place is None:
        others = [name for name, verdict in formula.tensors.items() if verdict == OTHER]
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        named = ", ".join(others[:NAMED]) + more
        return f"{named}: another formula than the loops'" if others else ""
    words = [f"layer {place.layer}"] if place.layer is not None else []
    words += [place.direction] if place.direction else []
    words += [f"step {place.step}"] if place.step is not None else []
    of = f" of {', '.join(words)}" if words else ""
    return f"{place.quantity}{of} is another formula than the loops'"


def _not_off(formula: Formula) -> str:
    if formula.verdict == OTHER and not formula.steady:
        return UNSTEADY
    if formula.verdict != OTHER or formula.differs:
        return ""
    return SAME_NUMBERS if formula.held else NO_NUMBERS
