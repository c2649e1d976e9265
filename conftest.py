"""What belongs to running this checkout's own tests only."""

import os

import pytest
import torch

from rnn_manual.plugin import threads_for

pytest_plugins = ["pytester"]


def pytest_configure(config: pytest.Config) -> None:
    """Workers share the cores, and so do the processes that tests of the command line start."""
    workers = getattr(config, "workerinput", {}).get("workercount")
    if workers:
        torch.set_num_threads(threads_for(workers))
        os.environ["OMP_NUM_THREADS"] = str(threads_for(workers))
