"""What a layer returns: its form, memory and graph, and what becomes of it when it is changed."""

import re
from dataclasses import replace

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
from tests.meta.candidates.harness.changing import layer


def no_list(x, hx, out, state):
    return [out, state]


def state_as_a_list(x, hx, out, state):
    return out, list(state)


def state_handed_back(x, hx, out, state):
    return out, (hx[0], state[1])


def out_is_the_state(x, hx, out, state):
    return out, (out[-1:], state[1])


SAID = {
    no_list: "returned a list of 2, expected (out, (h_n, c_n))",
    state_as_a_list: "state is a list of 2, expected (out, (h_n, c_n))",
    state_handed_back: "h_n shares memory with h_0, expected memory of its own",
    out_is_the_state: "out shares memory with h_n",
}


@pytest.mark.parametrize("change", SAID, ids=lambda change: change.__name__)
def test_what_no_call_may_return(change):
    """Results come in nn's form, and in memory of their own."""
    comparison = check(layer(change), Case(Config("lstm", 3, 5)))
    assert comparison.verdict == Verdict.ERROR
    assert SAID[change] in comparison.message


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
    assert "changed the h_n that it returned in place in another call" in comparison.message


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


class ZeroesItsState(nn.RNN):
    """Where it is given one."""

    def forward(self, input, hx=None):
        if hx is not None:
            hx.detach().zero_()
        return super().forward(input, hx)


class TakesNoState(nn.RNN):
    def forward(self, input, hx=None):
        if hx is not None:
            raise ValueError("no state, please")
        return super().forward(input, hx)


def test_what_another_call_did_is_told_with_it():
    """The case itself gives no state, and shows nothing when it is called alone."""
    case = case_of(equations="rnn relu", state="omitted", call="after another")
    said = check(ZeroesItsState, case, formulas=False).message
    assert said.startswith("changed its h_0 in place")
    assert said.endswith(", in another call before it, state random")
    alone = replace(case, call="with gradients")
    assert not check(ZeroesItsState, alone, formulas=False).verdict.fails
    assert check(TakesNoState, case, formulas=False).message == (
        "raised ValueError: no state, please, in another call before it, state random"
    )
