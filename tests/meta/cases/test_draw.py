"""The numbers of a case: what stands where in them."""

import numpy as np
import pytest

from rnn_manual.cases.draw import draw
from rnn_manual.cases.options import case_of
from rnn_manual.layout import rows_of


def input_of(values, **options):
    """(T, B, I), or a packed sequence's rows."""
    case = case_of(equations="lstm", values=values, **options)
    x = rows_of(draw(case).input)
    return x.swapaxes(0, 1) if options.get("batch_first") else x


def is_large(x):
    return abs(x) > 100


SPECIAL = [("infinities", np.isinf), ("NaN", np.isnan), ("large", is_large)]


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(("values", "special"), SPECIAL)
def test_one_row_of_the_batch_is_special(values, special, batch_first):
    """What is special stands in the first row of the batch, at some steps, and in no other row."""
    found = special(input_of(values, batch_first=batch_first))
    assert found.shape == (7, 4, 3)
    assert not found[:, 1:].any()
    assert 0 < found[:, 0].sum() < found[:, 0].size / 2


@pytest.mark.parametrize(("values", "special"), SPECIAL)
def test_of_one_sequence_some_steps_are_special(values, special):
    """Without a batch they stand anywhere, and most numbers are ordinary."""
    found = special(input_of(values, layout="unbatched"))
    assert 0 < found.sum() < found.size / 2


def test_of_a_packed_batch_one_sequence_is_special():
    """As many steps as the first sequence has, at most, have NaN."""
    found = np.isnan(input_of("NaN", layout="packed")).any(-1)
    sizes = draw(case_of(equations="lstm", values="NaN", layout="packed")).input.batch_sizes
    steps = np.split(found, np.cumsum(sizes)[:-1])
    assert found.sum() > 0
    assert all(step.sum() <= 1 for step in steps)


def test_zeros_of_either_sign_stand_anywhere():
    """Signed zeros are in every row of the batch, of both signs, among ordinary numbers."""
    x = input_of("signed zeros")
    assert (x == 0).any((0, 2)).all()
    assert len(set(np.signbit(x[x == 0]))) == 2
    assert (x == 0).sum() < x.size / 2
    assert (x == 0).all((1, 2)).sum() == 1  # step
    of_two = input_of("signed zeros", T=2)
    assert (of_two[1] == 0).all()


def test_infinities_have_either_sign():
    """Some are positive, some negative; of two at one step, the sum could be NaN."""
    x = input_of("infinities")
    assert np.isinf(x).sum(-1).max() == 1
    assert len(set(np.signbit(x[np.isinf(x)]))) == 2


def test_some_of_what_comes_back_for_out_is_large():
    """And most is not; what comes back for the states is ordinary."""
    d_out, *d_last = draw(case_of(equations="lstm", values="large")).cotangents
    assert 0 < is_large(d_out).sum() < d_out.size / 2
    assert not any(is_large(d).any() for d in d_last)


def test_an_empty_batch_may_be_asked_for_expanded():
    """Of no sequences none stands for all."""
    assert draw(case_of(equations="lstm", B=0, memory="expanded")).input.shape == (7, 0, 3)


def test_nan_stands_in_each_state_in_a_row_of_its_own():
    """And the input's in the first; not where there are too few rows."""
    h_0, c_0 = draw(case_of(equations="lstm", values="NaN")).state
    assert np.argwhere(np.isnan(h_0)).tolist() == [[0, 3, 0]]
    assert np.argwhere(np.isnan(c_0)).tolist() == [[0, 2, 0]]
    assert not np.isnan(draw(case_of(equations="lstm", values="NaN", B=2)).state).any()
    assert np.isnan(draw(case_of(equations="gru", values="NaN", B=2)).state[0][0, 1, 0])
