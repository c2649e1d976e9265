"""Where a candidate computes, and what becomes of one that ends its process again and again."""

import os
import sys

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


def place(_):
    return os.getcwd(), "/set/later" in sys.path


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


@pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")
def test_what_was_forked_ahead_is_taken_once(monkeypatch, tmp_path):
    """The first candidate that needs a process has it; if it ends, another is started anew.

    It is where this process is by then, and knows what is set here.
    """
    for name in ("_processes", "_forked"):
        monkeypatch.setattr(dispatch, name, {})
    environment = {"RNN_MANUAL_TEST": "set"}
    dispatch.fork_ahead({}, environment)
    plain, other = [process.process.pid for [process] in dispatch._forked.values()]
    asked = {"environment": environment}
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("/set/later")
    monkeypatch.setenv("SET_LATER", "as well")
    assert run_there(NAMED, pid) == run_there(NAMED, pid) == plain
    assert run_there(NAMED, place) == (str(tmp_path), True)
    assert run_there(NAMED, variable, "SET_LATER") == "as well"
    assert run_there(NAMED, pid, **asked) == other
    assert run_there(NAMED, variable, "RNN_MANUAL_TEST", **asked) == "set"
    assert run_there(NAMED, variable, "RNN_MANUAL_TEST") is None
    assert ask(NAMED, exits).error is not None
    assert run_there(NAMED, pid) != plain


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
