"""The field has its laws, functions their symmetries, constants their exact values."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_manual.proof.arithmetic.bound import Account, Degree, bound, counted
from rnn_manual.proof.arithmetic.residues import (
    PRIME,
    NotFinite,
    Residues,
    mixed,
    product,
    recognized,
)

numbers = st.integers(0, PRIME - 1)
points = st.lists(numbers, min_size=4, max_size=4).map(lambda x: Residues(np.array(x)[:, None]))


def same(x, y):
    return np.array_equal(np.broadcast_to(x.values, y.values.shape), y.values)


def constant(x):
    return Residues.of_constant(x, 4)


@given(points, points, points)
def test_sums_and_products_have_the_laws_of_a_field(x, y, z):
    """Commutative, associative, distributive; each has its negative and, but 0, its inverse."""
    assert same(x + y, y + x)
    assert same(x * y, y * x)
    assert same((x + y) + z, x + (y + z))
    assert same((x * y) * z, x * (y * z))
    assert same(x * (y + z), x * y + x * z)
    assert same(x - x, x * 0)
    assert same(x / y * y, Residues(np.where(y.values == 0, 0, x.values)))


@given(points)
def test_functions_have_their_symmetries(x):
    """σ(-x) = 1 - σ(x), tanh and exp are made of σ, and what is shut by one sign is not by both."""
    assert same((-x).sigmoid(), 1 - x.sigmoid())
    assert same((-x).tanh(), -x.tanh())
    assert same(x.tanh(), 1 - constant([2]) / ((x * 2).exp() + 1))
    assert same(x.exp() * (-x).exp(), x * 0 + 1)
    assert same(x.sigmoid(), constant([1]) / (1 + (-x).exp()))
    assert same(x.relu() - (-x).relu(), x)
    assert same(x.relu().relu(), x.relu())
    assert same(x.relu().step(), x.step())
    assert np.isin(x.step().values, (0, 1)).all()
    assert same(x.step() + (-x).step(), Residues((x.values != 0).astype(np.int64)))


def test_functions_at_zero():
    """σ(0) = ½, tanh(0) = 0, exp(0) = 1, relu(0) = step(0) = 0."""
    zero = constant([0.0])
    assert same(zero.sigmoid(), constant([0.5]))
    assert same(zero.exp(), constant([1.0]))
    for x in (zero.tanh(), zero.relu(), zero.step()):
        assert same(x, zero)


@given(points, points)
def test_functions_of_other_arguments_are_others(x, y):
    """σ, tanh, exp and a root take one value for one argument, and another for another."""
    for f in (Residues.sigmoid, Residues.tanh, Residues.exp, Residues.sqrt):
        assert same(f(x), f(x)) or same(x, y)
        assert same(f(x), f(y)) == same(x, y)


def test_bits_are_mixed_as_in_splitmix64():
    """The first numbers of the published generator for the seed 1234567 (Vigna 2015)."""
    seeds = [(1234567 + k * 0x9E3779B97F4A7C15) % 2**64 for k in (1, 2, 3)]
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert mixed(np.array(seeds, np.uint64)).tolist() == published


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_the_rational_that_it_is(x):
    """Each float64, subnormals included, is its numerator divided by its denominator."""
    exact = Fraction(x)
    residue = exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME
    assert constant(x).values.tolist() == [residue] * 4


@pytest.mark.parametrize("x", [0.1, 0.5, -1.5, 5e-324, 2.0**1000, 1e-300, 3, -7, 2**62 - 1, True])
def test_constants_are_exact(x):
    """0.1 is the float64 that it is, not a tenth; integers may be as long as they are."""
    exact = Fraction(x)
    residue = exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME
    assert constant(x).values.tolist() == [residue] * 4


@pytest.mark.parametrize("x", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_has_no_residue(x):
    """It is said, and no number is made up."""
    with pytest.raises(NotFinite, match="infinite or not a number"):
        constant([1.0, x])


@pytest.mark.parametrize("inner", [1, 3, 700])
def test_matrix_products_are_those_of_integers(inner):
    """Through float64, and yet exact: the largest residues too."""
    generator = np.random.default_rng(inner)
    a = generator.integers(0, PRIME, (2, 3, inner))
    b = generator.integers(0, PRIME, (2, inner, 4))
    a[0], b[0] = PRIME - 1, PRIME - 1
    exact = a.astype(object) @ b.astype(object) % PRIME
    assert np.array_equal(product(a, b), exact.astype(np.int64))


def test_the_longest_sum_of_the_largest_halves_is_exact():
    """One product less than is refused, of residues whose halves are as large as they can be."""
    largest, length = 0x7FFEFFFF, (1 << 19) - 1
    row = np.full((1, 1, length), largest, np.int64)
    assert product(row, row.swapaxes(1, 2)).item() == largest**2 * length % PRIME


def test_products_broadcast_and_may_be_empty():
    """As NumPy's do, also of factors with other numbers of axes."""
    a = np.arange(24).reshape(2, 3, 4)
    assert np.array_equal(product(a, a[0].T), a @ a[0].T)
    assert np.array_equal(product(a[:1], a.swapaxes(1, 2)), a[:1] @ a.swapaxes(1, 2))
    assert np.array_equal(product(a[..., :0], a[0, :0]), np.zeros((2, 3, 4)))


def test_sums_over_axes_as_torch_has_them():
    """Of a number, too, over its axis 0 or -1; and to a shape given as one tuple."""
    x = Residues(np.arange(24).reshape(4, 2, 3))
    assert np.array_equal(x.sum(-1).values, x.values.sum(2))
    assert np.array_equal(x.sum((0, 1)).values, x.values.sum((1, 2)))
    number = x[0, 0]
    for axis in (0, -1, None):
        assert np.array_equal(number.sum(axis).values, number.values)
    assert np.array_equal(x.reshape((3, 2)).values, x.reshape(3, 2).values)


def test_too_long_a_sum_is_refused():
    """From 2¹⁹ products on float64 would round."""
    wide = np.zeros((1, 1, 1 << 19), np.int64)
    with pytest.raises(ValueError, match="a sum of 524288 products is too long to be exact"):
        product(wide, wide.swapaxes(1, 2))


def test_degrees_are_counted():
    """Of sums, products and quotients, each 1/x a variable of its own."""
    x, y = Degree(2, 1), Degree(3)
    assert x.times(y) == Degree(5, 1)
    assert x.plus(y) == Degree(3, 1)
    one = Degree(1, 1, 1, 1)
    assert one.plus(one).times(one) == Degree(2, 2, 3, 1)
    assert one.highest(y) == Degree(3, 1, 1, 1)
    assert one.summed().distinct > 10**9
    assert y.summed() == y
    drawn = Residues(np.ones((4, 2, 2), np.int64))
    assert (drawn * drawn * drawn).degree == Degree(3)
    assert (drawn @ drawn + drawn).degree == Degree(2)
    for joined in (Residues.stacked, Residues.concatenated):
        assert joined([drawn, drawn * drawn]).degree == Degree(2)
    with counted() as account:
        assert (drawn / (drawn * drawn)).degree == Degree(2, 1, 1, 1)
        assert (drawn / (1 + drawn.inverse())).degree == Degree(2, 1, 1, 2)
        assert (drawn.inverse() @ drawn).degree.distinct > 10**9
        assert drawn.inverse().sum(0).degree.distinct > 10**9
    assert (account.inverses, account.inverted) == (20, Degree(2, 1, 1, 1))
    assert drawn.sigmoid().degree == Degree(1)


def test_the_bound_falls_with_the_points():
    """(d/p)^K for each result held against another; d with all that is below the line."""
    assert bound([Account()], 10, Degree(3), PRIME, 4) == pytest.approx(
        10 * (3 / PRIME) ** 4, abs=0
    )
    assert bound([Account()], 10, Degree(3), PRIME, 1) > 1e-9
    inverses = Account(inverses=5, inverted=Degree(2))
    assert bound([inverses], 1, Degree(3, 1, 7, 1), PRIME, 1) == pytest.approx(13 / PRIME, abs=0)
    assert bound([inverses], 1, Degree(3, 1, 2, 1), PRIME, 1) == pytest.approx(7 / PRIME, abs=0)
    nested = Account(inverses=5, inverted=Degree(2, 1, 1, 1))  # of an x: 2 + 1·1·2
    assert bound([nested], 1, Degree(3, 1, 1, 2), PRIME, 1) == pytest.approx(7 / PRIME, abs=0)
    hashed = Account(compared=6)
    assert bound([hashed], 0, Degree(0), PRIME, 4) == pytest.approx(6 * 2.0**-64, abs=0)
    compared = Account(compared=6, recognized=Degree(2))
    assert bound([compared], 0, Degree(0), PRIME, 1) == pytest.approx(12 / PRIME, 1e-9)
    # u + 1/x against v + 1/y, of x and y of degree 5: (u - v)·x·y + y - x has degree 11, however
    # many more 1/x there are.
    pair = Account(arguments=2, degree=Degree(1, 1, 1, 1), inverses=9, inverted=Degree(5))
    assert bound([pair], 0, Degree(0), PRIME, 1) == pytest.approx(11 / PRIME, abs=0)
    # However high a degree is, no two values agree with more than certainty.
    assert bound([Account()], 1, Degree(10**400), PRIME, 4) == 1


def test_a_quotient_that_is_a_value_of_sigma_has_its_degree():
    """1/(1 + exp(-x)) is σ(x), and exp(x)/(1 + exp(x)) too; what is another is none."""
    x = Residues(np.random.default_rng(0).integers(0, PRIME, (4, 3)))
    with counted() as account:
        assert (1 + (-x).exp()).inverse().degree == Degree(1)
        assert (x.exp() / (1 + x.exp())).degree == Degree(1)
        assert account.compared > 0
        assert account.recognized.inverses == 1
        assert (1 + x).inverse().degree == Degree(1, 1, 1, 1)
        both = Residues(np.stack([(1 + (-x).exp()).inverse().values, (1 + x).inverse().values], 1))
        assert recognized(Residues(both.values, Degree(2, 1, 1, 1))).degree.inverses == 1


def test_any_two_arguments_of_a_function_may_agree():
    """Of n arguments, n(n - 1)/2 pairs, each with the highest degree that one of them has."""
    with counted() as account:
        (Residues(np.ones((4, 3), np.int64)) * Residues(np.ones((4, 3), np.int64))).sigmoid()
    assert bound([account, account], 0, Degree(0), PRIME, 4) == pytest.approx(
        15 * (2 / PRIME) ** 4, abs=0
    )
