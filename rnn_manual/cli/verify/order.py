"""A pytest plugin: the tests of one case come one after the other, for they share its reference.

Workers that are handed stretches of the suite then have little to compute twice. Modes come last,
one after the other, so that few workers start a process for those that need one of their own.
"""

from __future__ import annotations

import pytest

from rnn_manual.collector import collect_seldom, keep_what_is_loaded


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests by mode and case; those of no case come first, in their own order."""
    items.sort(key=_mode_and_case)


def pytest_configure() -> None:
    """Before torch is loaded."""
    collect_seldom()


def pytest_collection_finish() -> None:
    """What is loaded by now stays."""
    keep_what_is_loaded()


def _mode_and_case(item: pytest.Item) -> tuple[str, str]:
    callspec = getattr(item, "callspec", None)
    asked = callspec.params if callspec else {}
    mode, case = asked.get("mode"), asked.get("case")
    # (Where --kind leaves a test no case, pytest stands something of its own in its place.)
    return mode if isinstance(mode, str) else "", getattr(case, "id", "")
