"""The command line in a process of its own, as people run it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from rnn_manual.cli import main
from tests.meta.warm.commands import run_warm

ROOT = Path(__file__).parents[3]
# One small case: running the whole suite is `rnn-manual verify`'s own test.
ONE = ["-n0", "-k", "hand_written_loop and [lstm-f64]"]


def rnn_manual(*arguments, cwd, **environment):
    """Runs a command to its end, as `python -m rnn_manual` does."""
    everything = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | environment
    if not environment.keys() <= {"COLUMNS", "PYTEST_ADDOPTS"}:  # what is read as torch is loaded
        command = [sys.executable, "-m", "rnn_manual", *arguments]
        return subprocess.run(
            command, cwd=cwd, env=everything, capture_output=True, text=True, timeout=300
        )
    return run_warm(main, arguments, cwd, everything)


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
