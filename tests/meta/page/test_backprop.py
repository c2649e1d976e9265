"""Backpropagation by hand: autograd's bits where they can be had, its slopes, and its refusals."""

import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd.gradcheck import GradcheckError
from torch.nn.utils.rnn import pack_padded_sequence

import rnn_manual
from rnn_manual import Config, copy_weights, vjp
from rnn_manual.candidates.by_hand import build, run_by_hand
from rnn_manual.candidates.candidate import loops
from rnn_manual.cases.calls import CHANGED
from rnn_manual.judge.bits import without_onednn
from rnn_manual.layout import Packed, mapped_rows, rows_of, state_given, state_tuple
from rnn_manual.parity import check, select
from rnn_manual.weights import parameters_from, read_weights

KINDS = {
    "RNN": ("RNN", {}),
    "RNN relu": ("RNN", {"nonlinearity": "relu"}),
    "LSTM": ("LSTM", {}),
    "LSTM proj": ("LSTM", {"proj_size": 2}),
    "GRU": ("GRU", {}),
}


def exact(case):
    """By hand, gradients are added up as autograd adds them up.

    (An LSTM's matmul of one row or column autograd takes another way; and an RNN's, where some
    weights are frozen. And in a GRU h is used three times, so its gradient is a sum of three, which
    autograd takes in another order.)
    """
    config = case.config
    if case.call in ("second derivatives", *CHANGED):
        return False  # by hand there are none; and it refuses what autograd still differentiates
    if config.kind == "lstm":
        return 1 not in (config.input_size, config.hidden_size, config.proj_size)
    one = 1 in (config.input_size, config.hidden_size)
    return config.kind == "rnn" and not (one and case.call == "partly frozen")


def differentiable_once(case):
    """Gradients by hand have no graph, so they have no derivatives."""
    return case.call != "second derivatives"


@pytest.mark.bits
@pytest.mark.parametrize(
    "case",
    select("standard", dtypes=["float32", "float64"], where=exact, notes=None),
    ids=lambda case: case.id,
)
def test_by_hand_has_the_bits_of_autograd(case):
    """With oneDNN off, what is taken back by hand has every bit of what autograd takes back."""
    theirs = without_onednn(loops, case).tensors
    ours = without_onednn(build, case).tensors
    different = [n for n in theirs if not np.array_equal(ours[n], theirs[n], equal_nan=True)]
    assert ours.keys() == theirs.keys()
    assert different == []


@pytest.mark.parametrize(
    "case",
    select("standard", where=differentiable_once, notes=None)[::5],
    ids=lambda case: case.id,
)
def test_by_hand_is_a_right_layer(case):
    """Backpropagation by hand passes all that the suite asks of a candidate, on every kind."""
    check(build, case, formulas=False).assert_ok()


def layer(kind, **options):
    """One of our own modules, in float64, and random leaves for it: x, h_0 and c_0."""
    name, more = KINDS[kind]
    torch.manual_seed(0)
    module = getattr(rnn_manual, name)(2, 3, **{**more, **options}).double()
    config = Config.of(module)
    states = [torch.randn(config.num_rows, 2, config.state_size(s)) for s in config.states]
    x = torch.randn(3, 2, 2)
    return module, [t.double().requires_grad_() for t in (x, *states)]


def as_function(call, packed=False):
    """`call` from tensors to tensors: what it gives for x, h_0 and c_0, whatever else is given."""

    def function(x, *states):
        input = pack_padded_sequence(x, [3, 1]) if packed else x
        out, last = call(input, states if len(states) == 2 else states[0])
        last = last if isinstance(last, tuple) else (last,)
        return (out.data if packed else out, *last)

    return function


def slopes(call, module, leaves, check=torch.autograd.gradcheck, **options):
    """`check` on leaves and parameters: it moves these in memory, where the module finds them."""
    function = as_function(call, **options)
    number = len(leaves)
    everything = (*leaves, *module.parameters())
    return check(lambda *given: function(*given[:number]), everything, fast_mode=True)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_slopes(kind, packed):
    """The loops' gradients, and those by hand, are the slopes that finite differences find."""
    module, leaves = layer(kind, num_layers=2, bidirectional=True)
    assert slopes(module, module, leaves, packed=packed)
    assert slopes(build(module), module, leaves, packed=packed)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_slopes_of_slopes(kind, packed):
    """The loops can be differentiated twice: second derivatives are what differences find."""
    module, leaves = layer(kind, bidirectional=True)
    assert slopes(module, module, leaves, torch.autograd.gradgradcheck, packed=packed)


def test_slopes_can_fail():
    """Differences do move the parameters, though no function is told: a wrong one's is found."""
    module, leaves = layer("LSTM")

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, weight):
            return weight.clone()

        @staticmethod
        def backward(ctx, gradient):
            return 2 * gradient

    def call(x, hx):
        config, (direction,) = Config.of(module), read_weights(module)[0]
        wrong = direction._replace(weight_hh=Doubled.apply(direction.weight_hh))
        return rnn_manual.run(config, ((wrong,),), x, hx)

    with pytest.raises(GradcheckError, match="Jacobian mismatch"):
        slopes(call, module, leaves)


def arrays(weights):
    return tuple(tuple(w.map(lambda t: t.numpy()) for w in layer) for layer in weights)


def given(kind="LSTM", **options):
    """A configuration, weights, x (T, B, I) and random gradients for what the layer returns."""
    name, more = KINDS[kind]
    torch.manual_seed(0)
    module = getattr(nn, name)(2, 3, dtype=torch.float64, **more, **options)
    x = torch.randn(4, 2, 2, dtype=torch.float64)
    out, last = module(x)
    d_last = tuple(map(torch.randn_like, last)) if name == "LSTM" else torch.randn_like(last)
    return Config.of(module), copy_weights(module), x, torch.randn_like(out), d_last


def flat(config, found):
    states = found.state if config.kind == "lstm" else (found.state,)
    return [found.input, *states, *parameters_from(config, found.weights).values()]


def packed_in_numpy(packed):
    indices = (packed.sorted_indices.numpy(), packed.unsorted_indices.numpy())
    return Packed(packed.data.numpy(), packed.batch_sizes.tolist(), *indices)


LAYOUTS = {
    "batched": (lambda x: x, lambda x: x.numpy()),
    "unbatched": (lambda x: x[:, 0], lambda x: x.numpy()),
    "nobody": (lambda x: x[:, :0], lambda x: x.numpy()),
    "packed": (lambda x: pack_padded_sequence(x, [2, 4], enforce_sorted=False), packed_in_numpy),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_numpy_and_torch_agree(kind, layout):
    """vjp on NumPy arrays gives what it gives on torch tensors, and gives NumPy arrays."""
    config, weights, x, _, _ = given(kind, num_layers=2, bidirectional=True)
    laid_out, in_numpy = LAYOUTS[layout]
    x = laid_out(x)
    (out, last), theirs = vjp(config, weights, x)
    d_out = mapped_rows(torch.randn_like, out)
    d_last = [torch.randn_like(s) for s in state_tuple(config, last)]
    theirs = theirs(d_out, state_given(config, d_last))
    ours = vjp(config, arrays(weights), in_numpy(x))[1]
    ours = ours(in_numpy(d_out), state_given(config, [d.numpy() for d in d_last]))
    for a, b in zip(flat(config, ours), flat(config, theirs), strict=True):
        assert isinstance(rows_of(a), np.ndarray)
        np.testing.assert_allclose(rows_of(a), rows_of(b).numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_backward_may_be_called_again(kind):
    """The pullback changes nothing: a second call gives the same bits."""
    config, weights, x, d_out, d_last = given(kind, num_layers=2)
    _, backward = vjp(config, weights, x)
    first = [tensor.clone() for tensor in flat(config, backward(d_out, d_last))]
    backward(2 * d_out)
    assert all(map(torch.equal, first, flat(config, backward(d_out, d_last))))


@pytest.mark.parametrize("kind", KINDS)
def test_no_d_state_means_zeros(kind):
    """d_state left out, or an LSTM's d_h_n or d_c_n given as None, is zeros."""
    config, weights, x, d_out, d_last = given(kind)
    _, backward = vjp(config, weights, x)
    pair = config.kind == "lstm"
    zeros = tuple(map(torch.zeros_like, d_last)) if pair else torch.zeros_like(d_last)
    expected = flat(config, backward(d_out, zeros))
    for nothing in (None, (None, None)) if pair else (None,):
        assert all(map(torch.equal, expected, flat(config, backward(d_out, nothing))))
    if pair:
        for i in (0, 1):
            one = [d if i == j else None for j, d in enumerate(d_last)]
            both = [d if i == j else zeros[j] for j, d in enumerate(d_last)]
            same = map(flat, [config] * 2, [backward(d_out, d) for d in (one, both)])
            assert all(map(torch.equal, *same))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda o, h, c: (o[1:], (h, c)), r"d_out must have shape \(4, 2, 3\), got \(3, 2, 3\)"),
        (lambda o, h, c: (o[:, 0], (h, c)), r"d_out must have shape \(4, 2, 3\), got \(4, 3\)"),
        (lambda o, h, c: (o, (h[:, 1:], c)), r"d_h_n must have shape \(1, 2, 3\), got \(1, 1, 3\)"),
        (
            lambda o, h, c: (o, (h, c[..., 1:])),
            r"d_c_n must have shape \(1, 2, 3\), got \(1, 2, 2\)",
        ),
        (lambda o, h, c: (o, (h,)), r"d_state must be \(d_h_n, d_c_n\), got 1 arrays"),
        (lambda o, h, c: (o, h), r"d_state must be \(d_h_n, d_c_n\), got 1 arrays"),
        (lambda o, h, c: (o, (h, 0.0)), "d_c_n must be a tensor, got float"),
        (lambda o, h, c: (None, (h, c)), "d_out must be a tensor, got NoneType"),
        (lambda o, h, c: (o.numpy(), (h, c)), "d_out must be a tensor, got ndarray"),
        (lambda o, h, c: (o.float(), (h, c)), "d_out must have dtype torch.float64, got torch.fl"),
        (lambda o, h, c: (o, (h, c.int())), "d_c_n must have dtype torch.float64, got torch.int32"),
    ],
)
def test_what_is_no_gradient_is_refused(change, said):
    """A gradient has the shape, dtype and library of what it is for, or is refused in one line."""
    config, weights, x, d_out, d_last = given()
    _, backward = vjp(config, weights, x)
    with pytest.raises(ValueError, match=said) as raised:
        backward(*change(d_out, *d_last))
    assert "\n" not in str(raised.value)


def test_d_out_is_packed_as_the_input_is():
    """Packed or not, in the same order and of the same lengths: rows are not taken for others."""
    config, weights, x, d_out, _ = given()
    packed = pack_padded_sequence(x, [4, 2])
    pullback = vjp(config, weights, packed)[1]
    (out, _), _ = vjp(config, weights, packed)
    other_lengths = pack_padded_sequence(d_out, [3, 3])
    other_order = pack_padded_sequence(d_out, [2, 4], enforce_sorted=False)
    assert out.data.shape == other_lengths.data.shape == other_order.data.shape
    for wrong in (d_out, other_lengths, other_order):
        with pytest.raises(ValueError, match="d_out must be packed as the input is"):
            pullback(wrong)
    with pytest.raises(ValueError, match="d_out must be not packed, for so is out"):
        vjp(config, weights, x)[1](packed)


def test_nothing_is_kept_that_nobody_holds():
    """What by-hand layers return goes at once when its holder lets go: it is in no circle."""
    config, weights, x, _, _ = given()
    out, _ = run_by_hand(config, weights, x.requires_grad_())
    seen = weakref.ref(out)
    del out
    assert seen() is None


def test_no_graph_is_kept():
    """Neither what is computed forward nor backward remembers how."""
    module = nn.LSTM(2, 3, dtype=torch.float64)
    x = torch.randn(4, 2, 2, dtype=torch.float64, requires_grad=True)
    (out, _), pullback = vjp(Config.of(module), read_weights(module), x)
    found = pullback(torch.ones_like(out).requires_grad_())
    assert not any(t.requires_grad for t in (out, found.input, found.weights[0][0].weight_hh))


def test_what_was_written_to_since_is_an_error():
    """As of any layer: a weight changed between the ways there and back gives no gradient."""
    module = nn.LSTM(2, 3)
    out, _ = build(module)(torch.randn(4, 2, 2))
    with torch.no_grad():
        module.weight_hh_l0.mul_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_by_hand_refuses_to_be_differentiated_twice():
    """What is computed by hand has no graph: a second derivative is an error, and not wrong."""
    module, (x, *states) = layer("LSTM")
    out, _ = run_by_hand(Config.of(module), read_weights(module), x, tuple(states))
    (d_x,) = torch.autograd.grad(out.pow(2).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        d_x.sum().backward()
