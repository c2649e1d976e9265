"""Ctrl-C ends a run of the suite, also where what it raises is lost."""

import os
import signal

import pytest

from rnn_manual.cli.verify.interrupt import Interrupt


class Loses:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_lost_is_raised_after_the_test():
    """As it is where a reference is dropped: Python says so and goes on."""
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        interrupt.pytest_runtest_logreport()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        interrupt.asked = False
        Loses()
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            interrupt.pytest_runtest_logreport()
    assert signal.getsignal(signal.SIGINT) == before
