"""Ctrl-C ends a run of the suite, also where what it raises is lost."""

import os
import signal

import pytest

from rnn_manual.cli.verify.interrupt import Interrupt


class Loses:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def handler(request):
    """What Ctrl-C does, which is nothing in a job that was started in the background."""
    before = signal.signal(signal.SIGINT, request.param)
    yield request.param
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("handler", [signal.SIG_IGN], indirect=True)
def test_what_is_ignored_stays_ignored(handler):
    """A job in the background goes on when Ctrl-C ends what is in front of it."""
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        interrupt.pytest_runtest_logreport()


@pytest.mark.parametrize("handler", [signal.default_int_handler], indirect=True)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_lost_is_raised_after_the_test(handler):
    """As it is where a reference is dropped: Python says so and goes on."""
    with Interrupt() as interrupt:
        interrupt.pytest_runtest_logreport()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        interrupt.asked = False
        Loses()
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            interrupt.pytest_runtest_logreport()
    assert signal.getsignal(signal.SIGINT) == handler
