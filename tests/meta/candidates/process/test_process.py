"""A candidate's process: no answer is taken for another's, and its end is told."""

import os
import signal
import sys
import time

import pytest

from rnn_manual.candidates.errors import ProcessEnded
from rnn_manual.candidates.process.process import Process
from rnn_manual.candidates.process.starting import anew, forked

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals")


ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")


@pytest.fixture(params=[anew, pytest.param(forked, marks=ON_LINUX)])
def process(request):
    process = Process({}, start=request.param)
    yield process
    process.close()


def leaves_a_child_behind():
    if os.fork() == 0:
        time.sleep(60)
    os._exit(3)


def reads_its_input():
    return input()


def hangs():
    while True:
        pass


def crashes():
    os.kill(os.getpid(), signal.SIGSEGV)


class NotMadeForTravelling(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def raises_what_cannot_travel():
    raise NotMadeForTravelling("one", "two")


class StoppedWaiting(Exception):
    pass


def stop_waiting(*_):
    raise StoppedWaiting


def test_it_answers(process):
    """What a function returns or raises there is the answer here."""
    assert process.call(60, divmod, 7, 2).value == (3, 1)
    assert isinstance(process.call(60, divmod, 7, 0).error, ZeroDivisionError)
    assert isinstance(process.call(60, sys.exit, 3).error, SystemExit)


def test_an_error_says_where(process):
    """An error comes with the innermost line of the candidate's own code."""
    error = process.call(60, raises_what_cannot_travel).error
    assert str(error) == "NotMadeForTravelling: one and two"
    line = 'raise NotMadeForTravelling("one", "two")'
    assert error.own_line.startswith("test_process.py:")
    assert error.own_line.endswith(line)


def test_a_crash_says_what_and_where(process):
    """A process that a signal ends is told by the signal's name, with the line it was at."""
    error = process.call(60, crashes).error
    assert isinstance(error, ProcessEnded)
    assert str(error) == "ended its process with exit code -11 (SIGSEGV)"
    assert error.own_line.endswith("os.kill(os.getpid(), signal.SIGSEGV)")
    assert not process.alive


def test_an_exit_code_is_told(process):
    """A process that exits is told by its code."""
    assert str(process.call(60, os._exit, 7).error) == "ended its process with exit code 7"


def test_a_hang_is_told_as_one(process):
    """What does not answer in time is told so, never as the signal that ended it, with its line."""
    error = process.call(1, hangs).error
    assert str(error) == "did not answer within 1 s"
    assert error.own_line.endswith(("while True:", "pass"))


def test_an_interrupted_question_is_not_answered_later(process):
    """Whoever stops waiting ends the process: its answer would be taken for the next one's."""
    before = signal.signal(signal.SIGALRM, stop_waiting)
    process.call(60, divmod, 7, 2)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(StoppedWaiting):
            process.call(60, time.sleep, 30)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not process.alive


def test_what_a_candidate_leaves_behind_ends_with_it(process):
    """A process that it started, and that holds the line, does not outlast the limit."""
    started = time.monotonic()
    assert isinstance(process.call(3, leaves_a_child_behind).error, ProcessEnded)
    assert time.monotonic() - started < 30  # that it ends, not how fast: the child sleeps 60


def test_a_process_that_has_ended_is_not_reaped_before_its_group_is(process):
    """Whether it is alive can be asked without giving its number away to another process."""
    process.call(60, divmod, 7, 2)
    os.kill(process.process.pid, signal.SIGKILL)
    while process.alive:
        time.sleep(0.01)
    assert process.process.returncode is None  # nobody has waited for it yet
    assert process.close() == -signal.SIGKILL


def test_a_candidate_cannot_read_the_questions(process):
    """What reads its standard input finds nothing there."""
    assert isinstance(process.call(60, reads_its_input).error, EOFError)
    assert process.call(60, divmod, 7, 2).value == (3, 1)


def test_what_is_printed_comes_with_the_answer(process):
    """Of each call what it wrote, and not what another one did; of much, the end."""
    process.call(60, print, "before")
    assert process.call(60, print, "this").printed == "this\n"
    assert process.call(60, os.write, 2, b"and by another way").printed == "and by another way"
    assert process.call(60, print, "x" * 10_000 + "end").printed.endswith("xend\n")
    assert process.call(60, divmod, 7, 2).printed == ""


def test_an_answer_at_the_last_moment_is_no_fault_of_the_next_call(monkeypatch):
    """A process that answers while it is being ended is closed, and its answer counts."""
    process = Process({}, 1)
    ended = process._end

    def late_end():
        time.sleep(0.5)  # meanwhile the answer comes
        ended()

    monkeypatch.setattr(process, "_end", late_end)
    assert process.call(60, abs, -1).value == 1  # torch is loaded by now
    answer = process.call(0.2, time.sleep, 0.4)
    assert answer.error is None
    assert not process.alive
