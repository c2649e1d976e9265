"""What belongs to the tests of the judge only."""

import importlib
import os

import pytest

from rnn_manual.candidates.process.dispatch import REPRODUCIBLE
from rnn_manual.candidates.process.process import Process
from rnn_manual.judge.bits import why_not_here
from tests.meta.warm.commands import forked_if_safe

LIMIT = 120.0  # seconds for one test of bits


def pytest_configure(config):
    Process.start = staticmethod(forked_if_safe)  # but where that is what is tested
    config.addinivalue_line(
        "markers", "bits: asserts bits, on the one path through MKL that has them"
    )
    config.addinivalue_line(
        "markers",
        "exhaustive: every right or wrong layer on every case, as `make exhaustive` runs it",
    )


@pytest.fixture(scope="session")
def reproducible():
    """A process in which MKL keeps to its reproducible path.

    A new one: in a fork pytest would refuse the marks of the test's module.
    """
    process = Process(REPRODUCIBLE, 1)
    yield process
    process.close()


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Hypothesis leaves no folder of its own where the tests are run."""
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs a test of bits where MKL keeps to its reproducible path.

    With MKL_CBWR=COMPATIBLE in the environment that is here, and a failure shows more.
    """
    if pyfuncitem.get_closest_marker("bits") is None:
        return None
    if reason := why_not_here("cpu"):
        pytest.skip(reason)
    if all(os.environ.get(name) == value for name, value in REPRODUCIBLE.items()):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    process = pyfuncitem._request.getfixturevalue("reproducible")
    answer = process.call(
        LIMIT, run_test, pyfuncitem.module.__name__, pyfuncitem.originalname, arguments
    )
    if answer.error is not None:
        raise answer.error
    return True


def run_test(module, name, arguments):
    """Calls a test function there."""
    getattr(importlib.import_module(module), name)(**arguments)
