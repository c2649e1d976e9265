"""The commonest calls are among the cases, and come first."""

from itertools import product

import pytest

import rnn_manual
from rnn_manual.cases.levels import IN_FLOAT64, PLAINEST
from rnn_manual.cases.options import case_of
from rnn_manual.parity import select

COMMONEST = [
    *product(
        ("rnn tanh", "lstm", "gru"),
        (1, 2),
        (False, True),
        (False, True),
        ("omitted", "random"),
        ("float32", "float64"),
    )
]


@pytest.mark.parametrize(("kind", "layers", "bi", "batch_first", "state", "dtype"), COMMONEST)
def test_the_commonest_calls_come_first(kind, layers, bi, batch_first, state, dtype):
    """Padded input, state left out or given, one layer or two: with nothing else unusual."""
    case = case_of(
        equations=kind,
        num_layers=layers,
        bidirectional=bi,
        batch_first=batch_first,
        state=state,
        dtype=dtype,
    )
    assert case in select("standard")[: len({*PLAINEST, *IN_FLOAT64})]


def test_what_there_is_can_be_seen():
    """dir() of the package names what it has, and each of these is there."""
    shown = dir(rnn_manual)
    assert {"Config", "LSTM", "parity", "run", "vjp", "as_numpy"} <= set(shown)
    assert all(getattr(rnn_manual, name) for name in shown)
