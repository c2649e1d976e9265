"""Hypothesis strategies for tests of your own: `@given(strategies.cases())`."""

from rnn_manual.cases.strategies import cases as cases

__all__ = ["cases"]
