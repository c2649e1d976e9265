"""Claims' tests called as pytest calls them, for one candidate after the other, without pytest."""

import inspect
import itertools
import math
import types

import pytest

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.cases.parametrize import cases_of
from rnn_manual.claims.layer import Layer
from rnn_manual.parity import Unsupported, check


def put_to(test, subject, shows=lambda case: True):
    """The first arguments on which a claim's test fails for a candidate; None if it passes.

    shows: of which cases to try first; else the smallest first.
    """
    tries = list(arguments_of(test, shows))
    assert tries
    return next((each for each in tries if failure_of(test, subject, each) is not None), None)


def failure_of(test, subject, arguments):
    """What a test fails with, if it fails; what is declined has not failed."""
    try:
        test(**fixtures_of(test, Candidate("put to it", subject)), **arguments)
    except Unsupported:
        return None
    except (Exception, pytest.fail.Exception) as failure:
        return failure
    return None


def fixtures_of(test, candidate):
    """The plugin's fixtures that a test asks for."""
    option = {"kind": None, "dtype": None, "level": "quick", "case_seed": 0}.__getitem__
    fixtures = {
        "layer": Layer(candidate),
        "candidate": candidate,
        "device": "cpu",
        "agrees": lambda case: check(candidate, case, formulas=False).assert_ok(),
        "request": types.SimpleNamespace(config=types.SimpleNamespace(getoption=option)),
    }
    wanted = inspect.signature(test).parameters
    return {name: fixture for name, fixture in fixtures.items() if name in wanted}


def arguments_of(test, shows):
    """Every combination of arguments that the marks of a test give it."""

    def effort(case):
        sizes = case.config.parameter_shapes().values()
        return not shows(case), case.seq_len * case.batch_size * sum(map(math.prod, sizes))

    choices = []
    for mark in test.pytestmark:
        if mark.name == "parametrize":
            names, values = mark.args
            names = [names] if isinstance(names, str) else names
            rows = [getattr(value, "values", value) for value in values]
            rows = [row if isinstance(row, tuple) else (row,) for row in rows]
            choices.append([dict(zip(names, row, strict=True)) for row in rows])
        if mark.name == "rnn_manual_cases":
            choices.append([{"case": c} for c in sorted(cases_of(mark, "standard"), key=effort)])
    for parts in itertools.product(*choices):
        yield {name: value for part in parts for name, value in part.items()}
