"""What changed between two recordings is found and measured; and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from rnn_manual.config import Config
from rnn_manual.parity import Case, check
from rnn_manual.recordings import recording as r
from rnn_manual.recordings.compared.between import drift
from rnn_manual.recordings.compared.words import in_words
from rnn_manual.recordings.recorded import recorded_case, recorded_run
from tests.meta.recordings.moved import DECLINED, OUT, between, moved, with_tensor
from tests.meta.recordings.small import recorded


def test_the_same_bits_are_identical():
    """NaN and infinities too."""
    values = np.array([1, np.nan, np.inf, -0.0], np.float32)
    assert between(recorded(values=values), recorded(values=values.copy())).verdict == "identical"


@pytest.mark.parametrize(
    ("by", "verdict", "ulp"),
    [(0, "identical", 0), (2.4e-7, "drift", 2), (1.9e-6, "drift", 16), (2.2e-6, "differs", 37)],
)
def test_drift_is_what_two_correct_results_may_be_apart(by, verdict, ulp):
    """Each of them may be one limit from the exact result, 1e-6 here, and on either side of it."""
    run = between(recorded(values=OUT), moved(by))
    assert (run.verdict, run.ulp) == (verdict, ulp)


def test_nan_where_there_was_none_differs():
    """No limit allows a NaN."""
    assert between(recorded(values=OUT), moved(np.nan)).verdict == "differs"
    assert between(moved(np.nan), recorded(values=OUT)).verdict == "differs"


def test_near_zero_is_no_matter():
    """What is told is the element that is furthest for what it may be, not the most units."""
    before = recorded(values=np.array([1, 1e-30], np.float32))
    after = recorded(values=np.array([1, 1e-30], np.float32))
    out = after.runs["", "case"].tensors["out"].values
    after.runs["", "case"] = with_tensor(after, values=out + np.float32([2.4e-7, 1e-20]))
    found = between(before, after).tensors["out"]
    assert (found.verdict, found.ulp, f"{found.error:.1e}") == ("drift", 2, "2.4e-07")


def test_no_limit_is_not_no_error():
    """Where nothing says how far something may be off, nothing is said about it."""
    after = moved(2.4e-7)
    del after.cases["case"].allowed["out"]
    with pytest.raises(r.Unreadable, match="does not say how far out may be off"):
        drift(recorded(values=OUT), after)


class Halved(nn.GRU):
    """Gives half of what belongs in out."""

    def forward(self, *inputs):
        out, h = super().forward(*inputs)
        return out[:1], h


def as_recorded(candidate):
    """What a candidate gives on a small case, as the recorder writes it down."""
    comparison = check(candidate, Case(Config("gru", 1, 2), 2, 1))
    found = r.Recording({"environment": {"torch": "1.0"}})
    found.add(comparison.case.id, recorded_case(comparison), recorded_run(comparison))
    return found


def test_what_goes_wrong_differs():
    """A tensor that was well and is now of another shape fails; one that is well again does not."""
    well, wrong = as_recorded(nn.GRU), as_recorded(Halved)
    found = between(well, wrong)
    assert found.fails
    assert found.tensors["out"].said == "gone: shape (1, 1, 2), expected (2, 1, 2)"
    assert between(wrong, wrong).verdict == "identical"
    again = between(wrong, well)
    assert again.tensors["out"].verdict == "changed"
    assert "out newly there (before: shape (1, 1, 2), expected (2, 1, 2))" in in_words(again)


@pytest.mark.parametrize("by", [2.4e-7, 1])
def test_what_no_longer_agrees_with_the_loops_differs_however_near_it_is(by):
    """Drift is between two results that may both be right."""
    wrong = moved(by)
    wrong.runs["", "case"] = with_tensor(wrong, verdict="differs")
    found = between(moved(0), wrong).tensors["out"]
    assert found.verdict == "differs"
    assert found.said == "has gone wrong: it agreed with the loops, and does no longer"
    before = moved(0)
    before.runs["", "case"] = with_tensor(before, verdict="differs")
    assert between(before, moved(2.4e-7)).verdict == "drift"
    assert between(before, wrong).verdict == ("drift" if by < 1 else "differs")


def test_another_shape_differs():
    """Shapes are told in words."""
    other = moved(0)
    other.runs["", "case"] = with_tensor(other, values=OUT[:2])
    found = between(recorded(values=OUT), other)
    assert found.verdict == "differs"
    assert found.tensors["out"].said == "has shape (2,), had (3,)"
    assert in_words(found) == "case: differs, out has shape (2,), had (3,)"


FAILED = {"verdict": "error", "tensors": {}, "message": "raised it"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, DECLINED, "no longer supported: no such thing"),
        ({}, FAILED, "now fails: raised it"),
        (DECLINED, {}, "newly supported (was unsupported: no such thing)"),
        (FAILED, {}, "runs now (was error: raised it)"),
        (DECLINED, FAILED, "was unsupported, is error: raised it"),
        (DECLINED, DECLINED | {"message": "not yet"}, "says now: not yet"),
        (DECLINED, DECLINED, ""),
    ],
)
def test_what_runs_and_what_is_said(before, after, said):
    """What newly runs, runs no longer, or says something else has changed, and does not differ."""
    run = between(recorded(values=OUT, **before), recorded(values=OUT, **after))
    assert run.said == said
    assert run.verdict == ("changed" if said else "identical")


def test_a_gradient_that_is_lost_has_changed():
    """A tensor that is there in one of the two only is told as such."""
    other = moved(0)
    run = other.runs["", "case"]
    lost = r.Tensor("unsupported", "computes none")
    other.runs["", "case"] = replace(run, tensors=run.tensors | {"out": lost})
    assert between(recorded(values=OUT), other).tensors["out"].said == "gone: computes none"
    assert (
        between(other, recorded(values=OUT)).tensors["out"].said
        == "newly there (before: computes none)"
    )


def test_other_numbers_are_refused():
    """What ran on other weights or inputs says nothing about a change."""
    with pytest.raises(r.Unreadable, match="ran on other numbers: input of case is not the same"):
        drift(recorded(values=OUT), recorded(values=OUT + 1))
    other = recorded(values=OUT, mode="vmap")
    with pytest.raises(r.Unreadable, match="no case in common"):
        drift(recorded(values=OUT), other)


def test_other_numbers_are_named_in_order():
    """Of several that differ, the first by name, every time."""
    other = recorded(values=OUT)
    other.cases["case"].numbers.clear()
    with pytest.raises(r.Unreadable, match="batch_sizes of case"):
        drift(recorded(values=OUT), other)


def test_other_dropout_masks_are_a_change():
    """What a generator drew otherwise is told, and nothing that came of it is compared."""
    before, after = recorded(values=OUT), moved(9)
    for found, mask in ((before, [0.0, 2.0]), (after, [2.0, 0.0])):
        found.cases["case"].numbers["mask 0"] = np.array(mask)
    run = between(before, after)
    assert (run.verdict, run.tensors) == ("changed", None)
    assert run.said == "draws other dropout masks from the same seed"
