"""The cases that are proved in seconds: few and plain, and every feature of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rnn_manual.cases.case import Case
from rnn_manual.cases.features import features_of

TIMES = 1


def chosen(cases: Sequence[Case]) -> list[Case]:
    """Of these cases, the plainest that have among them what all of them have."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for case in sorted(cases, key=_plainness):
        features = [(case.kind, name) for name in features_of(case)]
        if case.batch_size and any(seen[feature] < TIMES for feature in features):
            found.append(case)
            seen.update(features)
    return found


def _plainness(case: Case) -> tuple[int, int]:
    """How much is not usual, by the length of its name, and how large it is."""
    return len(case.id), sum(case.lengths) * case.config.hidden_size * case.config.num_rows
