"""Where an output, a sum or a gate is computed, and another value put in its place."""

import pytest
import torch

from rnn_manual import Config, run
from rnn_manual.loops import run_direction
from rnn_manual.parity import prove
from rnn_manual.weights import read_weights
from tests.meta.candidates.right.classes import PlainGRU, PlainRNN
from tests.meta.proof.small import small
from tests.meta.proof.written import Written, WrittenGRU


class OutputChanged(PlainRNN):
    def joined(self, outs):
        return super().joined(outs).clamp(-50, 50)


class DirectionsExchanged(PlainRNN):
    def joined(self, outs):
        return torch.cat(outs[::-1], -1)


class NotTurnedBack(PlainRNN):
    def joined(self, outs):
        forward, backward = outs
        return torch.cat([forward, backward.flip(0)], -1)


@pytest.mark.parametrize("about", [{}, {"batch_first": True}, {"layout": "packed", "B": 3}])
def test_an_output_that_is_changed_below_a_layer(about):
    """It is the layer above's x that is another, and the line below it that made it so."""
    found = prove(OutputChanged, small("rnn", layers=2, **about)).formula
    assert (found.where.quantity, found.where.layer, found.where.step) == ("x", 1, 0)
    assert found.instead == (
        "x of layer 1, forward, step 0 (the first it processes) is another formula than what "
        "layer 0 puts out"
    )
    assert found.where.line.endswith("return super().joined(outs).clamp(-50, 50)")


def test_an_output_that_is_changed_as_rows_is_found():
    """Of all sequences and steps, one after the other, as a packed input has them."""

    def build(module):
        def walk(*given, **options):
            h, last = run_direction(*given, **options)
            return h.clamp(-50, 50), last

        return lambda x, hx=None: run(Config.of(module), read_weights(module), x, hx, walk=walk)

    found = prove(build, small("rnn", layers=2, layout="packed", B=3)).formula
    assert found.instead.endswith("is another formula than what layer 0 puts out")
    assert found.where.line.endswith("return h.clamp(-50, 50), last")


class Rolled(PlainRNN):
    def joined(self, outs):
        return super().joined(outs).roll(1, 0)


@pytest.mark.parametrize(
    ("layer", "x", "line"),
    [
        (Rolled, "step 2's x", "return super().joined(outs).roll(1, 0)"),
        (DirectionsExchanged, "(x with its directions exchanged)", "outs[::-1], -1)"),
        (NotTurnedBack, "(x with its backward half of step 2)", "[forward, backward.flip(0)], -1)"),
    ],
)
def test_the_halves_of_what_goes_in_are_named(layer, x, line):
    """By the line that joined them, and not by the one that multiplied them."""
    both = layer is not Rolled
    found = prove(layer, small("rnn", layers=2, bidirectional=both)).formula
    assert found.instead.endswith(
        f"is W_ih {x} + b_ih + W_hh h + b_hh, expected W_ih x + b_ih + W_hh h + b_hh"
    )
    assert found.where.line.endswith(line)


class Residual(PlainRNN):
    def step(self, x, w, h):
        (new,) = super().step(x, w, h)
        return (new + h,)


def test_the_line_is_that_of_the_wrong_value_and_not_of_what_joins_it():
    """Of one step in two directions, whose states are wrong before they are joined."""
    found = prove(Residual, small("rnn", T=1, layers=2, bidirectional=True)).formula
    assert (found.where.quantity, found.where.layer) == ("x", 1)
    assert found.where.line.endswith("return (new + h,)")


class SumNotUsed(PlainGRU):
    """r is made of a sum with z's rows; its own sum is computed, too."""

    def step(self, x, w, h):
        W_ih, W_hh, b_ih, b_hh = w
        x_r, x_z, x_n = (x @ W_ih.t() + b_ih).chunk(3, 1)
        h_r, h_z, h_n = (h @ W_hh.t() + b_hh).chunk(3, 1)
        both = x_r + h_r
        r, z = torch.sigmoid(x_r + h_z + 0 * both), torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        return (n + z * (h - n),)


def test_a_sum_that_is_computed_and_not_used_is_named():
    """The gate is missing, its sum is not; what the gate is made of is another sum."""
    found = prove(SumNotUsed, small("gru", bias=False)).formula
    assert found.where.quantity == "a_r"
    assert "is W_ir x + W_hz h, expected W_ir x + W_hr h" in found.instead


class GatesOfXExchanged(WrittenGRU):
    def x_parts(self, *given):
        x_z, x_r, x_n = super().x_parts(*given)
        return x_r, x_z, x_n


def test_gates_that_are_exchanged_for_x_alone_are_named_by_what_each_is_used_for():
    """What is computed for z is not taken for r."""
    found = prove(GatesOfXExchanged, small("gru")).formula
    assert "is W_iz x + b_iz + W_hr h + b_hr, expected W_ir x + b_ir + W_hr h" in found.instead
    assert found.where.line.endswith("r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)")


class ChangedAtOneStep(PlainRNN):
    def joined(self, outs):
        out = super().joined(outs).clone()
        out[-1] = out[-1] * 2
        return out


class FirstStateChanged(PlainRNN):
    def forward(self, input, hx=None):
        hx = hx * 2
        return super().forward(input, hx)


class ResetSquared(WrittenGRU):
    def new_n(self, x_n, r, h_n, h):
        s = r * r
        return torch.tanh(x_n + s * h_n)


class SumSquared(Written):
    """Of the gate under tanh."""

    def sums(self, *given):
        i, f, g, o = super().sums(*given)
        g = g * g
        return i, f, g, o


class GatesSquared(Written):
    def new_c(self, i, f, g, c):
        i2, f2 = i * i, f * f
        return f2 * c + i2 * g


@pytest.mark.parametrize(
    ("layer", "about", "words", "line"),
    [
        (ChangedAtOneStep, {"layers": 2}, "x of layer 1, forward, step 2 is another formula than "
         "what layer 0 puts out", "out[-1] = out[-1] * 2"),
        (FirstStateChanged, {}, "h of layer 0, forward, step 0 (the first it processes) is another "
         "formula than h_0[0]", "hx = hx * 2"),
        (ResetSquared, {}, "r of layer 0, forward, step 0 (the first it processes) is computed, "
         "and the cell goes on with another value in its place", "s = r * r"),
        (SumSquared, {}, "a_g of layer 0, forward, step 0 (the first it processes) is computed, "
         "and the cell goes on with another value in its place", "g = g * g"),
        (GatesSquared, {}, "c' of layer 0, forward, step 0 (the first it processes) is another "
         "formula than f·c + i·g", "return f2 * c + i2 * g"),
    ],
)  # fmt: skip
def test_what_is_put_in_is_placed_where_it_is_put(layer, about, words, line):
    """At a later step of a layer, in the first state, in a gate; but not by chance products."""
    found = prove(layer, small(layer.kind, **about)).formula
    assert found.instead == words
    assert found.where.line.endswith(line)
