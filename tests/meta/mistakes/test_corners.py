"""What is wrong in a corner only, standard has a case for, in every kind of layer it concerns."""

import pytest

from rnn_manual.candidates.candidate import Candidate
from rnn_manual.candidates.catalogue import run
from rnn_manual.cases.levels import standard
from rnn_manual.cases.options import TELLING, case_of, is_telling, options_of
from rnn_manual.claims.layer import Layer
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.reference.tolerance import reference
from rnn_manual.mistakes import MISTAKES
from rnn_manual.mistakes.corners import magnitudes, masks
from rnn_manual.parity import Verdict, select
from tests import test_n_dropout as dropout

IN_A_CORNER = {name: mistake for name, mistake in MISTAKES.items() if not mistake.classic}
OF_MASKS = {n: m for n, m in IN_A_CORNER.items() if m.wrong.__module__ == masks.__name__}
# Seen only where something masks what it is combined with: numbers out of range, dropout of 1.
MASKED = {n for n, m in IN_A_CORNER.items() if m.wrong.__module__ == magnitudes.__name__}
MASKED |= {"dropout_left_out_of_inference"}
ELSEWHERE = IN_A_CORNER.keys() - OF_MASKS.keys()
SMALL = select("standard", notes=None, where=lambda c: is_telling(c) and max(c.config.sizes) < 30)


def fails(mistake, case):
    """Whether a case fails, as `check` decides it."""
    answer = run(Candidate(mistake.name, mistake), case, "cpu")
    if answer.error is not None:
        return True
    compared = compare_result(answer.value, reference(case)).values()
    return bool(answer.value.lost) or any(t.verdict == Verdict.DIFFERS for t in compared)


@pytest.mark.parametrize("equations", TELLING["equations"])
@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_standard_catches_it(name, equations):
    """Of each kind of layer, standard has cases that show it, and the smallest fails already."""
    mistake = MISTAKES[name]
    shown = [c for c in standard() if mistake.shows(c) and options_of(c)["equations"] == equations]
    telling = [c for c in shown if name in MASKED or is_telling(c)]
    assert telling
    smallest = min(telling, key=lambda c: c.seq_len * c.config.hidden_size * c.batch_size)
    assert fails(mistake, smallest), smallest.id


def test_quick_has_a_case_for_every_classic_mistake():
    """And for all but three of those in a corner: that is what standard is for."""
    cases = select("quick", notes=None)
    unseen = {n for n, m in MISTAKES.items() if not any(map(m.shows, cases))}
    assert unseen <= {
        "rounded_unbatched_batch_first_without_state",
        "rounded_in_long_packed_sequences_both_ways",
        "states_of_one_length_exchanged",
    }
    assert unseen <= IN_A_CORNER.keys()


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_it_is_right_elsewhere(name):
    """Where it says it does not show, it is the right layer."""
    mistake = MISTAKES[name]
    hidden = [case for case in SMALL if not mistake.shows(case)][::12]
    assert [case.id for case in hidden if fails(mistake, case)] == []


@pytest.mark.parametrize("equations", ["rnn tanh", "lstm proj", "gru"])
@pytest.mark.parametrize("name", sorted(OF_MASKS))
def test_the_laws_of_dropout_catch_it(name, equations):
    """Of a layer that draws masks of its own, the laws tell what is wrong with them."""
    layer = Layer(Candidate(name, MISTAKES[name]))
    case = case_of(equations=equations, num_layers=2, bidirectional=True)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        _all_laws(layer, case)


def _all_laws(layer, case):
    dropout.test_dropout_is_a_mask_between_layers(layer, case)
    dropout.test_masks_are_drawn_one_by_one(layer, case, 0.3)
    dropout.test_a_seed_gives_the_same_masks(layer, case)
