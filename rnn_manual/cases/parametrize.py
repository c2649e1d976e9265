"""`parametrize`: hands a test its cases. The plugin reads the marks when tests are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from rnn_manual.cases.case import Case
from rnn_manual.cases.excluded import Excluded
from rnn_manual.cases.levels import few, fewer, select


def parametrize(
    *given: Any,
    level: str | None = None,
    where: Callable[[Case], bool] = lambda case: True,
    notes: str | None = None,
) -> pytest.MarkDecorator:
    """Gives a test function its argument `case`, one run for each case selected.

    Args:
        level: "quick", "standard" or "full"; the option --level if left out.
        where: only cases of which this is true.
        notes: of the notes' own cases, those for this claim ("D1"); "" for all, but at level quick
            none; None for none.

    The options --kind, --dtype and --case-seed hold for these cases too.

    Raises: TypeError: it is used without parentheses, or its arguments are not named.
    """
    if given:
        raise TypeError(
            "parametrize takes named arguments: @parametrize() or @parametrize(where=…)"
        )
    return pytest.mark.rnn_manual_cases(level=level, where=where, notes=notes)


def law(
    *,
    where: Callable[[Case], bool] = lambda case: True,
    without: Iterable[Excluded] = (),
    notes: str | None = None,
) -> pytest.MarkDecorator:
    """Puts a law to few cases of standard that still show every option: see `levels.few`.

    At level quick to fewer of these.

    Args:
        where: the cases of which the law speaks.
        without: those of them to which it is not put, and why.
        notes: as for `parametrize`.
    """
    excluded = tuple(without)
    return pytest.mark.rnn_manual_cases(
        level="standard", where=where, notes=notes, without=excluded, only_few=True
    )


def cases_of(
    mark: pytest.Mark,
    level: str,
    *,
    kinds: Iterable[str] = (),
    dtypes: Iterable[str] = (),
    seed: int = 0,
) -> list[Case]:
    """The cases that a mark asks for under the command line's options."""
    asked = dict(mark.kwargs)
    own_level = asked["level"] or level
    where, excluded = asked["where"], asked.get("without", ())
    found = select(
        own_level,
        kinds=kinds,
        dtypes=dtypes,
        where=lambda case: where(case) and not any(each.holds(case) for each in excluded),
        notes=None if own_level == "quick" and asked["notes"] == "" else asked["notes"],
        seed=seed,
    )
    if not asked.get("only_few"):
        return found
    noted = [case for case in found if case.label]
    some = few([case for case in found if not case.label])
    return [*(fewer(some) if level == "quick" else some), *noted]


def excluded_by(mark: pytest.Mark) -> list[Any]:
    """What a law's mark leaves out, and why."""
    return list(mark.kwargs.get("without", ()))
