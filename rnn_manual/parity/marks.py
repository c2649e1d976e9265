"""`parametrize`: hands a test its cases. The plugin reads the marks when tests are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from rnn_manual.parity.cases import Case
from rnn_manual.parity.levels import is_of, select


def parametrize(
    *,
    level: str | None = None,
    where: Callable[[Case], bool] = lambda case: True,
    notes: str | None = None,
    usual: bool = False,
) -> pytest.MarkDecorator:
    """Gives a test function its argument `case`, one run for each case selected.

    Args:
        level: "quick" or "full"; the option --level if left out.
        where: only cases of which this is true.
        usual: only cases to which a claim's law may be put as they stand (`Case.usual`).
        notes: of the notes' own cases, those for this claim ("D1"); "" for all, None for none.

    The options --kind, --dtype and --case-seed hold for these cases too.
    """
    return pytest.mark.rnn_manual_cases(
        level=level, where=lambda case: where(case) and (case.usual or not usual), notes=notes
    )


in_every_mode = pytest.mark.rnn_manual_modes


def cases_of(mark: pytest.Mark, level: str, **options: Any) -> list[Case]:
    """The cases that a mark asks for under the command line's options."""
    asked = dict(mark.kwargs)
    return select(asked.pop("level") or level, **asked, **options)


def cases_of_modes(
    level: str, kinds: Iterable[str], dtypes: Iterable[str], seed: int
) -> list[tuple[str, Case]]:
    """Every mode's name with each of its cases."""
    from rnn_manual.parity.modes import MODES
    from rnn_manual.parity.selection import cases_for

    return [
        (mode.name, replace(case, seed=seed))
        for mode in MODES.values()
        for case in cases_for(mode, level)
        if is_of(case, kinds, dtypes)
    ]
