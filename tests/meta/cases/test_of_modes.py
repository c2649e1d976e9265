"""Every mode is run: at quick and standard, and what takes too long for that where recorded."""

from dataclasses import replace
from itertools import combinations, product

import pytest

from rnn_manual.candidates.catalogue import MODES
from rnn_manual.cases.covering import combinations_of
from rnn_manual.cases.levels import is_of
from rnn_manual.cases.options import is_feasible, options_of
from rnn_manual.cases.selection import OPTIONS
from rnn_manual.judge.report.again import _asked_in
from rnn_manual.plugin.collection import cases_of_modes

SLOWEST = {name for name, mode in MODES.items() if mode.slowest}


def test_every_mode_has_a_case_at_standard_or_in_a_recording():
    """A recording has every mode; elsewhere only those are left out that take seconds a case."""
    standard = {mode for mode, _ in cases_of_modes("standard")}
    assert standard == MODES.keys() - SLOWEST
    assert {mode for mode, _ in cases_of_modes("standard", recording=True)} == MODES.keys()
    assert {"export-decomposed", "compile-traced-aot_eager", "export", "onnx"} <= standard


@pytest.mark.parametrize("kinds", [(), ("gru",)])
def test_at_quick_every_mode_has_its_plainest_case(kinds):
    """Of the kind that is asked for; and in inference, of what a layer keeps from a first call."""
    found = cases_of_modes("quick", kinds=kinds)
    plainest = [mode for mode, case in found if case.training]
    assert plainest == [name for name in MODES if name not in SLOWEST]
    in_inference = [(mode, case.call) for mode, case in found if not case.training]
    assert in_inference == [(m.name, "no_grad") for m in MODES.values() if m.after_a_call]
    assert {mode for mode, _ in in_inference} >= {"data", "copy_", "load_state_dict", "step"}
    assert set(found) <= set(cases_of_modes("standard", kinds=kinds))
    assert all(is_of(case, kinds, ()) for _, case in found)


@pytest.mark.parametrize("mode", ["data", "step", "deepcopy", "to-double"])
def test_at_standard_every_kind_is_run_in_inference(mode):
    """So that a class of one kind is, whether or not that kind is asked for."""
    cases = [c for c in MODES[mode].cases() if not c.training and c.call == "no_grad"]
    assert {case.kind for case in cases} == {"rnn-tanh", "lstm", "gru"}
    assert all(map(MODES[mode].takes, cases))


@pytest.mark.parametrize(("level", "together"), [("standard", 1), ("full", 2)])
@pytest.mark.parametrize("mode", ["functional_call", "deepcopy"])
def test_a_mode_is_run_with_every_option_that_it_takes(mode, level, together):
    """At full with every two of them."""
    cases = MODES[mode].cases(level)
    shown = {pair for case in cases for pair in combinations(options_of(case).items(), together)}
    due = [c for c in combinations_of(OPTIONS, together) if is_feasible(dict(c))]
    assert len(due) > 10
    assert [c for c in due if c not in shown] == []


def test_a_slow_mode_has_few_cases():
    """At standard the plainest alone, which full has, too, among all that the mode takes."""
    slow = [mode for mode in MODES.values() if mode.slow]
    assert slow
    for mode in slow:
        (plainest,) = mode.cases("standard")
        assert plainest in mode.cases("full"), mode.name


ASKED = [(("gru",), ("float64",)), (("rnn", "lstm"), ()), ((), ("float16", "bfloat16"))]


@pytest.mark.parametrize(("kinds", "dtypes"), ASKED)
def test_what_is_asked_for_is_run_in_every_mode(kinds, dtypes):
    """Each mode has the cases of each of them, with the seed that was asked for, and no others."""
    pairs = cases_of_modes("standard", kinds=kinds, dtypes=dtypes, seed=5)
    assert len(pairs) == len(set(pairs))
    assert {case.seed for _, case in pairs} == {5}
    for name, mode in MODES.items():
        of_it = [replace(case, seed=0) for mode_, case in pairs if mode_ == name]
        of_each = product(kinds or [""], dtypes or [""])
        expected = {case for asked in of_each for case in mode.cases("standard", *asked)}
        assert set(of_it) == (set() if mode.slowest else expected)
        assert all(is_of(case, kinds, dtypes) for case in of_it)


@pytest.mark.parametrize(("kinds", "dtypes"), ASKED)
def test_a_case_of_a_mode_can_be_asked_for_again(kinds, dtypes):
    """By the options that the command names, also of those that are only recorded."""
    for mode, case in cases_of_modes("standard", kinds=kinds, dtypes=dtypes, recording=True):
        words = " ".join(_asked_in(case, mode)).split()
        asked = dict(zip(words[::2], words[1::2], strict=True))
        level, *given = (asked.get(f"--{name}", "") for name in ("level", "kind", "dtype"))
        assert case in MODES[mode].cases(level or "standard", *given), (mode, case.id)
