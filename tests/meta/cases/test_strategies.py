"""Cases that are drawn: a fault that hides in a corner is found, and shrunk to where it begins."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_manual.cases.draw import draw
from rnn_manual.cases.strategies import cases
from rnn_manual.config import Config
from rnn_manual.judge.smallest import smallest_failure
from rnn_manual.mistakes.wrong import Mistake
from rnn_manual.parity import Case, check


def off_from_the_third_layer_on(net):
    """The backward direction starts from twice its state, in layers 2 and above."""

    def doubled(h, *c):
        rows = [net.config.layer_direction(row) for row in range(net.config.num_rows)]
        factors = h.new_tensor([2.0 if k >= 2 and d == 1 else 1.0 for k, d in rows])
        return (h * factors.view(-1, *[1] * (h.dim() - 1)), *c)

    return net.from_state(doubled)


pytestmark = pytest.mark.usefixtures("elsewhere")
PLANTED = Mistake("planted", "planted", off_from_the_third_layer_on, ())
PLAINEST = Case(Config("rnn", 1, 1, num_layers=3, bidirectional=True), 1, 1)


def test_a_fault_in_a_corner_is_shrunk_to_its_plainest_case():
    """A fault of bidirectional nets of three layers is found, on the smallest there are."""
    assert smallest_failure(PLANTED, cases(), examples=200, formulas=False) == PLAINEST


def test_another_formula_is_a_failure():
    """What bfloat16 rounds away is found by its formula, and by that alone."""

    def build(module):
        with torch.no_grad():
            module.bias_hh_l0[0] += 1e-9
        return module

    drawn = st.just(Case(Config("rnn", 2, 3), 1, 1, dtype="bfloat16"))
    assert smallest_failure(build, drawn, examples=1) is not None
    assert smallest_failure(build, drawn, examples=1, formulas=False) is None


def test_the_failure_says_where_it_begins():
    """What is said of that case names the layer and the direction."""
    with pytest.raises(AssertionError, match="layer 2, backward, step 0"):
        check(PLANTED, PLAINEST).assert_ok()


def test_a_right_layer_is_not_at_fault():
    """Of a layer that holds on every case, there is no smallest failure."""
    assert smallest_failure(lambda module: module, cases(["lstm"], ["float64"]), examples=5) is None


def test_every_case_that_is_drawn_can_be_run():
    """Cases are of the kinds and dtypes asked for, and their numbers fit together."""

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(cases(["gru", "lstm"], ["bfloat16"]))
    def fits(case):
        assert case.config.kind in ("gru", "lstm")
        assert case.dtype == "bfloat16"
        assert list(draw(case).parameters) == list(case.config.parameter_shapes())

    fits()
