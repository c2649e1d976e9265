"""The command line in a process of its own, as people run it."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# One small case, and one of every kind: running the whole suite is `rnn-manual verify`'s own test.
ONE = ["-n0", "-k", "test_parity and [lstm-f64]"]


# Each command is forked from a process that has loaded torch already, which takes the longest.
_warm = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload(["rnn_manual.cli.verify.command", "rnn_manual.parity"])


def rnn_manual(*arguments, cwd, **environment):
    """Runs a command to its end, as `python -m rnn_manual` does."""
    everything = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | environment
    if not environment.keys() <= {"COLUMNS", "PYTEST_ADDOPTS"}:  # what is read as torch is loaded
        command = [sys.executable, "-m", "rnn_manual", *arguments]
        return subprocess.run(
            command, cwd=cwd, env=everything, capture_output=True, text=True, timeout=300
        )
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("stdout", "stderr")]
        process = _warm.Process(target=_run, args=(arguments, str(cwd), everything, *said))
        process.start()
        process.join(300)
        if process.exitcode is None:
            process.kill()
            pytest.fail(f"rnn-manual {' '.join(arguments)} did not end within 300 s")
        return subprocess.CompletedProcess(
            arguments, process.exitcode, *(path.read_text() for path in said)
        )


def _run(arguments, cwd, environment, stdout, stderr):
    os.chdir(cwd)
    sys.path.insert(0, cwd)
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    from rnn_manual.cli import main

    code = main(arguments)
    atexit._run_exitfuncs()
    sys.exit(code)


def started(*arguments, cwd):
    """The command line, running: for tests that interrupt it."""
    return subprocess.Popen(
        [sys.executable, "-m", "rnn_manual", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A process started in the background of a shell ignores Ctrl-C, and so do those it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
