"""The suite does not cry wolf: correct layers, written differently, all pass."""

import pytest

import rnn_manual
from rnn_manual.parity import Verdict, check, select
from tests.meta import right

# The long and wide notes take seconds each when summed one by one; test_tolerance.py has one.
# And a candidate that is a function is not asked to draw nn's dropout masks.
CASES = select("quick", where=lambda case: case.config.hidden_size < 64 and not case.random)


@pytest.mark.parametrize("name", right.RIGHT)
def test_correct_candidates_pass(name):
    """A correct layer passes on every case, whatever the order of its sums."""
    found = {case.id: check(right.RIGHT[name], case) for case in CASES}
    assert [id for id, comparison in found.items() if comparison.verdict.fails] == []
    assert Verdict.UNSUPPORTED not in {c.verdict for c in found.values()} or name != "torch.nn"


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_drop_in_classes_pass_as_candidates(kind):
    """A class is built with nn's arguments and loads its state_dict; ours have the loops' bits."""
    drop_in = getattr(rnn_manual, kind.upper())
    for case in select("quick", kinds=[kind]):
        assert check(drop_in, case).verdict == Verdict.IDENTICAL, case.id
