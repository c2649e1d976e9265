"""The suite can fail: every classic mistake is caught on every case that can show it."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_manual.candidates.errors import Violation
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.draw import draw
from rnn_manual.cases.levels import few
from rnn_manual.cases.options import is_telling
from rnn_manual.judge.check import compare_result
from rnn_manual.judge.reference.tolerance import reference
from rnn_manual.mistakes import MISTAKES, gradients
from rnn_manual.mistakes.conditions import all_gradients
from rnn_manual.parity import Verdict, check, select

# Of the cases that can tell; but for the widest, which take long and saturate their gates, and a
# relu of few units, which may all be shut on all of a case's numbers and then hide everything.
CASES = select(
    "standard",
    notes=None,
    where=lambda case: (
        is_telling(case)
        and max(case.config.sizes) < 30
        and case.seq_len < 30
        and case.batch_size < 100
        and (case.config.nonlinearity == "tanh" or case.config.hidden_size > 3)
    ),
)
# Of packed input those with all gradients: what is wrong with these shows in no other.
PACKED = [case for case in CASES if case.layout == "packed" and all_gradients(case)]
CASES = few(CASES) + CASES[::7] + PACKED
CASES += [
    replace(case, training=training, config=replace(case.config, dropout=dropout))
    for case in CASES
    if case.config.num_layers > 1
    for dropout, training in ((1.0, True), (0.3, True), (0.5, False))
][::5]
CASES = list(dict.fromkeys(CASES))


CLASSIC = {name: mistake for name, mistake in MISTAKES.items() if mistake.classic}
# All that are told in mistakes/gradients.
GRADIENTS_ONLY = {
    name: mistake
    for name, mistake in MISTAKES.items()
    if mistake.wrong.__module__.startswith(gradients.__name__)
}
OF_VALUES = {name: mistake for name, mistake in CLASSIC.items() if name not in GRADIENTS_ONLY}


def verdicts(mistake, case):
    result = run_candidate(mistake, case)
    return {name: t.verdict for name, t in compare_result(result, reference(case)).items()}


def test_there_are_at_least_25():
    """The dictionary holds every mistake that was ever promised to be caught."""
    assert len(MISTAKES) >= 25
    assert len({mistake.sentence for mistake in MISTAKES.values()}) == len(MISTAKES)


@pytest.mark.exhaustive
@pytest.mark.parametrize("mistake", OF_VALUES.values(), ids=OF_VALUES)
def test_a_mistake_is_caught_wherever_it_shows(mistake):
    """Every case that a mistake says it shows on fails, and there are several."""
    shown = [case for case in CASES if mistake.shows(case)]
    assert len(shown) >= 5
    assert [case.id for case in shown if not caught(mistake, case)] == []


def caught(mistake, case):
    try:
        return Verdict.DIFFERS in verdicts(mistake, case).values()
    except Violation:  # as dropout in eval, which draws from the caller's generator
        return True


@pytest.mark.exhaustive
@pytest.mark.parametrize("mistake", CLASSIC.values(), ids=CLASSIC)
def test_a_mistake_is_innocent_elsewhere(mistake):
    """Where a mistake says it does not show, it changes nothing: so it is what it says it is."""
    hidden = [case for case in CASES if not mistake.shows(case) and case.seq_len < 20]
    hidden = [case for case in hidden if case.config.nonlinearity == "tanh"]
    # Where all is zero, second derivatives may be none.
    hidden = [c for c in hidden if not (c.drops and c.call == "second derivatives")]
    if mistake.name in GRADIENTS_ONLY:  # where only some are asked for, these may show it, too
        hidden = list(filter(all_gradients, hidden))
    assert [case.id for case in hidden if caught(mistake, case)] == []


def test_there_are_wrong_backwards_of_every_kind():
    """Every kind of layer, a stack, both directions and a packed batch have some of their own."""
    assert len(GRADIENTS_ONLY) >= 15
    needed = {condition for m in GRADIENTS_ONLY.values() for condition in m.conditions}
    own = {"rnn", "lstm", "gru", "stacked", "bidirectional", "drops", "biased", "given_state"}
    assert own <= {condition.__name__ for condition in needed}


@pytest.mark.exhaustive
@pytest.mark.parametrize("mistake", GRADIENTS_ONLY.values(), ids=GRADIENTS_ONLY)
def test_a_wrong_backward_is_seen_by_gradients_alone(mistake):
    """A wrong backward pass leaves every bit of every value right; only the gradients tell."""
    shown = [case for case in CASES if mistake.shows(case)]
    assert len(shown) >= 5
    for case in shown:
        found = verdicts(mistake, case)
        values = {verdict for name, verdict in found.items() if not name.startswith("grad ")}
        assert values == {Verdict.IDENTICAL}, case.id
        assert Verdict.DIFFERS in found.values(), case.id


@pytest.mark.exhaustive
@pytest.mark.parametrize("mistake", GRADIENTS_ONLY.values(), ids=GRADIENTS_ONLY)
def test_who_runs_forward_only_misses_a_wrong_backward(mistake):
    """Without gradients a wrong backward passes on every case on which it shows."""
    for case in filter(mistake.shows, CASES):
        result = run_candidate(mistake, case, backward=False)
        compared = compare_result(result, reference(case)).values()
        assert {t.verdict for t in compared} == {Verdict.IDENTICAL, Verdict.UNSUPPORTED}, case.id


@pytest.mark.parametrize("mistake", CLASSIC.values(), ids=CLASSIC)
def test_a_mistake_is_recognised(mistake):
    """A candidate that makes a classic mistake is told which one."""
    shown = [case for case in CASES if mistake.shows(case) and not case.random]
    case = min(shown, key=lambda case: case.seq_len)
    comparison = check(mistake, case, formulas=False)
    if comparison.raised:  # what it does wrong is said already, and no number is compared
        assert comparison.message.startswith("left torch's random generator in another state: ")
    else:
        assert f'"{mistake.sentence}"' in comparison.diagnosis


def test_a_fault_of_ones_own_is_not_mistaken_for_a_classic():
    """A candidate that is wrong in its own way gets no diagnosis."""
    case = select("standard", kinds=["lstm"])[0]

    def build(module):
        return lambda x, hx=None: (module(x, hx)[0] + 0.125, module(x, hx)[1])

    comparison = check(build, case)
    assert comparison.verdict == Verdict.DIFFERS
    assert comparison.diagnosis is None


def test_no_two_rows_of_a_weight_are_alike():
    """Equal rows would hide exchanged gates, equal weights everything."""
    for case in CASES:
        for name, weight in draw(case).parameters.items():
            assert len(np.unique(weight, axis=0)) == len(weight), f"{name} of {case.id}"
