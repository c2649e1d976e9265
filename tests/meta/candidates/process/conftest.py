"""These tests are of the processes that users' layers have."""

import pytest

from rnn_manual.candidates.process.process import Process
from rnn_manual.candidates.process.starting import anew


@pytest.fixture(autouse=True)
def anew_as_for_users(monkeypatch):
    """No forks, which all other tests have."""
    monkeypatch.setattr(Process, "start", staticmethod(anew))
