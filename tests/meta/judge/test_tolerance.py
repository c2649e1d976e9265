"""The tolerance: it grows with the conditioning, it does not follow the loops into a mistake."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from rnn_manual.candidates.candidate import LOOPS, loops
from rnn_manual.candidates.harness.running import run_candidate
from rnn_manual.cases.draw import draw
from rnn_manual.cases.options import case_of, is_telling
from rnn_manual.config import Config
from rnn_manual.judge.reference import tolerance
from rnn_manual.judge.reference.tolerance import oracle, reference
from rnn_manual.judge.tensor import compare_tensor
from rnn_manual.mistakes import MISTAKES
from rnn_manual.parity import Case, Verdict, check, select
from tests.meta.candidates.right.classes import PlainRNN
from tests.meta.candidates.right.functions import RIGHT
from tests.meta.judge.calibration import chance_beyond, nearest, sensitive, smallest_seen


def test_chaos_is_allowed_for_where_it_is_and_nowhere_else():
    """Weights ten times as large allow far more after sixty steps, and hardly more after one."""
    config = Config("rnn", 3, 32)
    tame, wild = (
        reference(Case(config, 60, dtype="float32", gain=gain)).allowed["out"] for gain in (1, 10)
    )
    assert wild[-1].max() > 1e3 * tame[-1].max()
    assert wild[0].max() < 1e2 * tame[0].max()


@pytest.mark.exhaustive
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_faults_are_seen(dtype):
    """One recurrent weight off by 1e-4 (float64: 1e-12) of itself fails half of the cases.

    Where that weight hardly counts, because its gate is all but shut, it takes more.
    """
    cases = select("standard", dtypes=[dtype], where=sensitive, notes=None)[::6]
    found = np.array([smallest_seen(case) for case in cases])
    assert np.median(found) <= {"float32": 1e-4, "float64": 1e-12}[dtype]
    assert found.max() <= {"float32": 1e-1, "float64": 1e-9}[dtype]


def test_a_sum_in_sequence_over_many_rows_is_allowed():
    """A gradient summed over thousands of rows one by one is rounded thousands of times."""
    case = Case(Config("lstm", 12, 64), 28, 128, dtype="float32")
    assert nearest(RIGHT["summed in sequence"], case) < 0.6


def test_gradients_summed_over_one_sequence_many_times_are_allowed():
    """Their errors add up, where those of different sequences would cancel."""
    config = Config("gru", 3, 17, num_layers=3, bidirectional=True)
    case = Case(config, 7, 4, memory="expanded", call="loss on h_n")
    found = [nearest(RIGHT["without oneDNN"], replace(case, seed=seed)) for seed in range(8)]
    assert max(found) < 0.75


def test_the_loops_are_held_against_the_oracle():
    """Loops that were wrong would not pass for having their own bits: the oracle is asked too."""
    case = Case(Config("lstm", 3, 5))
    held = reference(case)
    out, limit = held.loop.tensors["out"], held.allowed["out"]
    assert compare_tensor(out, out, held.exact["out"], limit).verdict == Verdict.IDENTICAL
    assert compare_tensor(out, out, held.exact["out"] + 1e-3, limit).verdict == Verdict.DIFFERS


class NoWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise NotImplementedError("no kernel")


LACKING = {"detached": torch.Tensor.detach, "no kernel": NoWayBack.apply}


@pytest.mark.parametrize("how", LACKING)
def test_what_the_loops_themselves_lack_is_an_error(monkeypatch, how):
    """As on a device without autograd, where any layer would agree with what is not there."""

    def without_gradients(module):
        def layer(x, hx=None):
            out, h_n = loops(module)(x, hx)
            return LACKING[how](out), LACKING[how](h_n)

        return layer

    monkeypatch.setattr(tolerance, "loops", without_gradients)
    with pytest.raises(
        RuntimeError, match=r"the loops themselves give no gradients of GRU.*: .*no"
    ):
        reference.__wrapped__(case_of(equations="gru"))


def test_limits_are_those_of_the_numbers_that_were_run():
    """Other numbers than the case's own have limits of their own."""
    case = Case(Config("lstm", 3, 5))
    data = draw(case)
    larger = replace(data, parameters={n: 10 * p for n, p in data.parameters.items()})
    assert (oracle(case, larger)[1]["out"] > 3 * oracle(case, data)[1]["out"]).mean() > 0.5


def test_nan_and_signed_zeros():
    """NaN is never within anything, and -0.0 does not have the bits of 0.0."""
    zero, limit = np.zeros(3, np.float32), np.ones(3)
    nan = np.array([0, np.nan, 0], np.float32)
    assert compare_tensor(nan, zero, zero, limit).verdict == Verdict.DIFFERS
    assert compare_tensor(-zero, zero, zero, limit).verdict == Verdict.WITHIN
    assert compare_tensor(zero, zero, zero, limit).verdict == Verdict.IDENTICAL


def test_what_is_infinite_must_be_infinite():
    """Next to infinities and NaN, limits are numbers, and nothing infinite is near anything."""
    case = replace(Case(Config("rnn", 3, 5, nonlinearity="relu")), values="infinities")
    held = reference(case)
    assert all(np.isfinite(limit).all() for limit in held.allowed.values())
    out = held.loop.tensors["out"].copy()
    assert np.isinf(out).any()
    out[np.isinf(out)] = 1e30
    compared = compare_tensor(out, held.loop.tensors["out"], held.exact["out"], held.allowed["out"])
    assert compared.verdict == Verdict.DIFFERS


class StepsOn(PlainRNN):
    """Masks what a sequence that has ended computes, and computes it: 0·∞ comes back from there."""

    def _entering(self, alive, now):
        return now


def test_a_gradient_that_a_mask_made_nan_fails():
    """Where an infinity stands in the state of what has ended, nn's gradients are numbers."""
    case = case_of(equations="rnn relu", layout="packed", values="infinities")
    found = {name: check(layer, case) for name, layer in {"nn": nn.RNN, "right": PlainRNN}.items()}
    assert [str(c) for c in found.values() if c.verdict.fails] == []
    wrong = check(StepsOn, case).tensors["grad weight_hh_l0"]
    assert wrong.verdict == Verdict.DIFFERS
    assert np.isnan(wrong.actual).any()
    assert np.isfinite(wrong.oracle).all()


def test_the_chance_of_a_false_alarm_is_extrapolated():
    """Of numbers that fall off exponentially, the chance beyond a limit is what it is."""
    found = np.random.default_rng(0).exponential(0.1, 100_000)
    assert 0.2 < chance_beyond(found, 1.5) / np.exp(-15) < 5


def test_other_seeds_are_other_numbers():
    """The seed changes the numbers of a case and nothing else about it."""
    case = Case(Config("rnn", 3, 5))
    other = replace(case, seed=1)
    assert other.id == case.id
    assert not np.array_equal(draw(other).input, draw(case).input)
    assert not check(LOOPS, other, formulas=False).verdict.fails


def test_both_precisions_run_on_the_same_numbers():
    """float32 and float64 cases differ in rounding only, so that they can be held side by side."""
    narrow, wide = (Case(Config("rnn", 3, 5), dtype=dtype) for dtype in ("float32", "float64"))
    np.testing.assert_allclose(draw(narrow).input, draw(wide).input, rtol=1e-7)
    out = [run_candidate(loops, case).tensors["out"] for case in (narrow, wide)]
    np.testing.assert_allclose(*out, atol=1e-5)


@pytest.mark.exhaustive
def test_every_telling_case_has_limits_that_tell():
    """Nowhere but in chaos is as much allowed as there is to compare."""
    for case in filter(is_telling, select("standard")):
        held = reference(case)
        for name, limits in held.allowed.items():
            exact = np.abs(held.exact[name])
            assert limits.max() < max(1e-3 * exact.max(), 1e-30), f"{name} of {case.id}"


def test_where_out_is_lost_any_finite_gradient_is_allowed():
    """In chaos gradients are noise of no size that samples tell; an infinity is still too much."""
    case = Case(Config("rnn", 3, 32, bidirectional=True), 60, gain=10.0, seed=2073)
    assert nearest(RIGHT["torch.nn"], case) < 0.5
    found = run_candidate(loops, case).tensors["grad input"].copy()
    held = reference(case)
    exact, limit = held.exact["grad input"], held.allowed["grad input"]
    assert compare_tensor(found, found, exact, limit).verdict == Verdict.IDENTICAL
    found[0] = np.inf
    assert compare_tensor(found, found, exact, limit).verdict == Verdict.DIFFERS


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(("seq_len", "gain"), [(3, 10.0), (60, 1.0)])
def test_large_weights_or_many_steps_alone_excuse_no_gradient(kind, seq_len, gain):
    """Where rounding does not move out by a tenth, doubled gradients are seen as ever."""
    case = Case(Config(kind, 3, 32, bidirectional=True), seq_len, gain=gain)
    tensors = check(MISTAKES["gradients_doubled"], case, formulas=False).tensors
    wrong = [name for name, t in tensors.items() if t.verdict == Verdict.DIFFERS]
    assert wrong == [f"grad {name}" for name in case.config.parameter_shapes()]
    held = reference(case)
    assert all((held.allowed[name] < 0.1 * abs(held.exact[name]).max()).all() for name in wrong)
