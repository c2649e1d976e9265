"""What stands in out, h_n and c_n, where all of the loops' quantities were computed."""

import pytest

from rnn_manual.parity import prove
from tests.meta.candidates.right.classes import PlainLSTM, PlainRNN
from tests.meta.proof.small import small


def changed(layer, change):
    """A layer whose results go through a function."""

    class Changed(layer):
        def forward(self, input, hx=None):
            return change(*super().forward(input, hx))

    return Changed


def turned_around(out, state):
    return out.flip(0), state


def c_for_h(out, state):
    return out, (state[1].clone(), state[1])


def turned_view(out, state):
    return out.transpose(0, 1), state


def one_more(out, state):
    return out + 1, state


def squeezed(out, state):
    return out, state.squeeze(0)


@pytest.mark.parametrize(
    ("layer", "change", "words", "line"),
    [
        (PlainRNN, turned_around, "out[0, 0, 0] is h' of layer 0, forward, step 1, batch 0, unit "
         "0, expected h' of layer 0, forward, step 0, batch 0, unit 0",
         "return out.flip(0), state"),
        (PlainLSTM, c_for_h, "h_n[0, 0, 0] is c' of layer 0, forward, step 1, batch 0, unit 0, "
         "expected h' of layer 0, forward, step 1, batch 0, unit 0", ""),
        (PlainRNN, turned_view, "out[0, 1, 0] is h' of layer 0, forward, step 1, batch 0, unit 0, "
         "expected h' of layer 0, forward, step 0, batch 1, unit 0", ""),
        (PlainRNN, squeezed, "h_n is (2, 2), expected (1, 2, 2)", ""),
        (PlainRNN, one_more, "out[0, 0, 0] is none of the loops' values, expected h' of layer 0",
         "return out + 1, state"),
    ],
)  # fmt: skip
def test_what_is_returned_is_named(layer, change, words, line):
    """By the quantity that it is, with the line that put all together; or computed it, if none.

    But none of a view, nor of a result that is due elsewhere: the line that computed it is right.
    """
    found = prove(changed(layer, change), small(layer.kind, T=2)).formula
    assert found.instead.startswith(words)
    assert found.where.line.endswith(line)
    assert bool(found.where.line) == bool(line)


def test_the_sums_are_among_what_is_named():
    """As of a layer that returns what tanh is taken of."""

    class Sums(PlainRNN):
        def step(self, x, w, h):
            return super().step(x, w, h.tanh())

        def forward(self, input, hx=None):
            f, self.f = self.f, lambda a: a
            out, last = super().forward(input, hx)
            self.f = f
            return out, last.tanh()

    found = prove(Sums, small("rnn", T=1, state="omitted")).formula
    assert "out[0, 0, 0] is a of layer 0, forward, step 0, batch 0, unit 0" in found.instead


class KeepsAll(PlainRNN):
    """Nothing is dropped between its layers."""

    def __init__(self, *sizes, dropout=0.0, **options):
        super().__init__(*sizes, **options)


def test_what_is_zero_has_no_other_name():
    """Where all is dropped and there is no bias, every state of layer 1 is 0."""
    case = small("rnn", layers=2, dropout=1.0, bias=False, state="omitted")
    found = prove(KeepsAll, case).formula
    assert found.instead == "h_n[1, 0, 0] is none of the loops' values, expected 0"
