"""A weight of another direction and another first state are named as a part of the formula."""

import torch

from rnn_manual import Config, run
from rnn_manual.parity import prove
from rnn_manual.weights import read_weights
from tests.meta.candidates.right.classes import PlainLSTM
from tests.meta.proof.search.wrong_cells import projecting
from tests.meta.proof.small import small


def of_weights(change, state=lambda hx: hx):
    """The loops on other weights than the module's, of one layer in two directions."""

    def build(module):
        config, ((one, other),) = Config.of(module), read_weights(module)
        weights = ((one, change(one, other)),)
        return lambda x, hx=None: run(config, weights, x, state(hx))

    return build


def rows_of_n(one, other):
    """The biases of h, those of n another direction's."""
    H = len(one.bias_hh) // 3
    return torch.cat([other.bias_hh[: 2 * H], one.bias_hh[2 * H :]])


def test_a_part_of_other_weights_is_named():
    """One bias alone, and the projection."""
    case = small("lstm", bidirectional=True)
    for role, said in (
        ("bias_ih", "is W_ii x + the other direction's b_ii + W_hi h + b_hi, expected W_ii x"),
        ("bias_hh", "is W_ii x + b_ii + W_hi h + the other direction's b_hi, expected W_ii x"),
    ):
        build = of_weights(
            lambda one, other, role=role: other._replace(**{role: getattr(one, role)})
        )
        assert said in prove(build, case).formula.instead
    build = of_weights(lambda one, other: other._replace(bias_hh=rows_of_n(one, other)))
    said = prove(build, small("gru", bidirectional=True)).formula.instead
    words = "W_in x + b_in + r·(W_hn h + the other direction's b_hn), expected W_in x + b_in + r"
    assert f"is {words}" in said
    build = of_weights(lambda one, other: other._replace(weight_hr=one.weight_hr))
    said = prove(build, small("lstm", H=3, proj_size=2, bidirectional=True)).formula.instead
    assert said.endswith("is the other direction's W_hr (o·tanh(c')), expected W_hr (o·tanh(c'))")


class UnsortedC(PlainLSTM):
    def _packed(self, input, hx):
        return super()._packed(input, (hx[0], hx[1][:, input.unsorted_indices]))


def test_another_first_state_is_named():
    """A row of c_0, and one whose sequences are in another order."""
    build = of_weights(lambda one, other: other, lambda hx: (hx[0], hx[1].flip(0)))
    said = prove(build, small("lstm", bidirectional=True)).formula.instead
    assert said.endswith("is f·c_0[1] + i·g, expected f·c_0[0] + i·g")
    said = prove(UnsortedC, small("lstm", layout="packed", B=6)).formula.instead
    assert said.endswith("is f·(c of sequences in another order) + i·g, expected f·c + i·g")


def test_of_a_projection_it_is_the_whole_that_is_told():
    """What is projected beside h' is not taken for h', as where tanh is taken after it."""
    case = small("lstm", H=3, proj_size=2)
    without = projecting(lambda o, c, P: (o * c) @ P.T)
    words = "tanh(c') of layer 0, forward, step 0 (the first it processes) is"
    assert prove(without, case).formula.instead.startswith(f"{words} left out: h' is o·c'")
    for after in (
        projecting(lambda o, c, P: (o @ P.T) * (c @ P.T).tanh()),
        projecting(lambda o, c, P: ((o * c) @ P.T).tanh()),
    ):
        found = prove(after, case).formula
        assert found.instead == f"{words} never computed"
        assert "projecting(lambda o, c, P: (" in found.where.line
