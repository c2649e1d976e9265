"""The verdicts, from best to worst."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Verdict(str, Enum):
    """What a comparison comes to; only the last two fail."""

    IDENTICAL = "identical"
    WITHIN = "within"
    UNSUPPORTED = "unsupported"
    DIFFERS = "differs"
    ERROR = "error"

    @property
    def fails(self) -> bool:
        return self in (Verdict.DIFFERS, Verdict.ERROR)

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a whole, given those on its parts. Of nothing: unsupported."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.UNSUPPORTED)
