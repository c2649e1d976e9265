"""Commands of tests start with all loaded, which they would otherwise load one after the other."""

import os
import sys

from rnn_manual.candidates.process.process import Process
from tests.meta.warm.commands import run_warm

LIMIT = 60.0  # seconds


def test_torch_is_loaded_before_a_command_starts(tmp_path):
    """The command, and its candidate's process, which finds what the command has."""
    done = run_warm(_has_all, ["out", "err"], tmp_path, os.environ)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out", "err")


def _has_all(arguments):
    if not {"torch", "pytest", "hypothesis", "rnn_manual.judge.check"} <= sys.modules.keys():
        return 1
    sys.modules["torch"].set_num_threads(1)
    sys.modules["found there"] = sys
    process = Process({}, 1)
    answer = process.call(LIMIT, _loaded, "found there")
    anew = Process({"MKL_CBWR": "COMPATIBLE"}, 1).call(LIMIT, _loaded, "found there")
    for stream, words in zip((sys.stdout, sys.stderr), arguments, strict=True):
        stream.write(words)
    there = answer.value is True and answer.printed == "asked\n"
    return 3 if there and anew.value is False and process.close() == -9 else 1


def _loaded(name):
    print("asked")
    return name in sys.modules
