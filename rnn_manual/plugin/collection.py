"""Hands tests their cases when pytest collects them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rnn_manual.cases.case import Case


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hands tests that `parity.parametrize` marked their cases."""
    mark = metafunc.definition.get_closest_marker("rnn_manual_cases")
    modes = metafunc.definition.get_closest_marker("rnn_manual_modes")
    if mark is None and modes is None:
        return
    option = metafunc.config.getoption
    asked = {
        "kinds": option("kind") or (),
        "dtypes": option("dtype") or (),
        "seed": option("case_seed"),
    }
    if modes is not None:
        pairs = cases_of_modes(option("level"), recording=option("record") is not None, **asked)
        ids = [f"{mode}-{case.id}" for mode, case in pairs]
        metafunc.parametrize(("mode", "case"), pairs, ids=ids)
    if mark is not None:
        from rnn_manual.cases.levels import select
        from rnn_manual.cases.parametrize import cases_of

        cases = cases_of(mark, option("level"), **asked)
        if not (cases or cases_of(mark, option("level"))):  # nor of other kinds and dtypes
            level = mark.kwargs.get("level") or option("level")
            there = f"there are {len(select(level))} cases at level {level}"
            name = f"{metafunc.module.__name__.rpartition('.')[2]}::{metafunc.function.__name__}"
            raise pytest.Collector.CollectError(f"{name}: {there}, and none is as `where` asks")
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])


def cases_of_modes(
    level: str, *, kinds: Any = (), dtypes: Any = (), seed: int = 0, recording: bool = False
) -> list[tuple[str, Case]]:
    """Every mode's name with each of its cases.

    Of kinds and dtypes that are asked for, each has every option of every mode.

    Args:
        recording: whether to take those, too, that take long even for one case.
    """
    from rnn_manual.candidates.catalogue import MODES

    found = []
    for mode in MODES.values():
        if level == "full" or recording or not mode.slowest:
            of_each = product(kinds or [""], dtypes or [""])
            cases = [case for asked in of_each for case in mode.cases(level, *asked)]
            found += [(mode.name, replace(case, seed=seed)) for case in dict.fromkeys(cases)]
    return found
