"""A candidate's process: no answer is taken for another's, and its end is told."""

import os
import signal
import time

import pytest

from rnn_manual.candidates.process import Died, Process

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals")


@pytest.fixture
def process():
    process = Process({})
    yield process
    process.close()


def leaves_a_child_behind():
    if os.fork() == 0:
        time.sleep(60)
    os._exit(3)


def reads_its_input():
    return input()


class StoppedWaiting(Exception):
    pass


def stop_waiting(*_):
    raise StoppedWaiting


def test_it_answers(process):
    """What a function returns or raises there is returned or raised here."""
    assert process.call(60, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        process.call(60, divmod, 7, 0)


def test_an_interrupted_question_is_not_answered_later(process):
    """Whoever stops waiting ends the process: its answer would be taken for the next one's."""
    before = signal.signal(signal.SIGALRM, stop_waiting)
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
    with pytest.raises(Died):
        process.call(5, leaves_a_child_behind)
    assert time.monotonic() - started < 30  # that it ends, not how fast: the child sleeps 60


def test_a_candidate_cannot_read_the_questions(process):
    """What reads its standard input finds nothing there."""
    with pytest.raises(EOFError):
        process.call(60, reads_its_input)
    assert process.call(60, divmod, 7, 2) == (3, 1)
