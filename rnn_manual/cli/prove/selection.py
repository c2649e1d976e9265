"""The cases that are proved in seconds: few and small, and every feature of every kind twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rnn_manual.cases.case import Case
from rnn_manual.cases.features import features_of

TWICE = 2


def chosen(cases: Sequence[Case]) -> list[Case]:
    """Of these cases, the smallest that have among them what all of them have."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for case in sorted(cases, key=_size):
        features = [(case.kind, name) for name in features_of(case)]
        if case.batch_size and any(seen[feature] < TWICE for feature in features):
            found.append(case)
            seen.update(features)
    return sorted(found, key=lambda case: (case.kind, _size(case)))


def _size(case: Case) -> int:
    return sum(case.lengths) * case.config.hidden_size * case.config.num_rows
