"""All that a command loads, and the cases that it draws up: once, for all that are forked."""

import pkgutil
from importlib import import_module

import _pytest.assertion.rewrite  # noqa: F401 - what pytest loads as it starts
import hypothesis  # noqa: F401
import pytest  # noqa: F401

import rnn_manual
from rnn_manual.cases.levels import standard

for module in pkgutil.walk_packages(rnn_manual.__path__, "rnn_manual."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
standard()
