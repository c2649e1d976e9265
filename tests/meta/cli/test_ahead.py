"""A candidate's process is forked from the command, or from its worker, that has loaded torch."""

import sys

import pytest

from tests.meta.cli.command import rnn_manual

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")
FORKED = """
import sys
from rnn_manual.candidates.candidate import torch_nn

def build(module):
    assert "rnn_manual.cli" in sys.modules, "started anew"
    return torch_nn(module)
"""
COMMANDS = [
    ("verify", "-n2", "-k", "hand_written_loop and [lstm-f64]"),
    ("prove", "-k", "lstm-f64"),
    ("trace", "lstm"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=[command[0] for command in COMMANDS])
def test_a_candidates_process_need_not_load_torch(tmp_path, command):
    """What is loaded where it was forked is loaded there."""
    (tmp_path / "mine.py").write_text(FORKED)
    # (PYTHONUNBUFFERED: as a command of its own, that is forked from nothing.)
    run = rnn_manual(*command, "--candidate=mine.py:build", cwd=tmp_path, PYTHONUNBUFFERED="1")
    assert run.returncode == 0, run.stdout + run.stderr
