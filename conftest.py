"""What belongs to running this checkout's own tests only."""

import os

import pytest

from rnn_manual.collector import collect_seldom, keep_what_is_loaded
from rnn_manual.plugin.workers import share_cores

pytest_plugins = ["pytester", "rnn_manual.cli.verify.ahead"]


def pytest_configure(config: pytest.Config) -> None:
    """Workers share the cores, and so do the processes that tests of the command line start."""
    collect_seldom()
    share_cores(config)
    if hasattr(config, "workerinput"):
        import torch

        os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())


def pytest_collection_finish() -> None:
    """What is loaded by now stays."""
    keep_what_is_loaded()
