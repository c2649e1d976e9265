"""Rounding errors made on purpose, in samples side by side, and how far they move the results."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnn_manual.cases.draw import draw
from rnn_manual.cases.options import case_of
from rnn_manual.config import Config
from rnn_manual.judge.reference.oracle import run_oracle
from rnn_manual.judge.reference.rounding import NoisyOps
from rnn_manual.judge.reference.spread import spread
from rnn_manual.judge.reference.tolerance import typical
from rnn_manual.parity import Case
from rnn_manual.usage import DTYPES
from tests.meta.candidates.right.functions import RIGHT
from tests.meta.judge.calibration import nearest


@pytest.mark.parametrize("dtype", DTYPES)
def test_rounding_goes_both_ways(dtype):
    """In each format results are moved up as often as down, and every one of them is moved."""
    ops = NoisyOps(Case(Config("rnn", 1, 1), dtype=dtype), [], samples=1, rows=1)
    y = np.random.default_rng(0).uniform(0.5, 2, (100, 100))
    u = torch.finfo(getattr(torch, dtype)).eps / 2
    moved = [ops.tanh(y) - np.tanh(y), ops.linear(y, y) - y @ y.T]
    for move in moved:
        up, down = (move > 0).mean(), (move < 0).mean()
        assert abs(up - down) < 0.05
        # In float64, in which samples run, a move of less than half a unit is none.
        assert up + down > (0.1 if dtype == "float64" else 0.99)
    size = np.sqrt(np.mean(np.square(moved[0] / np.tanh(y))))
    assert 0.7 * u < size < 1.5 * u


def test_what_is_next_to_nothing_is_moved_by_both():
    """By its own roundings, and by the smallest number there is, which are as large here."""
    ops = NoisyOps(Case(Config("rnn", 1, 1)), [], samples=1, rows=1)
    size = np.full((100, 100), ops.smallest / ops.roundoff)
    moved = ops.rounded(np.zeros_like(size), size) / ops.smallest
    assert 1.8 < moved.std() < 2.2
    assert not ops.rounded(np.zeros_like(size), np.zeros_like(size)).any()


def test_one_sequence_many_times_rounds_alike():
    """The same rows are moved by the same, in each sample by another; different rows are not."""
    ops = NoisyOps(Case(Config("rnn", 1, 1)), [], samples=3, rows=4, alike=2)
    same = np.repeat(np.random.default_rng(0).uniform(0.5, 2, (2, 1, 3, 5)), 2, axis=1)
    for y, alike in ((same, True), (same + np.arange(2)[:, None, None], False)):
        rows = y.reshape(12, 5)
        moves = (ops.rounded(rows, rows) - rows).reshape(y.shape)
        assert (moves[:, 0] == moves[:, 1]).all() == alike
        assert (moves[:, :, 0] != moves[:, :, 1]).any()
        assert ops.alike_in(rows) == (2 if alike else 1)


@pytest.mark.parametrize("equations", ["rnn tanh", "rnn relu", "lstm", "lstm proj", "gru"])
@pytest.mark.parametrize("layout", ["batched", "unbatched", "packed"])
def test_samples_side_by_side_are_runs_of_the_case(equations, layout):
    """Without rounding, every sample of the batch of samples is the exact result."""
    case = case_of(
        equations=equations,
        layout=layout,
        num_layers=2,
        bidirectional=True,
        batch_first=True,
        call="second derivatives",
    )
    # Of a half what is kept is doubled, which every format has without rounding.
    case = replace(case, config=replace(case.config, dropout=0.5))
    exact = run_oracle(case, draw(case))
    still = spread(replace(case, dtype="float64"), draw(case), exact)
    assert still.keys() == exact.keys()
    for name, move in still.items():
        assert move.shape == exact[name].shape
        assert move.max() < 1e-12, name
    assert max(move.max() for move in spread(case, draw(case), exact).values()) > 1e-8


@pytest.mark.parametrize("equations", ["rnn relu", "lstm proj", "gru"])
@pytest.mark.parametrize("layout", ["batched", "packed"])
def test_some_sequences_stand_for_all(monkeypatch, equations, layout):
    """Of a large and wide batch few sequences are run, whose limits are those of all."""
    case = case_of(equations=equations, layout=layout, num_layers=2, bidirectional=True, B=40, H=64)
    data = draw(case)
    exact = run_oracle(case, data)
    of_all = spread(case, data, exact)
    monkeypatch.setattr("rnn_manual.judge.reference.spread.WHOLE", 0)
    of_few = spread(case, data, exact)
    for name in exact:
        few, all_of_them = (typical(case, name, moves[name]) for moves in (of_few, of_all))
        assert (few < 2 * all_of_them).all(), name
        assert (all_of_them < 2 * few).all(), name


@pytest.mark.parametrize("seed", [423, 771])
def test_of_few_units_all_sequences_are_run(seed):
    """Where one relu of three is far larger than others, its errors are, and no others tell so."""
    case = case_of(
        equations="rnn relu",
        num_layers=2,
        bidirectional=True,
        bias=False,
        batch_first=True,
        layout="packed sorted",
        state="omitted",
        B=130,
        H=3,
        dropout="none, eval",
        call="weights only",
    )
    assert nearest(RIGHT["torch.nn"], replace(case, seed=seed)) < 0.5


def test_a_block_of_one_element_is_measured_as_well_as_others():
    """Few samples would underestimate an element that stands alone; sixteen do not, by much."""
    case = case_of(equations="lstm proj", H=3, B=1, T=3)
    exact = run_oracle(case, draw(case))
    many = [spread(replace(case, seed=seed), draw(case), exact) for seed in range(30)]
    for name in exact:
        moves = np.stack([moved[name] for moved in many])
        typical = np.sqrt(np.mean(moves**2, 0))
        assert (moves > typical / 3).all(), name


def test_of_no_sequences_nothing_is_moved():
    """A batch of none has gradients of its weights, which are zero."""
    case = case_of(equations="lstm", B=0)
    moves = spread(case, draw(case), run_oracle(case, draw(case)))
    assert moves["out"].shape == (7, 0, 5)
    assert not any(move.any() for move in moves.values())
