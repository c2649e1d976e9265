"""`pytest --record` and `--against`, among tests of somebody else."""

import pytest

from rnn_manual.recordings import store
from tests.meta.recordings.small import same_but_for_the_date

THEIRS = """
import pytest
from rnn_manual.config import Config
from rnn_manual.parity import Case, check

def at_an_address(module):
    raise ValueError(object())

@pytest.mark.parametrize("size", [1, 2])
def test_mine(record, size):
    record(check(lambda module: module, Case(Config("gru", 1, size), 2, 1)))

def test_something_else():
    assert False

def test_at_an_address(record):
    record(check(at_an_address, Case(Config("rnn", 1, 2), 2, 1)))

def test_ends_without_a_result(record):
    assert False
"""


@pytest.fixture
def theirs(pytester):
    """Runs the tests of somebody else in this process."""
    pytester.makepyfile(THEIRS)
    quiet = ("-p", "no:cacheprovider", "-p", "no:randomly")
    return lambda *words: pytester.runpytest_inprocess(*quiet, *words)


def test_only_a_test_that_compares_can_be_missed(theirs, pytester):
    """Other tests may fail; a run that was stopped, or lacks a result, is not written."""
    there = pytester.path
    assert theirs("--record", "stopped", "-x", "-k", "not without").ret == 1
    assert theirs("--record", "stopped", "--maxfail=2", "-k", "not without").ret == 1
    lacking = theirs("--record", "lacking")
    lacking.stdout.fnmatch_lines(["*not recorded: a result is missing, that of *without_a_result"])
    assert theirs("--record", "").ret == 4
    assert [p.name for p in there.iterdir() if p.is_dir() and p.name != "__pycache__"] == []
    for name in "ab":  # and whatever is another word at every run is no part of it
        assert theirs("--record", name, "-k", "not without").ret == 1
        assert len(store.load(there / name).runs) == 3
    same_but_for_the_date(there / "a", there / "b")
    message = store.load(there / "a").runs["", "rnn-T2-B1-I1-H2-f32"].message
    assert message == "raised ValueError: <object object at 0x…>"


def test_pytest_against_other_numbers(theirs, pytester):
    """What was recorded with one seed cannot be compared with what is drawn from another."""
    theirs("--record", "a", "-k", "mine")
    assert theirs("--against", "a", "-k", "mine").ret == 0
    result = theirs("--against", "a", "--case-seed", "1")
    assert result.ret == 4
    assert "the two ran on other numbers" in result.stderr.str()
    assert theirs("--against", "").ret == 4
