"""Python's collector of garbage, where much is computed and little of it lies in cycles."""

from __future__ import annotations

import gc

ALLOCATED = 20_000  # objects more than were freed, before it looks again; Python's own are 700


def collect_seldom() -> None:
    """What is loaded by now is never gone through again, and what is computed seldom is."""
    gc.freeze()
    gc.set_threshold(ALLOCATED, 10, 10)
