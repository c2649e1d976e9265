"""Every mistake of the dictionary computes another formula; where, and what instead, is told."""

from functools import cache

import pytest

from rnn_manual.mistakes import MISTAKES, equations, states, weights
from rnn_manual.parity import Unsupported, prove
from tests.meta.proof.search.dictionary import MASKS, OPEN, PLACES, TOLD
from tests.meta.proof.small import shown_on


@cache
def formula(name):
    mistake = MISTAKES[name]
    return prove(mistake, shown_on(mistake)).formula


def test_every_mistake_has_a_place_or_is_told_otherwise():
    """Each mistake of the dictionary is in one of the lists, and in no two."""
    lists = [set(PLACES), set(TOLD), set(OPEN), MASKS]
    assert sorted(name for names in lists for name in names) == sorted(MISTAKES)


@pytest.mark.parametrize("name", PLACES)
def test_a_mistake_is_another_formula_and_is_placed(name):
    """Its verdict is other, so are its numbers in float64, and it begins where the table says."""
    found = formula(name)
    assert found.verdict == "other", found
    assert found.differs
    where = found.where
    assert (where.quantity, where.layer, where.direction, where.step) == PLACES[name]


@pytest.mark.parametrize("name", TOLD)
def test_what_a_proof_leaves_out_is_told(name):
    """What is cast is named with its line; so are the gradients that are not there."""
    found = formula(name)
    assert found.verdict == "proved"
    assert TOLD[name] in found.said


@pytest.mark.parametrize("name", OPEN)
def test_what_a_call_leaves_behind_is_open(name):
    """It is seen on residues too, and the reason says what it was."""
    found = formula(name)
    assert found.verdict == "open"
    assert OPEN[name] in found.reason


@pytest.mark.parametrize("name", sorted(MASKS))
def test_masks_of_ones_own_are_not_compared(name):
    """Where masks are random, a candidate that is not nn is not judged by its formulas."""
    with pytest.raises(Unsupported, match="only nn draws nn's masks"):
        formula(name)


UNNAMED = ("another formula than", "none of the loops' values")


def test_what_stands_there_instead_is_named():
    """For at least 4 in 5 of the mistakes in equations, states and weights; these two are not."""
    rooms = {room.__name__ for room in (equations, states, weights)}
    asked = {name for name in PLACES if MISTAKES[name].wrong.__module__ in rooms}
    assert len(asked) > 30
    unnamed = {
        name
        for name in asked
        if not formula(name).instead or any(said in formula(name).instead for said in UNNAMED)
    }
    assert unnamed == {"ones_for_no_state", "weight_off_by_1e_2"}
    assert 5 * len(unnamed) <= len(asked)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gates_i_f_exchanged", "c' of layer 0, forward, step 0 (the first it processes) is "
         "i·c + f·g, expected f·c + i·g"),
        ("z_lets_in", "z·n + h·(1 - z), expected n + z·(h - n)"),
        ("r_left_out", "W_in x + b_in + W_hn h + b_hn, expected W_in x + b_in + r·(W_hn h + b_hn)"),
        ("bias_hh_dropped", "W_ii x + b_ii + W_hi h, expected W_ii x + b_ii + W_hi h + b_hi"),
        ("state_kept", "is W_ii x + b_ii + W_hi h_n[0] of the call before + b_hi, expected"),
        ("h_n_and_c_n_exchanged", "h_n[0, 0, 0] is c' of layer 0, forward, step 2"),
        ("forward_half_only", "W_ii of the forward half of x"),
        ("c_0_ignored", "c' of layer 0, forward, step 0 (the first it processes) is i·g, expected"),
        ("gradients_doubled", "grad weight_ih_l0 is twice what is expected"),
        ("g_derivative_of_sigmoid", "da_g of layer 0, forward, step 2 (where its way back begins) "
         "is dc'·i·g·(1 - g), expected dc'·i·(1 - g²)"),
        ("i_and_f_derivatives_exchanged", "is dc'·g·f·(1 - f), expected dc'·g·i·(1 - i)"),
        ("tanh_derivative_at_the_state_before", "is dh'·(1 - h²), expected dh'·(1 - h'²)"),
        ("dc_through_h_missing", "is d c_n alone, expected dc + dh'·o·(1 - tanh²"),
        ("d_c_n_dropped", "dc' of layer 0, forward, step 2 (where its way back begins) is "
         "dh'·o·(1 - tanh²(c')), expected dc + dh'·o·(1 - tanh²(c'))"),
        ("d_h_n_dropped", "is d out of step 2 alone, expected d out of step 2 + d h_n"),
        ("recurrent_term_missing", "is d out of step 1 alone, expected d out of step 1 + dh of "),
        ("gradient_cut_between_steps", "dh of layer 0, forward, step 2 (where its way back begins) "
         "is 0, with dc left out as well, expected W_hiᵀ da_i + W_hfᵀ da_f + W_hgᵀ da_g + W_hoᵀ"),
        ("dn_not_scaled_by_r", "is d out of step 1 + dh of step 2, which is z·dh' + W_hrᵀ da_r + "
         "W_hzᵀ da_z + W_hnᵀ da_n, expected d out of step 1 + dh of step 2"),
        ("nothing_for_expanded", "is d h_n alone, expected d out of step 2 + d h_n"),
        ("weight_gradients_overwritten", "grad weight_hh_l0 is the share of step 0 alone"),
        ("sent_back_twice", "grad input is twice what is expected"),
    ],
)  # fmt: skip
def test_what_stands_there_is_said_in_the_loops_letters(name, words):
    """As one would write it on paper, with what is expected beside it."""
    assert words in formula(name).instead
