"""The suite does not cry wolf: correct layers, written differently, all pass."""

import pytest

import rnn_manual
from rnn_manual.parity import Verdict, check, select
from tests.meta import right

# The long and wide notes take seconds each when summed one by one; test_tolerance.py has one.
CASES = select("quick", where=lambda case: case.config.hidden_size < 64)


@pytest.mark.parametrize("name", right.RIGHT)
def test_correct_candidates_pass(name):
    """A correct layer passes on every case, whatever the order of its sums."""
    found = {case.id: check(right.RIGHT[name], case) for case in CASES}
    assert [id for id, comparison in found.items() if comparison.verdict.fails] == []
    assert Verdict.UNSUPPORTED not in {c.verdict for c in found.values()} or name != "torch.nn"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's compiler still uses torch.jit
@pytest.mark.parametrize("case", select("quick", notes=None)[::40], ids=lambda case: case.id)
def test_torch_compile_passes(case):
    """A compiled layer passes."""
    check(right.compiled, case).assert_ok()


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_the_drop_in_classes_pass_as_candidates(kind):
    """A class is built with nn's arguments and loads its state_dict; ours have the loops' bits."""
    drop_in = {"rnn": rnn_manual.RNN, "lstm": rnn_manual.LSTM}[kind]
    for case in select("quick", kinds=[kind]):
        assert check(drop_in, case).verdict == Verdict.IDENTICAL, case.id
