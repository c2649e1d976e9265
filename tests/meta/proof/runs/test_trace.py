"""A trace knows all that was computed, and nothing else."""

import pytest

from rnn_manual.candidates.candidate import torch_nn
from rnn_manual.proof.arithmetic.residues import PRIME
from rnn_manual.proof.runs.trace import traced
from tests.meta.proof.small import small


@pytest.mark.parametrize("size", [1, 2])
def test_what_an_operation_computed_was_computed(size):
    """One value as well as many; and not with another in the place of the first or the last."""
    trace = traced(torch_nn, small("gru", T=1, B=1, H=size))
    assert trace.executed
    for operation in trace.executed:
        values = trace.points_of(operation).values
        assert trace.has_all(values)
        for place in (0, -1) if values.size and values.any() else ():
            another = values.copy()
            another[:, place] = (another[:, place] + 1) % PRIME
            assert not trace.has_all(another)
