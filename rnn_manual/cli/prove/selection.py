"""The cases that are proved in seconds: few and plain, and every feature of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from rnn_manual.cases.case import Case
from rnn_manual.cases.features import features_of
from rnn_manual.cases.options import PLAIN, case_of, is_feasible, options_of

# Some weights, such as weight_hr_l1_reverse, exist only where three of these are set.
NETWORK = ("stacked", "bidirectional", "proj_size", "no bias")
# A layer goes another way for each of them, and where two meet yet another.
PAIRED = (*NETWORK, "eval", "batch_first", "unbatched", "state omitted")
# The same of input that is packed, of which it is asked where a layer takes nothing else.
PACKED = (*PAIRED, "packed", "packed sorted", "packed equal", "state random")

Option = tuple[str, Hashable]  # its name, and a value


def in_dtypes(cases: Sequence[Case], dtypes: Sequence[str]) -> list[Case]:
    """These cases in each of these dtypes, of which formulas know nothing; as they are if none."""
    if not dtypes:
        return list(cases)
    of_it = dict.fromkeys(replace(case, dtype=dtype) for dtype in dtypes for case in cases)
    return [case for case in of_it if is_feasible(options_of(case))]


def in_sizes(cases: Sequence[Case], sizes: Mapping[str, int]) -> tuple[list[Case], int]:
    """These cases, all of the same sizes; as they are if none is asked for.

    Args:
        sizes: of T, B, I and H those that are asked for; the others are the plainest.

    Returns: the cases, and how many there are not in these sizes: one step cannot be packed.
    """
    if not sizes:
        return list(cases), 0
    given = {name: PLAIN[name] for name in ("T", "B", "I", "H")} | dict(sizes)
    rows = [options_of(case) | given for case in cases]
    possible = dict.fromkeys(case_of(**row) for row in rows if is_feasible(row))
    others = {tuple(row.items()) for row in rows if not is_feasible(row)}
    return list(possible), len(others)


def chosen(cases: Sequence[Case]) -> list[Case]:
    """Of these cases, the plainest that have among them what all of them have.

    That is every feature; every two of the structure in input that is not packed, too, for many
    layers decline what is; and each of the structure in each kind of packed input.
    """
    return _plainest(cases, packed=False)


def in_place_of(
    declined: Sequence[Case], taken: Sequence[Case], cases: Sequence[Case]
) -> list[Case]:
    """The plainest that have what cases have that were declined, for a layer that takes few.

    Of one that takes packed input alone, every two of the structure in packed input.

    Args:
        cases: all there are; those that it is likely to decline come last.
    """
    tried, refused = {*declined, *taken}, _refused(declined, taken)
    packed = all(case.packed for case in taken)
    # Of a kind none of whose plainest was taken it takes none, unless nothing was taken at all.
    kinds = {case.config.kind for case in taken or cases}
    left = [case for case in cases if case not in tried and case.config.kind in kinds]
    likely = [case for case in left if not _options(case) & refused]
    # What it declines is guessed: where nothing is left that it may take, all the rest is asked.
    return _plainest(likely, packed, taken) or _plainest(left, packed, taken)


def _refused(declined: Sequence[Case], taken: Sequence[Case]) -> set[Option]:
    """The fewest options, none of a case that was taken, that the declined ones have."""
    never = {option for case in declined for option in _options(case)}
    never = never.difference(*map(_options, taken))
    found: set[Option] = set()
    left = [of_it for case in declined if (of_it := _options(case) & never)]
    while left:
        count = Counter(option for of_it in left for option in of_it)
        found.add(max(count, key=lambda option: (count[option], str(option))))
        left = [of_it for of_it in left if not of_it & found]
    return found


def _options(case: Case) -> set[Option]:
    return set(options_of(case).items())


def _plainest(cases: Sequence[Case], packed: bool, given: Sequence[Case] = ()) -> list[Case]:
    """Those that show something that those before them, and the given ones, do not.

    Args:
        packed: whether two of the structure count in packed input, too, with how it is packed.
    """
    seen = {shown for case in given for shown in _shown(case, packed)}
    found = []
    for case in sorted(cases, key=_plainness):
        shown = set(_shown(case, packed))
        if case.batch_size and not shown <= seen:
            found.append(case)
            seen |= shown
    return found


def _shown(case: Case, packed: bool) -> Iterator[Hashable]:
    features = features_of(case)
    yield from ((case.kind, name) for name in features)
    network = [name for name in NETWORK if name in features]
    yield from ((case.kind, three) for three in combinations(network, 3))
    if case.seq_len > 1:
        names = PACKED if packed or case.packed else PAIRED
        for two in combinations([name for name in names if name in features], 2):
            if packed or not case.packed or case.layout in two:
                yield case.kind, two


def _plainness(case: Case) -> tuple[int, int]:
    """How much is not usual, by the length of its name, and how large it is."""
    return len(case.id), sum(case.lengths) * case.config.hidden_size * case.config.num_rows
