"""In a test of Hypothesis's: what is declined is drawn anew, and what is tried is not explained."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable
from torch import nn

from rnn_manual.cases.options import case_of
from rnn_manual.judge.diagnosis import diagnose
from rnn_manual.parity import Comparison, Unsupported, Verdict, check, prove
from rnn_manual.proof.search.where import locate

pytestmark = pytest.mark.usefixtures("elsewhere")

DECLINED = Comparison(case_of(), "mine", raised=Verdict.UNSUPPORTED, message="two layers")


def test_a_declined_case_is_drawn_anew():
    """Under Hypothesis the test goes on with other cases; where all are declined it fails."""
    with pytest.raises(Unsupported, match="two layers"):
        DECLINED.assert_ok()
    taken = []

    @settings(deadline=None, database=None)
    @given(number=st.integers(0, 9))
    def test(number, declines):
        if number in declines:
            DECLINED.assert_ok()
        taken.append(number)

    test(declines=(1, 2))
    assert set(taken) >= {0, 3}
    with pytest.raises((Unsatisfiable, FailedHealthCheck)):
        test(declines=range(10))


@pytest.mark.parametrize("judged", [check, prove])
def test_a_declined_case_hides_no_failure(monkeypatch, judged):
    """Of a layer that fails on some cases and declines others, the test fails, and is explained."""
    cases = [case_of(), case_of(num_layers=2), case_of(equations="gru"), case_of(T=3)]
    explained = []
    for name, function in ({"prove.locate": locate, "check.diagnose": diagnose}).items():
        monkeypatch.setattr(f"rnn_manual.judge.{name}", _noting(function, explained))

    @settings(deadline=None, database=None, derandomize=True)
    @given(case=st.sampled_from(cases))
    def test(case):
        judged(_wrong_or_declined, case).assert_ok()

    with pytest.raises(AssertionError, match=r"formula   .* is none of the loops' values"):
        test()
    # Each once, and nothing of what was tried on the way there.
    assert len(explained) == {check: 2, prove: 1}[judged]


def _noting(function, calls):
    def noted(*given):
        calls.append(given)
        return function(*given)

    return noted


def _wrong_or_declined(module):
    if module.num_layers > 1 or isinstance(module, nn.GRU):
        raise Unsupported("more than one plain layer")
    return lambda x, hx: tuple(y * 2 for y in module(x, hx))


def test_a_formula_that_is_not_known_has_not_passed():
    """Whoever asks for formulas alone is told that there are none, and not that all is well."""

    def build(module):
        if module.num_layers > 1:
            return module
        return lambda x, hx: tuple(torch.erfinv(torch.erf(y)) for y in module(x, hx))

    with pytest.raises(Unsupported, match=r"its formula is not known: no rule for aten::erf"):
        prove(build, case_of()).assert_ok()
    passed = []

    @settings(deadline=None, database=None, derandomize=True)
    @given(layers=st.sampled_from([1, 2, 3, 4]))
    def test(layers):
        prove(build, case_of(num_layers=layers)).assert_ok()
        passed.append(layers)

    test()
    assert set(passed) == {2, 3, 4}


def test_who_handles_a_declined_case_goes_on():
    """What Hypothesis counts as no case is still Unsupported."""
    handled = []

    @settings(deadline=None, database=None, max_examples=3)
    @given(layers=st.integers(2, 9))
    def test(layers):
        for judged in (prove, lambda *given: check(*given).assert_ok()):
            with pytest.raises(Unsupported, match="more than one plain layer"):
                judged(_wrong_or_declined, case_of(num_layers=layers))
            handled.append(layers)

    test()
    assert len(handled) >= 6
