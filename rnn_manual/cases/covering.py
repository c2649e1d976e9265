"""Covering arrays: few rows that together show every pair (or triple, …) of values there is."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

Row = dict[str, Any]
Factors = Mapping[str, Sequence[Any]]
Combination = tuple[tuple[str, Any], ...]  # (factor, value), …, the factors in their own order
Names = tuple[str, ...]  # of factors, in their own order
Values = tuple[Any, ...]


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
    missing = _Missing(c for c in [*more, *combinations_of(factors, strength)] if feasible(dict(c)))
    for row in given:
        missing.discard(row)
    rows = []
    while missing.combinations:
        first = next(iter(missing.combinations))
        others = [name for name in factors if name not in dict(first)]
        rng.shuffle(others)
        whole = _filled(dict(first), others, factors, feasible, missing.worth, rng)
        if whole is None:  # one by one its values could be had, and not all together
            missing.drop(first)
            continue
        missing.discard(whole)
        rows.append(whole)
    return rows


class _Missing:
    """The combinations that no row shows yet, in an order; and by the factors that they are of."""

    def __init__(self, combinations: Iterable[Combination]) -> None:
        self.combinations = dict.fromkeys(combinations)
        self.values: dict[Names, set[Values]] = {}
        for combination in self.combinations:
            names, values = zip(*combination, strict=True)
            self.values.setdefault(names, set()).add(values)
        self.names = {names: frozenset(names) for names in self.values}

    def discard(self, row: Row) -> None:
        """Takes out those that a row shows."""
        for names, missing in self.values.items():
            values = _values_of(names)(row)
            if values in missing:
                self.drop(tuple(zip(names, values, strict=True)))

    def drop(self, combination: Combination) -> None:
        """Takes out one."""
        del self.combinations[combination]
        names, values = zip(*combination, strict=True)
        self.values[names].remove(values)

    def worth(self, row: Row, name: str, values: Sequence[Any]) -> list[int]:
        """How many of them a row shows with each of these values of one more factor."""
        known = {*row, name}
        asked = [
            (_values_of(names), self.values[names])
            for names, every in self.names.items()
            if name in every and every <= known
        ]
        with_it = dict(row)
        found = []
        for value in values:
            with_it[name] = value
            found.append(sum(values_of(with_it) in missing for values_of, missing in asked))
        return found


@cache
def _values_of(names: Names) -> Callable[[Row], Values]:
    """Takes the values of these factors from a row."""
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return itemgetter(*names)


def _filled(
    row: Row,
    others: Sequence[str],
    factors: Factors,
    feasible: Callable[[Row], bool],
    worth: Callable[[Row, str, Sequence[Any]], list[int]],
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
    adds = dict(zip(values, worth(row, name, values), strict=True))
    for value in sorted(values, key=lambda value: -adds[value]):
        whole = _filled(row | {name: value}, later, factors, feasible, worth, rng)
        if whole is not None:
            return whole
    return None
