"""The pytest plugin: options, and the fixtures through which tests meet the candidate.

Loaded by every pytest that runs where rnn-manual is installed, so torch is imported only once a
test asks for it.
"""

from rnn_manual.plugin.collection import pytest_generate_tests
from rnn_manual.plugin.fixtures import agrees, candidate, device, layer, record
from rnn_manual.plugin.options import pytest_addoption, pytest_configure
from rnn_manual.plugin.reporting import pytest_runtest_makereport, pytest_terminal_summary

__all__ = [
    "agrees",
    "candidate",
    "device",
    "layer",
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "record",
]
