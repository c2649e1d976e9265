"""F. Backpropagation: gradients, against those computed by hand and against laws."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.cases.excluded import (
    CHAOTIC,
    DRAWN,
    EMPTY,
    FADED,
    KINKED,
    MANY,
    NARROW,
    OTHER_CALLS,
    SPECIAL,
    WIDE,
    ZEROS,
)
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.gradients import (
    assert_gradients_close,
    check_slopes,
    gradients,
    gradients_by_hand,
    shut,
)
from rnn_manual.claims.jacobians import (
    at_rest,
    first_row,
    jacobian,
    jacobians_of_steps,
    rounded_product,
    rounded_steps,
    with_forget_gate,
)
from rnn_manual.claims.laws import assert_near, claim, distinct, one_direction, padded
from rnn_manual.claims.pieces import gradients_in_two, halves_by_hand
from rnn_manual.judge.reference.tolerance import reference

# Jacobians and differences: in chaos they are of no size, and narrow formats have few numbers.
PRECISE = [CHAOTIC, DRAWN, EMPTY, NARROW, OTHER_CALLS, SPECIAL]


@claim("F2", "autograd = the walk backwards, by hand: ∂/∂x, ∂/∂h_0, ∂/∂c_0, ∂/∂W, ∂/∂b")
@law(
    where=lambda c: c.call not in ("no_grad", "inference_mode", "second derivatives"),
    without=[DRAWN],
)
def test_gradients_are_those_of_the_walk_taken_backwards(layer, case):
    """For random cotangents on out, h_n and c_n, every gradient is what it is by hand."""
    assert_gradients_close(case, gradients(layer, case), gradients_by_hand(case))


@claim("F2", "∂y/∂v · u = (y(v + εu) - y(v - εu)) / 2ε")
@law(without=[*PRECISE, MANY, KINKED])
def test_gradients_are_the_slopes_that_differences_find(layer, case):
    """Gradients are what moving input, states and parameters does to outputs, in float64."""
    check_slopes(layer, replace(case, dtype="float64", memory="contiguous"))


def one_layer(case):
    return one_direction(case) and case.config.num_layers == 1


@claim("F2", "∂h_T/∂h_0 = J_T ⋯ J_1, J_t = ∂h_t/∂h_{t-1}")
@law(where=lambda c: one_layer(c) and c.seq_len > 1, without=[*PRECISE, FADED, WIDE])
def test_the_gradient_through_time_is_a_product(layer, case):
    """The Jacobian through T steps is the product of the steps' own; an LSTM's state is (h, c)."""
    start = first_row(case)
    (whole, _), steps = jacobian(layer, start), jacobians_of_steps(layer, start)
    product = np.linalg.multi_dot([*steps[::-1], np.eye(len(whole))])
    limit = rounded_product(start, steps)
    assert limit < 0.01 * abs(product).max()  # a gradient of zeros would not pass
    assert_near(whole, product, limit, "∂h_T/∂h_0")


@claim("F2", "W_hh = ρQ, QᵀQ = 1, W_ih x = b = h_0 = 0  ⇒  σ(∂h_T/∂h_0) = ρ^T")
@pytest.mark.parametrize("stretch", [0.5, 1.0, 1.5])
@law(where=lambda c: one_layer(c) and c.kind == "rnn-tanh", without=[*PRECISE, WIDE])
def test_it_vanishes_or_explodes(layer, case, stretch):
    """At rest, where tanh' = 1, a gradient is ρ times as long a step earlier: to 0, or no end."""
    start, H = at_rest(case, stretch), case.config.hidden_size
    lengths = np.linalg.svd(jacobian(layer, start)[0], compute_uv=False)
    # A step adds up H products, with one rounding each and one for Q; and |Q| is √H at most.
    limit = rounded_steps(start, (H + 1) * H**0.5)
    assert_near(lengths / stretch ** len(start.x), np.ones(H), limit, "σ(∂h_T/∂h_0) / ρ^T")


@claim("F2", "W_hh = 0, f = σ(b_f)  ⇒  ∂c_T/∂c_0 = σ(b_f)^T")
@pytest.mark.parametrize("bias", [0.0, 10.0])
@law(
    where=lambda c: one_layer(c) and c.config.kind == "lstm" and c.config.bias,
    without=[*PRECISE, WIDE],
)
def test_an_open_forget_gate_keeps_it(layer, case, bias):
    """Along c the gradient is multiplied by the forget gate alone: open, it keeps it whole."""
    start, H = with_forget_gate(case, bias), case.config.hidden_size
    kept = jacobian(layer, start)[0][-H:, -H:] * (1 + np.exp(-bias)) ** len(start.x)
    # A step multiplies once, by a σ that kernels give to within a few roundings.
    assert_near(kept, np.eye(H), rounded_steps(start, 8), "∂c_T/∂c_0 / σ(b_f)^T")


def several_steps(case):
    return one_direction(case) and case.seq_len > 1


@claim("F2", "∂(x, h_0) = ∂(x[s:], h_s) ∘ ∂(x[:s], h_0)")
@law(where=several_steps, without=[DRAWN, OTHER_CALLS])
def test_the_gradient_crosses_from_call_to_call(layer, case):
    """Two calls, h_n (and c_n) handed on as it is, have the gradients of one call."""
    in_two = gradients_in_two(layer, case, detached=False)
    assert_gradients_close(case, in_two, gradients(layer, case))


@claim("F2", "h_s detached  ⇒  ∂W = ∂W(x[:s], h_0) + ∂W(x[s:], h_s)")
@law(where=lambda c: several_steps(c) and distinct(c), without=[*PRECISE, ZEROS])
def test_truncated_is_the_sum_of_the_pieces(layer, case):
    """With the state detached at the cut, gradients are the pieces' own, and not the whole's."""
    in_two, limits = gradients_in_two(layer, case, detached=True), reference(case).allowed
    assert_gradients_close(case, in_two, halves_by_hand(case))
    whole = gradients(layer, case)
    others = [name for name in whole if (abs(in_two[name] - whole[name]) > 2 * limits[name]).any()]
    assert others, "every gradient is that of one call, as if nothing were detached"


@claim("F2", "a = 0  ⇒  ∂max(0, a)/∂a = 0")
@law(
    where=lambda c: padded(c) and c.kind == "rnn-relu",
    without=[DRAWN, OTHER_CALLS],
)
def test_a_relu_at_zero_lets_nothing_through(layer, case):
    """Where all that relu units add up is exactly 0, every gradient is 0: they count as shut."""
    for data in shut(case):
        open_ = [name for name, array in gradients(layer, case, data).items() if array.any()]
        assert not open_, f"not 0: gradients of {', '.join(open_)}"
