"""Where a candidate computes, and what becomes of one that ends its process again and again."""

import os

import pytest
import torch

from rnn_manual.candidates.candidate import LOOPS, Candidate
from rnn_manual.candidates.errors import ProcessEnded, Unsupported
from rnn_manual.candidates.process import dispatch
from rnn_manual.candidates.process.dispatch import ask, run_there
from rnn_manual.candidates.process.process import Process

NAMED = Candidate("here", "tests.meta.candidates.process.test_dispatch:subject")


def subject(module):
    return module


def pid(_):
    return os.getpid()


def exits(_):
    os._exit(3)


def variable(_, name):
    return os.environ.get(name)


@pytest.fixture(autouse=True)
def forgotten():
    """What ended before is forgotten."""
    dispatch._ended.clear()
    yield
    dispatch._ended.clear()


def test_only_a_name_has_a_process_of_its_own():
    """A class or function is called here; a name is loaded and called elsewhere, always there."""
    assert run_there(LOOPS, pid) == os.getpid()
    elsewhere = run_there(NAMED, pid)
    assert elsewhere != os.getpid()
    assert run_there(NAMED, pid) == elsewhere
    assert (
        run_there(Candidate("other", "tests.meta.candidates.process.test_dispatch:pid"), pid)
        == elsewhere
    )


def test_a_process_that_has_loaded_a_candidate_is_where_it_computes(monkeypatch):
    """So what was asked of it beforehand need not be loaded again; one that is there stays."""
    monkeypatch.setattr(dispatch, "_processes", {})  # other tests have one for the same module
    adopted = Candidate("adopted", "tests.meta.candidates.process.faulty:anything")
    process = Process({}, torch.get_num_threads() + 1)
    assert dispatch.adopt(adopted, process)
    answer = process.call(60, torch.get_num_threads)
    assert answer.value == torch.get_num_threads()
    assert dispatch._processes[dispatch._key(adopted.subject, {})] is process
    assert not dispatch.adopt(adopted, process)
    assert not dispatch.adopt(LOOPS, process)


def test_an_environment_takes_another_process():
    """What must be set before torch is loaded is set in a process of its own."""
    asked = {"environment": {"RNN_MANUAL_TEST": "set"}}
    assert run_there(NAMED, variable, "RNN_MANUAL_TEST", **asked) == "set"
    assert run_there(NAMED, variable, "RNN_MANUAL_TEST") is None
    with pytest.raises(Unsupported, match="a process of its own"):
        run_there(LOOPS, pid, **asked)


def test_after_a_few_ends_in_a_row_the_rest_is_not_run(monkeypatch):
    """Each end would cost a new process, each hang its limit: so it is said, and not tried."""
    monkeypatch.setattr(dispatch, "IN_A_ROW", 2)
    for _ in range(dispatch.IN_A_ROW):
        answer = ask(NAMED, exits)
        assert str(answer.error) == "ended its process with exit code 3"
    answer = ask(NAMED, pid)
    assert isinstance(answer.error, ProcessEnded)
    assert str(answer.error) == ("not run: the 2 runs before it ended its process with exit code 3")


def test_an_answer_begins_the_count_anew(monkeypatch):
    """Only ends one after the other count."""
    monkeypatch.setattr(dispatch, "IN_A_ROW", 2)
    for _ in range(dispatch.IN_A_ROW + 1):
        assert ask(NAMED, exits).error is not None
        assert ask(NAMED, pid).error is None
