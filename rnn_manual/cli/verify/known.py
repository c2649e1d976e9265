"""What only a process that has loaded torch can say of a run; and a pytest plugin: workers do."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from rnn_manual.candidates.errors import Unusable

TOLD = "rnn_manual_known"


class Known(NamedTuple):
    """What a report says of every run: what it is built on, and the modes in their order."""

    environment: dict[str, Any]
    modes: list[str]


def known(device: str) -> Known:
    """Finds it out here.

    Raises: Unusable: torch cannot compute on the device.
    """
    from rnn_manual.candidates.catalogue import MODES
    from rnn_manual.candidates.device import usable_device
    from rnn_manual.judge.report.environment import environment

    return Known(environment(usable_device(device)), list(MODES))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A worker finds it out for the process that reports, which need not load torch then.

    Where torch cannot compute on the device, it tells why, and runs nothing.
    """
    if hasattr(config, "workeroutput"):
        try:
            told: list[Any] | str = list(known(config.getoption("device")))
        except Unusable as error:
            told = str(error)
            items.clear()
        config.workeroutput[TOLD] = told


def told_by(node: Any) -> Known | str | None:
    """What a worker found out, or why it ran nothing; None if it ended before it could say so."""
    told = getattr(node, "workeroutput", {}).get(TOLD)
    return Known(*told) if isinstance(told, list) else told
