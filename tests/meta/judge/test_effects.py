"""What is wrong with a call beside its numbers."""

import torch

from rnn_manual.parity import Case, Verdict, check
from tests.meta.judge.planted import CONFIG


def test_a_packed_out_keeps_the_order_of_its_input():
    """A packed out without the input's permutation is out of order, though its rows are right."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            return out._replace(sorted_indices=None, unsorted_indices=None), state

        return call

    comparison = check(build, Case(CONFIG, layout="packed"))
    assert comparison.verdict == Verdict.ERROR
    assert "out.sorted_indices is None" in comparison.message


def test_the_callers_input_is_left_alone():
    """A candidate that changes its input in place is wrong, whatever it returns."""

    def build(module):
        def call(x, hx=None):
            returned = module(x, hx)
            with torch.no_grad():
                x.add_(1)
            return returned

        return call

    assert "changed its input in place" in check(build, Case(CONFIG)).message
