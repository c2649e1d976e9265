"""The judge's own arithmetic keeps to one thread, so that workers do not fight over the cores."""

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from rnn_manual.cases.draw import draw
from rnn_manual.config import Config
from rnn_manual.judge.reference.oracle import run_in_numpy
from rnn_manual.ops import NumpyOps
from rnn_manual.parity import Case, prove
from rnn_manual.threads import one_torch_thread


def threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_numpy_multiplies_in_one_thread():
    """While NumPy's loops run, its BLAS has one thread; afterwards as many as before."""
    seen = set()

    class Ops(NumpyOps):
        def tanh(self, x):
            seen.update(threads())
            return super().tanh(x)

    case = Case(Config("rnn", 3, 5))
    with threadpool_limits(2, user_api="blas"):
        run_in_numpy(case, draw(case), Ops(), np.float64)
        assert seen == {1}
        assert threads() == {2}


def test_a_candidate_is_proved_in_one_thread():
    """Formulas do not depend on how many there are; afterwards there are as many as before."""
    seen = []

    def layer(module):
        def call(*args):
            seen.append(torch.get_num_threads())
            return module(*args)

        return call

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert prove(layer, Case(Config("rnn", 3, 5))).formula.verdict == "proved"
        assert torch.get_num_threads() == 2
        with pytest.raises(KeyError), one_torch_thread():
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert {*seen} == {1}
