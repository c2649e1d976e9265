"""The fixtures through which tests meet the candidate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from rnn_manual.plugin.options import AGAINST, RECORDER
from rnn_manual.plugin.reporting import COMPARISON, DRIFT
from rnn_manual.plugin.workers import share_cores

if TYPE_CHECKING:
    from rnn_manual.claims.layer import Layer
    from rnn_manual.parity import Candidate, Case, Comparison


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """Where the candidate computes, as --device names it."""
    from rnn_manual.candidates.device import usable_device

    share_cores(request.config)
    return usable_device(request.config.getoption("device"))


@pytest.fixture(scope="session")
def candidate(request: pytest.FixtureRequest) -> Candidate:
    """What is judged, as --candidate names it."""
    from rnn_manual.candidates.catalogue import as_candidate
    from rnn_manual.candidates.process.dispatch import set_limit

    share_cores(request.config)
    set_limit(request.config.getoption("case_limit"))
    return as_candidate(request.config.getoption("candidate"))


@pytest.fixture
def layer(request: pytest.FixtureRequest, candidate: Candidate, device: str) -> Layer:
    """The candidate as a function from a case and its numbers to what it returns.

    A test of a case whose numbers torch cannot compute with on the device is skipped.
    """
    from rnn_manual.candidates import device as devices
    from rnn_manual.cases.case import Case
    from rnn_manual.claims.layer import Layer

    callspec = getattr(request.node, "callspec", None)
    case = callspec.params.get("case") if callspec else None
    if isinstance(case, Case) and (message := devices.lacking(case.dtype, device)):
        pytest.skip(message)
    return Layer(candidate, device)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[Comparison], None]:
    """Takes a comparison into the report of `rnn-manual verify`, and asserts that it is well."""

    def recorded(comparison: Comparison) -> None:
        __tracebackhide__ = True
        request.node.stash[COMPARISON] = comparison
        recorder = request.config.pluginmanager.getplugin(RECORDER)
        if recorder:
            recorder.add(comparison)
        against = request.config.pluginmanager.getplugin(AGAINST)
        drift = against.drift(comparison) if against else None
        if drift:
            request.node.stash[DRIFT] = drift
        comparison.assert_ok()
        if drift and drift.fails:
            from rnn_manual.recordings.compared.words import in_words

            pytest.fail(f"differs from the recording: {in_words(drift)}", pytrace=False)

    return recorded


@pytest.fixture
def agrees(
    candidate: Candidate, device: str, record: Callable[[Comparison], None]
) -> Callable[[Case], None]:
    """Asserts that the candidate agrees with the loops and the oracle on a case."""
    from rnn_manual.parity import check

    def checked(case: Case) -> None:
        __tracebackhide__ = True
        record(check(candidate, case, device=device))

    return checked
