"""Leaves that a right layer does not use: a gradient that does not flow is one of zero."""

import pytest
from torch import nn

from rnn_manual.cases.options import case_of
from rnn_manual.parity import check


def skips_products_with_nothing(module):
    """For one step from no state, W_hh meets zeros only, and need not be multiplied with."""

    def call(x, hx=None):
        if hx is not None or len(x) > 1:
            return module(x, hx)
        h = nn.functional.linear(x, module.weight_ih_l0, module.bias_ih_l0 + module.bias_hh_l0)
        return h.tanh(), h.tanh()

    return call


@pytest.mark.parametrize("call", ["with gradients", "second derivatives"])
def test_a_weight_that_is_not_used_has_a_gradient_of_zero(call):
    """Leaving out what is zero is right, though autograd then knows no gradient for W_hh."""
    case = case_of(equations="rnn tanh", T=1, state="omitted", dtype="float64", call=call)
    compared = check(skips_products_with_nothing, case, formulas=False)
    compared.assert_ok()
    assert compared.tensors["grad weight_hh_l0"].verdict.value != "unsupported"
