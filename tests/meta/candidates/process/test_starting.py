"""A fork of a process that has loaded torch: it answers as a new process would."""

import hashlib
import os
import signal
import sys
import tempfile
import warnings

import pytest
import torch

from rnn_manual.candidates.process.dispatch import REPRODUCIBLE
from rnn_manual.candidates.process.process import Process
from rnn_manual.candidates.process.starting import forked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")
LIMIT = 60.0  # seconds


@pytest.fixture
def fork():
    process = Process({}, 1, forked)
    yield process
    process.close()


def bits_of_a_product():
    """Wide enough for MKL to take another path than the reproducible one."""
    torch.manual_seed(0)
    product = torch.randn(300, 257) @ torch.randn(257, 130)
    return hashlib.sha256(product.numpy().tobytes()).hexdigest()


def bits_in_a_fork():
    process = Process(REPRODUCIBLE, 1, forked)
    found = process.call(LIMIT, bits_of_a_product).value
    process.close()
    return found


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_mkl_reads_the_environment_of_a_fork():
    """Torch was loaded without it, and had computed nothing: the path is the reproducible one."""
    reproducible, plain = Process(REPRODUCIBLE, 1), Process({}, 1)
    bits = reproducible.call(LIMIT, bits_of_a_product).value
    assert bits is not None
    assert plain.call(LIMIT, bits_in_a_fork).value == bits
    for process in (reproducible, plain):
        process.close()


def test_it_has_what_is_loaded(fork, monkeypatch):
    """It need not load torch, and is no part of the session that it was forked in."""
    monkeypatch.setitem(sys.modules, "loaded after the fork", sys)
    answer = fork.call(LIMIT, modules)
    assert "torch" in answer.value
    assert "loaded after the fork" not in answer.value
    assert fork.call(LIMIT, os.getsid, 0).value == fork.process.pid


def modules():
    return [*sys.modules]


def test_it_holds_none_of_the_files_of_the_process_it_was_forked_from(fork):
    """A pipe that is open there would not be at its end when this process has ended."""
    answers = fork.process.stdout.fileno()
    another = Process({}, 1, forked)
    assert is_open(answers)
    assert not another.call(LIMIT, is_open, answers).value
    another.close()


def test_warnings_are_no_errors_there(fork):
    """pytest makes errors of some in the session that it was forked in."""
    assert fork.call(LIMIT, warnings.warn, "a warning").error is None


def test_where_there_can_be_no_more_processes_that_is_raised(monkeypatch):
    """And nothing is left open."""

    def none_left():
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", none_left)
    with tempfile.TemporaryFile() as printed:
        before = os.listdir("/proc/self/fd")
        with pytest.raises(BlockingIOError, match="no more processes"):
            forked(None, {}, printed)
        assert os.listdir("/proc/self/fd") == before


def test_its_end_is_told(fork):
    """As of a process that was started in the usual way."""
    assert fork.call(LIMIT, os.getpid).value == fork.process.pid
    assert fork.process.poll() is None
    fork.process.kill()
    assert fork.process.wait() == -signal.SIGKILL
    assert fork.process.poll() == -signal.SIGKILL
