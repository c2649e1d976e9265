"""A pytest plugin: a worker loads torch once, for itself and for its candidates' processes."""

from __future__ import annotations

import pytest

from rnn_manual.plugin.workers import share_cores


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Forks them as soon as torch is loaded, in a worker of several."""
    if hasattr(config, "workerinput"):
        share_cores(config)
        from rnn_manual.candidates.process.dispatch import REPRODUCIBLE, fork_ahead

        fork_ahead({}, REPRODUCIBLE)
