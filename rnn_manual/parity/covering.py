"""Covering arrays: few rows that together show every pair (or triple, …) of values there is."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]


def covering(factors: Mapping[str, Sequence[Any]], strength: int) -> list[Row]:
    """Rows, one value of each factor, in which every combination of `strength` values occurs.

    Greedily (Cohen et al. 1997, AETG): each row starts from a combination that is still missing,
    and every other factor takes the value that adds most new ones. The same rows every time.
    """
    rng = random.Random(0)
    names = list(factors)
    missing = {
        combination: None  # a dict for its order
        for chosen in itertools.combinations(range(len(names)), strength)
        for combination in itertools.product(
            *(
                [(factor, value) for value in range(len(factors[names[factor]]))]
                for factor in chosen
            )
        )
    }
    rows = []
    while missing:
        row = dict(next(iter(missing)))
        others = [factor for factor in range(len(names)) if factor not in row]
        rng.shuffle(others)
        for factor in others:
            values = list(range(len(factors[names[factor]])))
            rng.shuffle(values)
            row[factor] = max(values, key=lambda v: _new(row, factor, v, strength, missing))
        for combination in itertools.combinations(sorted(row.items()), strength):
            missing.pop(combination, None)
        rows.append({name: factors[name][row[k]] for k, name in enumerate(names)})
    return rows


def _new(row: dict[int, int], factor: int, value: int, strength: int, missing: Any) -> int:
    """How many missing combinations `value` would add to a row that is filled up to now."""
    return sum(
        tuple(sorted([*others, (factor, value)])) in missing
        for others in itertools.combinations(row.items(), strength - 1)
    )
