"""The suite can fail: every classic mistake is caught on every case that can show it."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.candidates.running import run_candidate
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.tolerance import reference
from rnn_manual.mistakes import MISTAKES, gradients
from rnn_manual.parity import Candidate, Verdict, check, select

# Left out: one relu unit, which may be shut on all of a case's numbers and then hides
# everything; the chaotic cases, where after sixty steps everything is allowed; and the widest,
# which take long and saturate their gates.
CASES = select(
    "quick",
    where=lambda case: (
        case.usual
        and case.gain == 1
        and max(case.config.sizes) < 64
        and (case.config.nonlinearity == "tanh" or case.config.hidden_size > 1)
    ),
)


CASES += [
    replace(case, training=training, config=replace(case.config, dropout=dropout))
    for case in CASES
    # (Of one unit and few steps, a mask may leave nothing.)
    if case.config.num_layers > 1 and case.config.hidden_size > 1 and not case.label
    for dropout, training in ((1.0, True), (0.3, True), (0.5, False))
][::5]


def verdicts(mistake, case):
    result = run_candidate(Candidate(mistake.name, mistake), case)
    return {name: t.verdict for name, t in compare_result(result, reference(case)).items()}


def test_there_are_at_least_25():
    """The dictionary holds every mistake that was ever promised to be caught."""
    assert len(MISTAKES) >= 25
    assert len({mistake.sentence for mistake in MISTAKES.values()}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_caught_wherever_it_shows(mistake):
    """Every case that a mistake says it shows on fails, and there are several."""
    shown = [case for case in CASES if mistake.shows(case)]
    assert len(shown) >= 5
    missed = [case.id for case in shown if Verdict.DIFFERS not in verdicts(mistake, case).values()]
    assert missed == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_innocent_elsewhere(mistake):
    """Where a mistake says it does not show, it changes nothing: so it is what it says it is."""
    hidden = [case for case in CASES if not mistake.shows(case) and case.seq_len < 20]
    hidden = [case for case in hidden if case.config.nonlinearity == "tanh"]
    guilty = [case.id for case in hidden if Verdict.DIFFERS in verdicts(mistake, case).values()]
    assert guilty == []


# All that are told in mistakes/gradients.py.
GRADIENTS_ONLY = {
    name: mistake
    for name, mistake in MISTAKES.items()
    if mistake.wrong.__module__ == gradients.__name__
}


def test_there_are_wrong_backwards_of_every_kind():
    """Every kind of layer, a stack, both directions and a packed batch have some of their own."""
    assert len(GRADIENTS_ONLY) >= 15
    needed = {condition for m in GRADIENTS_ONLY.values() for condition in m.conditions}
    own = {"rnn", "lstm", "gru", "stacked", "bidirectional", "drops", "biased", "given_state"}
    assert own <= {condition.__name__ for condition in needed}


@pytest.mark.parametrize("mistake", GRADIENTS_ONLY.values(), ids=GRADIENTS_ONLY)
def test_a_wrong_backward_is_seen_by_gradients_alone(mistake):
    """A wrong backward pass leaves every bit of every value right; only the gradients tell."""
    for case in filter(mistake.shows, CASES):
        found = verdicts(mistake, case)
        values = {verdict for name, verdict in found.items() if not name.startswith("grad ")}
        assert values == {Verdict.IDENTICAL}, case.id
        assert Verdict.DIFFERS in found.values(), case.id


@pytest.mark.parametrize("mistake", GRADIENTS_ONLY.values(), ids=GRADIENTS_ONLY)
def test_who_runs_forward_only_misses_a_wrong_backward(mistake):
    """Without gradients a wrong backward passes on every case on which it shows."""
    for case in filter(mistake.shows, CASES):
        result = run_candidate(Candidate(mistake.name, mistake), case, gradients=False)
        compared = compare_result(result, reference(case)).values()
        assert {t.verdict for t in compared} == {Verdict.IDENTICAL, Verdict.UNSUPPORTED}, case.id


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_recognised(mistake):
    """A candidate that makes a classic mistake is told which one."""
    shown = [case for case in CASES if mistake.shows(case) and not case.random]
    case = min(shown, key=lambda case: case.seq_len)
    assert f'"{mistake.sentence}"' in check(mistake, case).diagnosis


def test_a_fault_of_ones_own_is_not_mistaken_for_a_classic():
    """A candidate that is wrong in its own way gets no diagnosis."""
    case = select("quick", kinds=["lstm"])[0]

    def build(module):
        return lambda x, hx=None: (module(x, hx)[0] + 0.125, module(x, hx)[1])

    comparison = check(build, case)
    assert comparison.verdict == Verdict.DIFFERS
    assert comparison.diagnosis is None


def test_no_two_rows_of_a_weight_are_alike():
    """Equal rows would hide exchanged gates, equal weights everything."""
    for case in CASES:
        for name, weight in case.data().parameters.items():
            assert len(np.unique(weight, axis=0)) == len(weight), f"{name} of {case.id}"
