"""What a law says when it does not hold."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.cases.options import case_of
from rnn_manual.claims.laws import assert_close
from rnn_manual.claims.layer import Outputs, Returned

CASE = case_of(equations="gru")


def test_what_was_run_is_told():
    """A law may run a case in other ways than its name says: the message has all of them."""
    other = replace(CASE, dtype="float64", config=replace(CASE.config, batch_first=True))
    swapped = Returned(other, None, Outputs(np.zeros((4, 7, 5)), np.zeros((1, 4, 5))))
    right = swapped.changed(lambda o: o._replace(out=o.out.swapaxes(0, 1)))
    wrong = Outputs(np.ones((7, 4, 5)), np.zeros((1, 4, 5)))
    with pytest.raises(pytest.fail.Exception) as failed:
        assert_close(Returned(CASE, None, wrong), right)
    told = str(failed.value).splitlines()[-1]
    assert told == f"run on    {CASE}; and {other}"
    assert "float32" in told
    assert "batch_first=True" in told
