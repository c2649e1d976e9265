"""The tolerance: it grows with the conditioning, it does not follow the loops into a mistake."""

import dataclasses

import numpy as np
import pytest

from rnn_manual.candidates.candidate import LOOPS
from rnn_manual.candidates.running import run_candidate
from rnn_manual.config import Config
from rnn_manual.judge.comparison import compare_tensor
from rnn_manual.judge.tolerance import reference
from rnn_manual.parity import Case, Verdict, check, select
from tests.meta.calibration import nearest, sensitive, smallest_seen
from tests.meta.right import RIGHT


def test_chaos_is_allowed_for_where_it_is_and_nowhere_else():
    """Weights ten times as large allow far more after sixty steps, and hardly more after one."""
    config = Config("rnn", 3, 32)
    tame, wild = (
        reference(Case(config, 60, dtype="float32", gain=gain)).allowed["out"] for gain in (1, 10)
    )
    assert wild[-1].max() > 1e3 * tame[-1].max()
    assert wild[0].max() < 1e2 * tame[0].max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_faults_are_seen(dtype):
    """One recurrent weight off by 1e-3 (float64: 1e-11) of itself fails half of the cases.

    Where that weight hardly counts, because its gate is all but shut, it takes up to 1e-1 (1e-9).
    A GRU's is of its reset gate, which acts through W_hn h alone: it takes ten times an LSTM's.
    """
    cases = select("quick", dtypes=[dtype], where=sensitive, notes=None)[::6]
    found = np.array([smallest_seen(case) for case in cases])
    assert np.median(found) <= {"float32": 1e-3, "float64": 1e-11}[dtype]
    assert found.max() <= {"float32": 1e-1, "float64": 1e-9}[dtype]


@pytest.mark.parametrize("name", RIGHT)
def test_correct_candidates_stay_well_below_the_limit(name):
    """No correct candidate comes near the limit: below a half, so that luck has no part in it."""
    # (But for chaos, where errors grow exponentially and three samples tell their size roughly.)
    cases = select("quick", where=lambda c: c.config.hidden_size < 64 and c.gain == 1)[::3]
    assert max(nearest(RIGHT[name], case) for case in cases) < 0.5


def test_a_sum_in_sequence_over_many_rows_is_allowed():
    """A gradient summed over thousands of rows one by one is rounded thousands of times."""
    case = Case(Config("lstm", 12, 64), 28, 128, dtype="float32")
    assert nearest(RIGHT["summed in sequence"], case) < 0.5


def test_the_loops_are_held_against_the_oracle():
    """Loops that were wrong would not pass for having their own bits: the oracle is asked too."""
    case = Case(Config("lstm", 3, 5))
    held = reference(case)
    out, limit = held.loop.tensors["out"], held.allowed["out"]
    assert compare_tensor(out, out, held.exact["out"], limit).verdict == Verdict.IDENTICAL
    assert compare_tensor(out, out, held.exact["out"] + 1e-3, limit).verdict == Verdict.DIFFERS


def test_nan_and_signed_zeros():
    """NaN is never within anything, and -0.0 does not have the bits of 0.0."""
    zero, limit = np.zeros(3, np.float32), np.ones(3)
    nan = np.array([0, np.nan, 0], np.float32)
    assert compare_tensor(nan, zero, zero, limit).verdict == Verdict.DIFFERS
    assert compare_tensor(-zero, zero, zero, limit).verdict == Verdict.WITHIN
    assert compare_tensor(zero, zero, zero, limit).verdict == Verdict.IDENTICAL


def test_other_seeds_are_other_numbers():
    """The seed changes the numbers of a case and nothing else about it."""
    case = Case(Config("rnn", 3, 5))
    other = dataclasses.replace(case, seed=1)
    assert other.id == case.id
    assert not np.array_equal(other.data().input, case.data().input)
    assert check(LOOPS, other).verdict == Verdict.IDENTICAL


def test_both_precisions_run_on_the_same_numbers():
    """float32 and float64 cases differ in rounding only, so that they can be held side by side."""
    narrow, wide = (Case(Config("rnn", 3, 5), dtype=dtype) for dtype in ("float32", "float64"))
    np.testing.assert_allclose(narrow.data().input, wide.data().input, rtol=1e-7)
    out = [run_candidate(LOOPS, case).tensors["out"] for case in (narrow, wide)]
    np.testing.assert_allclose(*out, atol=1e-5)
