"""The cases that are proved in seconds: few and plain, and every feature of every kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from rnn_manual.cases.case import Case
from rnn_manual.cases.features import features_of
from rnn_manual.cases.options import is_feasible, options_of

# A layer goes another way for each of them, and where two meet yet another.
PAIRED = (
    "stacked",
    "bidirectional",
    "proj_size",
    "no bias",
    "batch_first",
    "unbatched",
    "state omitted",
)


def in_dtypes(cases: Sequence[Case], dtypes: Sequence[str]) -> list[Case]:
    """These cases in each of these dtypes, of which formulas know nothing; as they are if none."""
    if not dtypes:
        return list(cases)
    of_it = dict.fromkeys(replace(case, dtype=dtype) for dtype in dtypes for case in cases)
    return [case for case in of_it if is_feasible(options_of(case))]


def chosen(cases: Sequence[Case]) -> list[Case]:
    """Of these cases, the plainest that have among them what all of them have.

    That is every feature; and every two of the structure in input that is not packed, too, for
    many layers decline what is.
    """
    seen: set[Hashable] = set()
    found = []
    for case in sorted(cases, key=_plainness):
        shown = set(_shown(case))
        if case.batch_size and not shown <= seen:
            found.append(case)
            seen |= shown
    return found


def _shown(case: Case) -> Iterator[Hashable]:
    features = features_of(case)
    yield from ((case.kind, name) for name in features)
    if not case.packed and case.seq_len > 1:
        structure = [name for name in PAIRED if name in features]
        yield from ((case.kind, two) for two in combinations(structure, 2))


def _plainness(case: Case) -> tuple[int, int]:
    """How much is not usual, by the length of its name, and how large it is."""
    return len(case.id), sum(case.lengths) * case.config.hidden_size * case.config.num_rows
