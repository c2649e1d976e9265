"""What pytest is told on its command line: what to judge, where, and on which cases."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rnn_manual.usage import DTYPES, KINDS, LEVELS, LIMIT, Refused, kind, natural, seconds

if TYPE_CHECKING:
    from rnn_manual.recordings.against import Against
    from rnn_manual.recordings.recorder import Recorder

RECORDER, AGAINST = "rnn_manual_recorder", "rnn_manual_against"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What to judge, where, and on which cases."""
    group = parser.getgroup("rnn-manual", "recurrent layers held against hand-written loops")
    group.addoption("--candidate", default="torch.nn", help="what is judged: MODULE:NAME")
    group.addoption("--device", default="cpu", help="where the candidate computes")
    group.addoption(
        "--kind", action="append", type=kind, choices=KINDS, help="only this; may be repeated"
    )
    group.addoption(
        "--dtype", action="append", choices=tuple(DTYPES), help="only this; may be repeated"
    )
    group.addoption("--level", choices=LEVELS, default="standard", help="how many cases")
    group.addoption("--case-seed", type=natural, default=0, help="of the cases' random numbers")
    group.addoption("--case-limit", type=seconds, default=LIMIT, help="seconds for one case")
    group.addoption("--record", metavar="DIR", help="write all results, to be compared later")
    group.addoption("--against", metavar="DIR", help="compare all results with a recording too")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marks known, so that --strict-markers takes them."""
    for mark in (
        "claim(id, formula): the claim that a test verifies",
        "rnn_manual_cases(...): set by rnn_manual.parity.parametrize",
        "rnn_manual_modes: hands a test every mode and its cases",
    ):
        config.addinivalue_line("markers", mark)
    with refused_as_usage():
        _remember(config)


@contextlib.contextmanager
def refused_as_usage() -> Iterator[None]:
    """What was refused is told as pytest tells of wrong usage."""
    try:
        yield
    except Refused as refused:
        raise pytest.UsageError(str(refused)) from refused


def _remember(config: pytest.Config) -> None:
    """Takes in what --record and --against ask for."""
    for option, name in (("record", RECORDER), ("against", AGAINST)):
        asked = config.getoption(option)
        if asked is None:
            continue
        if not asked:
            raise Refused(f"--{option} '': expected the name of a folder")
        from rnn_manual.recordings.against import Against
        from rnn_manual.recordings.recorder import Recorder

        folder = Path(asked).absolute()
        setattr(config.option, option, str(folder))  # workers are started elsewhere
        made: Recorder | Against
        if option == "record":
            made = Recorder(config, folder)
        else:
            made = Against(folder)
            if not hasattr(config, "workerinput"):  # once is enough
                made.check_numbers(config.getoption("case_seed"))
        config.pluginmanager.register(made, name)
