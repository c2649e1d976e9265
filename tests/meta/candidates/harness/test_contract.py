"""What a layer must leave as it was, whatever it computes: each change is told in one line."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual.cases.options import case_of
from rnn_manual.config import Config
from rnn_manual.parity import Case, Verdict, check
from tests.meta.candidates.harness.changing import layer
from tests.meta.candidates.right.classes import Renamed

CASE = Case(Config("lstm", 3, 5))


def input_changed(x, hx, out, state):
    with torch.no_grad():
        x.add_(1)
    return out, state


def input_changed_and_put_back(x, hx, out, state):
    with torch.no_grad():
        x.add_(0)
    return out, state


def input_changed_unseen(x, hx, out, state):
    x.data.add_(1)
    return out, state


def state_changed(x, hx, out, state):
    with torch.no_grad():
        hx[1].mul_(2)
    return out, state


def generator_used(x, hx, out, state):
    torch.rand(1)
    return out, state


def grad_mode_left_off(x, hx, out, state):
    torch.set_grad_enabled(False)
    return out, state


def default_dtype_changed(x, hx, out, state):
    torch.set_default_dtype(torch.float64)
    return out, state


def threads_changed(x, hx, out, state):
    torch.set_num_threads(torch.get_num_threads() + 1)
    return out, state


def onednn_left_off(x, hx, out, state):
    torch._C._set_mkldnn_enabled(False)
    return out, state


def deterministic_left_on(x, hx, out, state):
    torch.use_deterministic_algorithms(True)
    return out, state


def numpys_generator_used(x, hx, out, state):
    np.random.rand()
    return out, state


def pythons_generator_used(x, hx, out, state):
    random.random()
    return out, state


SAID = {
    input_changed: "changed its input in place, expected to leave it as it was",
    input_changed_and_put_back: "changed its input in place",
    input_changed_unseen: "changed its input in place",
    state_changed: "changed its c_0 in place",
    generator_used: "left torch's random generator in another state",
    grad_mode_left_off: "left torch's grad mode at False, where it was True",
    default_dtype_changed: "left torch's default dtype at torch.float64, where it was torch.f",
    threads_changed: "left torch's number of threads at",
    onednn_left_off: "left torch's use of oneDNN at False, where it was True",
    deterministic_left_on: "left torch's choice of deterministic algorithms at True, where",
    numpys_generator_used: "left NumPy's random generator in another state",
    pythons_generator_used: "left Python's random generator in another state",
}


@pytest.mark.parametrize("change", SAID, ids=lambda change: change.__name__)
def test_what_no_call_may_do(change):
    """Inputs, states, generators and torch's switches are left alone."""
    before = switches()
    comparison = check(layer(change), CASE)
    assert comparison.verdict == Verdict.ERROR
    assert SAID[change] in comparison.message
    assert switches() == before  # nothing of it is left behind for whoever runs next


def switches():
    return (
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch._C._get_mkldnn_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        np.random.get_state()[1].tolist(),
        random.getstate(),
    )


def put_into_eval(module):
    module.eval()


def another_parameter(module):
    module.weight_ih_l0 = nn.Parameter(module.weight_ih_l0.detach().clone())


def another_buffer(module):
    module.register_buffer("kept", torch.zeros(1))


def a_hook(module):
    module.register_forward_hook(lambda *given: None)


LEFT = {
    put_into_eval: "another training mode",
    another_parameter: "other parameters",
    another_buffer: "other names in its state_dict",
    a_hook: "other hooks",
}


@pytest.mark.parametrize("change", LEFT, ids=lambda change: change.__name__)
def test_what_no_call_may_leave_on_its_module(change):
    """The caller's own state of a module is what it was."""

    class Changed(nn.LSTM):
        def forward(self, input, hx=None):
            result = super().forward(input, hx)
            change(self)
            return result

    message = check(Changed, CASE, formulas=False).message
    assert message == f"left its module with {LEFT[change]} than before"


def test_a_weight_changed():
    """Weights are left alone, too."""

    def build(module):
        def call(x, hx=None):
            result = module(x, hx)
            module.weight_ih_l0.data.mul_(1.5)
            return result

        return call

    assert "changed its weight_ih_l0 in place" in check(build, CASE).message


class ChangesDuringBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, kept):
        ctx.kept = kept
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        ctx.kept.data.add_(1)
        return gradient, None


def test_an_input_changed_during_backward():
    """What is left alone forward is left alone backward."""

    def build(module):
        return lambda x, hx=None: module(ChangesDuringBackward.apply(x, x), hx)

    assert "changed its input in place during backward" in check(build, CASE).message


class WritesToItsCotangent(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.mul_(1)


def test_a_cotangent_written_to():
    """The gradients that come in are the caller's, too."""

    def change(x, hx, out, state):
        return WritesToItsCotangent.apply(out), state

    assert "changed the gradient for out in place" in check(layer(change), CASE).message


class ChangesItsOwn(Renamed):
    """A weight that has another name than nn's."""

    def forward(self, input, hx=None):
        with torch.no_grad():
            self.own_bias_ih_l0.add_(1)
        return super().forward(input, hx)


class ReturnsItsOwn(Renamed):
    def forward(self, input, hx=None):
        out, h_n = super().forward(input, hx)
        return out, self.own_bias_ih_l0.expand_as(h_n)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (ChangesItsOwn, "changed its own_bias_ih_l0 in place"),
        (ReturnsItsOwn, "h_n shares memory with own_bias_ih_l0"),
    ],
)
def test_weights_of_other_names_are_left_alone_too(layer, said):
    """Neither changed nor returned."""
    compared = check(layer, case_of(equations="rnn tanh", B=1), formulas=False)
    assert compared.verdict == Verdict.ERROR
    assert said in compared.message
