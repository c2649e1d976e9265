"""Numbers so small that their squares are zero have rounding errors like any others."""

import numpy as np
import pytest

from rnn_manual import Config
from rnn_manual.judge.reference.rounding import NoisyOps
from rnn_manual.judge.reference.scale import root_mean_square, scale_of
from rnn_manual.judge.reference.tolerance import reference
from rnn_manual.parity import Case, check


@pytest.mark.parametrize("size", [1e-260, 1e-140, 1.0, 1e140, 1e260])
def test_a_root_mean_square_of_any_size(size):
    """√((3² + 4²)/2) times the size, and nothing for zeros."""
    found = root_mean_square(np.array([[3.0, 0.0], [4.0, 0.0]]) * size, 0)
    np.testing.assert_allclose(found / size, [np.sqrt(12.5), 0], rtol=1e-14)


def test_the_scale_is_of_what_is_finite():
    """And a power of two, so that to divide by it rounds nothing."""
    assert scale_of(np.array([np.inf, np.nan, 3e-200])) == 2.0 ** np.floor(np.log2(3e-200))
    assert scale_of(np.array([np.inf, 0.0])) == scale_of(np.zeros(0)) == 1.0


def test_what_is_infinite_is_the_size_of_its_own_column_only():
    """The others keep their scale."""
    found = root_mean_square(np.array([[np.inf, 3.0], [1.0, 4.0]]), 0)
    np.testing.assert_allclose(found, [np.inf, np.sqrt(12.5)], rtol=1e-14)


@pytest.mark.parametrize("exponent", [-600, -300, 300, 600])
@pytest.mark.parametrize("scaled", ["x", "weight", "dy"])
def test_rounding_errors_grow_with_the_numbers_of_any_size(scaled, exponent):
    """A factor 2ᵏ of an operand is one of the results' errors, though its square has no float64."""
    factor = 2.0**exponent
    once, more = _errors(scaled, 1.0), _errors(scaled, factor)
    for name, depends in _OPERANDS.items():
        expected = once[name] * factor if scaled in depends else once[name]
        np.testing.assert_allclose(more[name], expected, rtol=1e-3, err_msg=name)


_OPERANDS = {"y": {"x", "weight"}, "dx": {"dy", "weight"}, "dW": {"dy", "x"}, "db": {"dy"}}


def _errors(scaled, factor):
    """How far the results of a product, there and back, are rounded."""
    generator = np.random.default_rng(0)
    shapes = {"x": (4, 3), "weight": (5, 3), "dy": (4, 5)}
    given = {name: generator.standard_normal(shape) for name, shape in shapes.items()}
    given[scaled] = given[scaled] * factor
    x, weight, dy = given.values()
    ops = NoisyOps(Case(Config("rnn", 3, 5), 2, 2, dtype="float64"), [], samples=2, rows=2)
    dx, dW, db = ops.linear_backward(x, weight, dy)
    by_sample = dy.reshape(2, 2, 5).swapaxes(0, 1)
    exact_dW = by_sample.swapaxes(1, 2) @ x.reshape(2, 2, 3).swapaxes(0, 1)
    return {
        "y": ops.linear(x, weight) - x @ weight.T,
        "dx": dx - dy @ weight,
        "dW": dW - exact_dW,
        "db": db - by_sample.sum(1),
    }


def test_what_sigmoid_makes_of_large_numbers_may_be_rounded():
    """σ(-570) is 10⁻²⁴⁸, and as far off as the rounding of 570 moves it: 10⁻¹⁴ of itself."""
    case = Case(Config("lstm", 1, 1), 1, 1, dtype="float64", values="large", seed=44)
    held = reference(case)
    (out,) = np.abs(held.exact["out"]).ravel()
    assert 0 < out < 1e-200
    assert 1e-15 < float(held.allowed["out"].max() / out) < 1e-11
    assert not check("torch.nn", case).verdict.fails


def test_what_is_below_the_smallest_normal_number_may_be_zero():
    """As torch's vectorized exp has it: c_n is 10⁻³¹⁵ here, and 0 in nn and in the torch loops."""
    case = Case(Config("lstm", 1, 1), 1, 1, dtype="float64", values="large", seed=124)
    held = reference(case)
    assert 0 < np.abs(held.exact["c_n"]).max() < np.finfo(np.float64).tiny
    assert not check("torch.nn", case).verdict.fails
