"""A pytest plugin: a worker loads torch once, for itself and for the processes of torch.nn."""

from __future__ import annotations

import sys

import pytest

from rnn_manual.plugin.workers import share_cores


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Forks them as soon as torch is loaded, in a worker of several."""
    if sys.platform == "linux" and hasattr(config, "workerinput"):
        share_cores(config)
        from rnn_manual.candidates.process.dispatch import REPRODUCIBLE, fork_torch_nn

        fork_torch_nn(REPRODUCIBLE)  # where bits are compared
        if ":" not in config.getoption("candidate"):
            fork_torch_nn({})
