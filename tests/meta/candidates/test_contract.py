"""What no layer may do, whatever it computes: each is seen, and said in one line."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnn_manual.candidates import by_hand
from rnn_manual.candidates.candidate import LOOPS
from rnn_manual.cases.draw import draw
from rnn_manual.cases.options import case_of
from rnn_manual.claims.layer import Layer
from rnn_manual.config import Config
from rnn_manual.parity import Case, Verdict, check

CASE = Case(Config("lstm", 3, 5))


def layer(change):
    """nn's layer, what it returns changed: change(x, hx, out, (h, c)) -> (out, state)."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            return change(x, hx, out, state)

        return call

    return build


def no_list(x, hx, out, state):
    return [out, state]


def state_as_a_list(x, hx, out, state):
    return out, list(state)


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


def state_handed_back(x, hx, out, state):
    return out, (hx[0], state[1])


def out_is_the_state(x, hx, out, state):
    return out, (out[-1:], state[1])


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
    no_list: "returned a list of 2, expected (out, (h_n, c_n))",
    state_as_a_list: "state is a list of 2, expected (out, (h_n, c_n))",
    input_changed: "changed its input in place, expected to leave it as it was",
    input_changed_and_put_back: "changed its input in place",
    input_changed_unseen: "changed its input in place",
    state_changed: "changed its c_0 in place",
    state_handed_back: "h_n shares memory with h_0, expected memory of its own",
    out_is_the_state: "out shares memory with h_n",
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
    """Inputs, states, generators and torch's switches are left alone; results are one's own."""
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


def keeps_a_graph(module):
    def call(x, hx=None):
        with torch.enable_grad():
            out, state = module(x.detach().requires_grad_(), hx)
        return out, state

    return call


def test_a_graph_where_gradients_are_off():
    """What is computed under no_grad requires no gradient. (Inference mode allows no other.)"""
    case = case_of(equations="gru", call="no_grad")
    assert "requires a gradient, where gradients are off" in check(keeps_a_graph, case).message


@pytest.mark.parametrize("call", ["after another", "before another"])
def test_results_in_memory_that_is_used_again(call):
    """What one call returned, another must not write over."""

    class Reusing(nn.RNN):
        kept = None

        def forward(self, input, hx=None):
            out, state = super().forward(input, hx)
            if self.kept is None:
                self.kept = torch.zeros(10_000, dtype=out.dtype)
            with torch.no_grad():
                self.kept[: out.numel()] = out.flatten()
            return out + 0 * out, self.kept[: state.numel()].view(state.shape)

    comparison = check(Reusing, case_of(equations="rnn tanh", call=call))
    assert "changed the h_n that it returned in place at another call" in comparison.message


def test_packed_parts_are_the_inputs():
    """A packed out that is of other sizes is said to be."""

    def change(x, hx, out, state):
        return PackedSequence(out.data, out.batch_sizes + 0, None, None), state

    case = case_of(equations="lstm", layout="packed")
    said = "out.sorted_indices is None, expected the input's, a tensor of shape (4,)"
    assert check(layer(change), case).message == said


def test_a_part_of_the_packing_that_differs_is_named_by_its_first_place():
    """In one short line, however many sequences there are."""

    def change(x, hx, out, state):
        order = x.sorted_indices.clone()
        order[[1, 2]] = order[[2, 1]]
        return PackedSequence(out.data, out.batch_sizes, order, out.unsorted_indices), state

    case = case_of(equations="lstm", layout="packed")
    message = check(layer(change), case, formulas=False).message
    assert re.fullmatch(r"out\.sorted_indices has \d at 1, expected the input's \d", message), (
        message
    )


def test_outputs_changed_in_place_may_raise():
    """A backward that refuses, for its results were changed since, is right to."""

    def change(x, hx, out, state):
        return (out.exp(), state)  # whose backward needs what it returned

    case = case_of(equations="lstm", dtype="float64", call="out changed")
    compared = check(layer(change), case)
    assert compared.tensors["grad input"].reason.startswith("refused, for the outputs were changed")


@pytest.mark.parametrize("changed", ["out changed", "states changed"])
def test_outputs_changed_in_place_must_not_change_gradients(changed):
    """One that goes on with what is there now gives other gradients, and differs."""

    def build(module):
        def call(x, hx=None):
            out, state = module(x, hx)
            kept = (out if changed == "out changed" else state).detach().clone()

            class Kept(torch.autograd.Function):
                @staticmethod
                def forward(ctx, y):
                    ctx.y = y.clone()
                    return ctx.y

                @staticmethod
                def backward(ctx, gradient):
                    return gradient * (ctx.y - kept + 1)

            if changed == "out changed":
                return Kept.apply(out), state
            return out, Kept.apply(state)

        return call

    case = case_of(equations="gru", dtype="float64")
    assert not check(build, case).verdict.fails
    assert check(build, case_of(equations="gru", dtype="float64", call=changed)).verdict.fails


def test_gradients_that_may_be_taken_once_say_so():
    """A backward marked with @once_differentiable has declined second derivatives, not erred."""
    case = case_of(equations="lstm", call="second derivatives")
    compared = check(by_hand.build, case)
    assert not compared.verdict.fails
    assert "once_differentiable" in compared.tensors["grad² input"].reason


def test_a_state_given_where_the_call_before_had_none():
    """A law hands a state to a case that leaves it out; the call before it is still another."""
    case = case_of(equations="rnn relu", state="omitted", call="after another")
    given = Layer(LOOPS)(case, state=(draw(replace(case, state="random")).state[0],))
    assert given.out.shape == (7, 4, 5)
