"""The pytest plugin: options, and the fixtures through which tests meet the candidate.

Loaded by every pytest that runs where rnn-manual is installed, so torch is imported only once a
test asks for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rnn_manual.usage import DTYPES, KINDS, LEVELS, LIMIT, Refused, natural, seconds

if TYPE_CHECKING:
    from rnn_manual.parity import Candidate, Case, Comparison
    from rnn_manual.parity.drift import RunDrift
    from rnn_manual.parity.layer import Layer

COMPARISON = pytest.StashKey["Comparison"]()
DRIFT: pytest.StashKey[RunDrift] = pytest.StashKey()
RECORDER, AGAINST = "rnn_manual_recorder", "rnn_manual_against"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What to judge, where, and on which cases."""
    group = parser.getgroup("rnn-manual", "recurrent layers held against hand-written loops")
    group.addoption("--candidate", default="torch.nn", help="what is judged: MODULE:NAME")
    group.addoption("--device", default="cpu", help="where the candidate computes")
    for option, choices in (("--kind", KINDS), ("--dtype", tuple(DTYPES))):
        group.addoption(option, action="append", choices=choices, help="only this; may be repeated")
    group.addoption("--level", choices=LEVELS, default="quick", help="how many cases")
    group.addoption("--case-seed", type=natural, default=0, help="of the cases' random numbers")
    group.addoption("--case-limit", type=seconds, default=LIMIT, help="seconds for one case")
    group.addoption("--record", metavar="DIR", help="write all results, to be compared later")
    group.addoption("--against", metavar="DIR", help="compare all results with a recording too")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marks known, so that --strict-markers takes them."""
    config.addinivalue_line("markers", "claim(id, formula): the claim that a test verifies")
    for mark in (
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
        from rnn_manual.parity.against import Against
        from rnn_manual.parity.recorder import Recorder

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


def threads_for(workers: int) -> int:
    """Threads for each of several processes, so that they do not fight over the cores."""
    return max(1, cores() // workers)


def share_cores(config: pytest.Config) -> None:
    """Gives torch its share of threads, if this process is one of several workers."""
    workers: int = getattr(config, "workerinput", {}).get("workercount", 0)
    # Several threads cut sums up: what is to be compared must not depend on how many there are.
    alone = config.getoption("record", None) or config.getoption("against", None)
    if workers or alone:
        import torch

        torch.set_num_threads(1 if alone else threads_for(workers))


def cores() -> int:
    """Cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hands tests that `parity.parametrize` marked their cases."""
    mark = metafunc.definition.get_closest_marker("rnn_manual_cases")
    modes = metafunc.definition.get_closest_marker("rnn_manual_modes")
    if mark is None and modes is None:
        return
    from rnn_manual.parity.marks import cases_of, cases_of_modes

    option = metafunc.config.getoption
    level, seed = option("level"), option("case_seed")
    kinds, dtypes = option("kind") or (), option("dtype") or ()
    if modes is not None:
        pairs = cases_of_modes(level, kinds, dtypes, seed)
        ids = [f"{mode}-{case.id}" for mode, case in pairs]
        metafunc.parametrize(("mode", "case"), pairs, ids=ids)
    if mark is not None:
        cases = cases_of(mark, level, kinds=kinds, dtypes=dtypes, seed=seed)
        if not (cases or kinds or dtypes):
            name = metafunc.function.__name__
            raise pytest.UsageError(f"{name} asks for cases, and there are none")
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """Where the candidate computes, as --device names it."""
    from rnn_manual.parity.candidates import usable_device

    share_cores(request.config)
    return usable_device(request.config.getoption("device"))


@pytest.fixture(scope="session")
def candidate(request: pytest.FixtureRequest) -> Candidate:
    """What is judged, as --candidate names it."""
    from rnn_manual.parity.candidates import as_candidate
    from rnn_manual.parity.process import set_limit

    set_limit(request.config.getoption("case_limit"))
    return as_candidate(request.config.getoption("candidate"))


@pytest.fixture
def layer(candidate: Candidate, device: str) -> Layer:
    """The candidate as a function of configuration, weights, input and state, in NumPy arrays."""
    from rnn_manual.parity.layer import Layer

    return Layer(candidate, device)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[Comparison], None]:
    """Takes a comparison into the report of `rnn-manual verify`, and asserts that it is well."""

    def recorded(comparison: Comparison) -> None:
        __tracebackhide__ = True
        request.node.stash[COMPARISON] = comparison
        recorder = request.config.pluginmanager.getplugin(RECORDER)
        if recorder:
            recorder.add(comparison)
        against = request.config.pluginmanager.getplugin(AGAINST)
        drift = against.drift(comparison) if against else None
        if drift:
            request.node.stash[DRIFT] = drift
        comparison.assert_ok()
        if drift and drift.fails:
            from rnn_manual.parity.drift_view import in_words

            pytest.fail(f"differs from the recording: {in_words(drift)}", pytrace=False)
        if comparison.raised:
            pytest.skip(f"unsupported: {comparison.message}")

    return recorded


@pytest.fixture
def agrees(
    candidate: Candidate, device: str, record: Callable[[Comparison], None]
) -> Callable[[Case], None]:
    """Asserts that the candidate agrees with the loops and the oracle on a case."""
    from rnn_manual.parity import check

    def checked(case: Case) -> None:
        __tracebackhide__ = True
        record(check(candidate, case, device=device))

    return checked


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """A candidate that says it has no such option is not at fault: the test is skipped."""
    try:
        yield
    except Exception as error:
        parity = sys.modules.get("rnn_manual.parity")
        if parity and isinstance(error, parity.Unsupported):
            pytest.skip(f"unsupported: {error}")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Puts claim and comparison on the report, as JSON, so that they cross process borders."""
    report: Any = yield
    # What is torn down has compared all that it will.
    fixtures = getattr(item, "fixturenames", ()) if report.when != "teardown" else ()
    report.rnn_manual_records = "record" in fixtures
    if report.when == "call":
        claim = item.get_closest_marker("claim")
        report.rnn_manual_claim = claim.args[0] if claim else None
        if COMPARISON in item.stash:
            from rnn_manual.parity.report import case_json

            # As one string: reports travel between processes value by value, which takes long.
            found = case_json(item.stash[COMPARISON], item.stash.get(DRIFT, None))
            report.rnn_manual_case = json.dumps(found)
    return report
