"""Covering arrays: few rows that together show every pair (or triple, …) of values there is."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Factors = Mapping[str, Sequence[Any]]
Combination = tuple[tuple[str, Any], ...]  # (factor, value), …, the factors in their own order
Names = tuple[str, ...]  # of factors, in their own order


def combinations_of(factors: Factors, strength: int) -> list[Combination]:
    """Every combination of values of `strength` factors."""
    return [
        tuple(zip(names, values, strict=True))
        for names in itertools.combinations(factors, strength)
        for values in itertools.product(*(factors[name] for name in names))
    ]


def combinations_in(row: Row, strength: int) -> list[Combination]:
    """Those that a row shows."""
    return list(itertools.combinations(row.items(), strength))


def fewest(rows: Sequence[Row], strengths: Mapping[int, Sequence[str]]) -> list[int]:
    """The places of few rows that show every combination of values that all of them show.

    Greedily: the row that shows most of what is still missing comes next.

    Args:
        strengths: for each strength, the factors whose combinations count.
    """
    shown = [
        {
            combination
            for strength, names in strengths.items()
            for combination in combinations_in({name: row[name] for name in names}, strength)
        }
        for row in rows
    ]
    seen: set[Combination] = set()
    chosen = []
    # What a row adds only ever becomes less: it is counted anew when its turn comes.
    queue = [(-len(combinations), place) for place, combinations in enumerate(shown)]
    heapq.heapify(queue)
    while queue:
        _, place = heapq.heappop(queue)
        new = len(shown[place] - seen)
        if queue and new < -queue[0][0]:
            if new:
                heapq.heappush(queue, (-new, place))
        elif new:
            seen |= shown[place]
            chosen.append(place)
    return sorted(chosen)


def covering(
    factors: Factors,
    strength: int,
    *,
    feasible: Callable[[Row], bool] = lambda row: True,
    more: Iterable[Combination] = (),
    given: Iterable[Row] = (),
) -> list[Row]:
    """Rows, one value of each factor, in which every feasible combination of values occurs.

    Greedily (Cohen et al. 1997, AETG): each row starts from a combination that is still missing,
    and every other factor takes the value that adds most new ones. The same rows every time.

    Args:
        strength: how many factors a combination has.
        feasible: whether there are such rows; asked of rows with some factors only, too.
        more: further combinations to show, of other strengths.
        given: rows that there are already.
    """
    rng = random.Random(0)
    place = {name: k for k, name in enumerate(factors)}
    wanted = [*more, *combinations_of(factors, strength)]
    missing = dict.fromkeys(c for c in wanted if feasible(dict(c)))  # a dict for its order
    together = sorted(
        {tuple(name for name, _ in combination) for combination in missing},
        key=lambda names: [place[name] for name in names],
    )
    with_it = {name: [names for names in together if name in names] for name in factors}
    for row in given:
        _shown(row, together, missing)

    def worth(row: Row, name: str, value: Any) -> int:
        return _new(row | {name: value}, with_it[name], missing)

    rows = []
    while missing:
        first = next(iter(missing))
        others = [name for name in factors if name not in dict(first)]
        rng.shuffle(others)
        whole = _filled(dict(first), others, factors, feasible, worth, rng)
        if whole is None:  # one by one its values could be had, and not all together
            del missing[first]
            continue
        _shown(whole, together, missing)
        rows.append(whole)
    return rows


def _shown(row: Row, together: Iterable[Names], missing: dict[Combination, None]) -> None:
    for names in together:
        missing.pop(tuple((name, row[name]) for name in names), None)


def _filled(
    row: Row,
    others: Sequence[str],
    factors: Factors,
    feasible: Callable[[Row], bool],
    worth: Callable[[Row, str, Any], int],
    rng: random.Random,
) -> Row | None:
    """A row with a value for the other factors, too, each the one that adds most; or None.

    Where what was chosen before leaves a factor no value, the choice before it is made anew.
    """
    if not others:
        return {name: row[name] for name in factors}
    name, *later = others
    values = [value for value in factors[name] if feasible(row | {name: value})]
    rng.shuffle(values)
    for value in sorted(values, key=lambda value: -worth(row, name, value)):
        whole = _filled(row | {name: value}, later, factors, feasible, worth, rng)
        if whole is not None:
            return whole
    return None


def _new(row: Row, together: Iterable[Names], missing: Mapping[Combination, None]) -> int:
    """How many missing combinations a row shows that may have some factors only."""
    return sum(
        tuple((name, row[name]) for name in names) in missing
        for names in together
        if all(name in row for name in names)
    )
