"""Commands forked from a process that has loaded torch already, which is what takes longest."""

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rnn_manual.candidates.process.process import Process
from rnn_manual.candidates.process.starting import anew, forked

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.meta.warm.preloaded"])
LIMIT = 300  # seconds


def run_warm(main, arguments, cwd, environment):
    """Calls `main(arguments)`, which returns an exit code, as a command of its own would run it."""
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("stdout", "stderr")]
        given = (main, arguments, str(cwd), dict(environment), *said)
        process = _context.Process(target=_run, args=given)
        process.start()
        process.join(LIMIT)
        if process.exitcode is None:
            process.kill()
            pytest.fail(f"{' '.join(arguments)} did not end within {LIMIT} s")
        return subprocess.CompletedProcess(
            arguments, process.exitcode, *(path.read_text() for path in said)
        )


def _run(main, arguments, cwd, environment, stdout, stderr):
    os.chdir(cwd)
    sys.path.insert(0, cwd)
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    Process.start = staticmethod(forked_if_safe)
    code = main(arguments)
    atexit._run_exitfuncs()
    sys.exit(code)


def forked_if_safe(threads, environment, printed):
    """Starts a candidate's process as a fork of this one, or else anew."""
    import torch  # which is loaded by now

    alike = environment.items() <= os.environ.items()
    safe = sys.platform == "linux" and alike and torch.get_num_threads() == 1
    return (forked if safe else anew)(threads, environment, printed)
