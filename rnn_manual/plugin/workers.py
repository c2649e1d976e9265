"""How several processes share the cores of a machine."""

from __future__ import annotations

import os

import pytest


def cores() -> int:
    """Cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def threads_for(workers: int) -> int:
    """Threads for each of several processes, so that they do not fight over the cores."""
    return max(1, cores() // workers)


def share_cores(config: pytest.Config) -> None:
    """Gives torch its share of threads, if this process is one of several workers."""
    workers: int = getattr(config, "workerinput", {}).get("workercount", 0)
    # Several threads cut sums up: what is to be compared must not depend on how many there are.
    alone = config.getoption("record", None) or config.getoption("against", None)
    if workers or alone:
        import torch

        torch.set_num_threads(1 if alone else threads_for(workers))
