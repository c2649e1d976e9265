"""The suite does not cry wolf: correct layers, written differently, all pass.

By their numbers: that their formulas are the loops', tests/meta/proof/test_proved.py shows.
"""

import pytest

import rnn_manual
from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.options import case_of
from rnn_manual.parity import Verdict, check, select
from tests.meta.candidates.right.classes import CLASSES
from tests.meta.candidates.right.functions import RIGHT
from tests.meta.candidates.right.ways import WAYS

# The long and wide notes take seconds each when summed one by one; test_tolerance.py has one.
CASES = select("standard", where=lambda case: case.config.hidden_size < 64)


PLAIN = [case_of(equations=e, num_layers=2) for e in ("rnn tanh", "lstm", "gru")]


@pytest.mark.parametrize("name", [*RIGHT, *CLASSES])
def test_a_correct_layer_passes_on_plain_cases(name):
    """Of each kind that it is of; `make exhaustive` has all cases."""
    layer = RIGHT[name] if name in RIGHT else CLASSES[name][1]
    found = [check(layer, case, formulas=False) for case in PLAIN]
    assert [str(c) for c in found if c.verdict.fails] == []
    assert any(c.verdict != Verdict.UNSUPPORTED for c in found)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", RIGHT)
def test_correct_candidates_pass(name):
    """A correct layer passes on every case, whatever the order of its sums, and not by luck."""
    found = [check(RIGHT[name], case, formulas=False) for case in CASES]
    assert [str(c) for c in found if c.verdict.fails] == []
    compared = [c for c in found if c.verdict != Verdict.UNSUPPORTED]
    assert len(compared) >= 30
    telling = [c for c in compared if is_telling_of_luck(c.case)]
    assert [c.case.id for c in telling if not nearest(c) < 0.5] == []


def nearest(comparison):
    """How near it comes to a limit, which is 1."""
    ratios = [t.ratios for t in comparison.tensors.values()]
    return max(ratio.max(initial=0.0) for ratio in ratios)


def is_telling_of_luck(case):
    """Not dropout; nor chaos, where samples tell the size of errors but roughly."""
    return case.gain == 1 and not case.random


@pytest.mark.parametrize("name", WAYS)
def test_other_ways_of_writing_it_pass(name):
    """So do other ways through time and through autograd, by some of the cases."""
    found = [check(WAYS[name], case, formulas=False) for case in CASES[::6]]
    assert [str(c) for c in found if c.verdict.fails] == []
    assert len([c for c in found if c.verdict != Verdict.UNSUPPORTED]) >= 20


def cases_of(mode, kind):
    return [case for case in mode.cases() if case.config.kind == kind]


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")  # compilers and exporters warn of their own ways
@pytest.mark.parametrize("name", CLASSES)
def test_correct_classes_pass(name):
    """A correct class passes on every case, and in every mode that it can be run in."""
    kind, layer = CLASSES[name]
    wide = {
        case.id: check(layer, case, formulas=False) for case in CASES if case.config.kind == kind
    }
    assert [str(c) for c in wide.values() if c.verdict.fails] == []
    in_modes = [
        check(layer, case, mode=mode.name, formulas=False)
        for mode in MODES.values()
        if not (mode.environment or mode.slowest)  # which take a process, or a minute
        if mode.name != "compile" or (kind == "lstm" and not name.startswith("plain"))  # to C++
        for case in cases_of(mode, kind)[: 1 if mode.name.startswith("compile") else None]
    ]
    assert [str(c) for c in in_modes if c.verdict.fails] == []


@pytest.mark.exhaustive
@pytest.mark.bits
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_drop_in_classes_have_the_bits_of_the_loops(kind):
    """A class is built with nn's arguments and loads its state_dict; ours have the loops' bits."""
    drop_in = getattr(rnn_manual, kind.upper())
    for case in select("standard", kinds=[kind]):
        assert check(drop_in, case, formulas=False).verdict == Verdict.IDENTICAL, case.id
