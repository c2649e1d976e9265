"""A trace knows all that was computed, and nothing else."""

import numpy as np
import pytest

from rnn_manual.candidates.candidate import torch_nn
from rnn_manual.proof.arithmetic.residues import PRIME
from rnn_manual.proof.runs.followed import Followed
from rnn_manual.proof.runs.trace import Trace, are_among, keys_of, traced
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


def test_keys_are_found_among_others():
    """The first, the last, and none that is not there."""
    known = np.array([2, 5, 9], np.uint64)
    asked = np.array([9, 2, 5, 1, 6, 10], np.uint64)
    assert are_among(asked, known).tolist() == [True, True, True, False, False, False]


def of_one_operation(values):
    """A trace of nothing but these values."""
    flat = values.reshape(len(values), -1)
    return Trace([], keys_of(values).ravel(), flat.astype(np.int32), None)


def test_where_nothing_was_computed_nothing_is_found():
    values = np.arange(1, 9).reshape(4, 2)
    assert of_one_operation(values).first(values).tolist() == [0, 1]
    assert of_one_operation(values[:, :0]).first(values).tolist() == [-1, -1]


def test_a_zero_among_numbers_need_not_be_computed():
    """It has the number 0, and the others have theirs; without one of these there is none."""
    values = np.array([[3, 0, 5], [4, 0, 6], [7, 0, 8], [9, 0, 1]])
    followed = Followed(of_one_operation(values[:, ::2]), np.array([0.5, -2.0]))
    assert followed.number_of(values).tolist() == [0.5, 0, -2]
    assert followed.number_of(values[:, 1:2]).tolist() == [0]
    assert followed.number_of(values + 1) is None
