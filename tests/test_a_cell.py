"""A. From a linear layer to a cell.

Where only sums of products are claimed, the numbers are small integers: every sum is then exact in
any order, so that equal means equal.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from rnn_manual.cases.draw import draw, rounded
from rnn_manual.cases.excluded import DRAWN, LONG
from rnn_manual.cases.parametrize import law
from rnn_manual.claims.laws import assert_close, assert_near, assert_same, claim, padded
from rnn_manual.claims.sequences import sequences, taken_apart
from rnn_manual.config import Config

SHAPES = [  # B, T, E, E2
    pytest.param(4, 16, 5, 6, id="notes"),
    pytest.param(1, 1, 1, 1, id="ones"),
    pytest.param(3, 50, 7, 17, id="random"),
]


def integers(seed, *shape, device="cpu"):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-2, 3, shape, generator=generator).double().to(device)


@claim("A1", "Linear(x)[b, t] = W x[b, t]")
@pytest.mark.parametrize(("B", "T", "E", "E2"), SHAPES)
def test_linear_acts_on_the_last_axis(device, B, T, E, E2):
    """A linear layer on (B, T, E) equals the matmul done sample by sample and step by step."""
    embedding = nn.Embedding.from_pretrained(integers(0, 100, E, device=device))
    linear = nn.Linear(E, E2, bias=False, dtype=torch.float64, device=device)
    linear.weight = nn.Parameter(integers(1, E2, E, device=device))
    tokens = torch.arange(B * T, device=device).reshape(B, T) % 100
    x = embedding(tokens)
    whole = linear(x)
    assert torch.equal(whole, torch.stack([x[b] @ linear.weight.T for b in range(B)]))
    assert torch.equal(whole, torch.stack([x[:, t] @ linear.weight.T for t in range(T)], 1))


@claim("A2", "(x W_ihᵀ)[t] = x[t] W_ihᵀ")
@pytest.mark.parametrize(("B", "T", "E", "E2"), SHAPES)
def test_without_memory_time_may_be_taken_at_once(device, B, T, E, E2):
    """Without memory, a loop over time and one matmul over the whole sequence agree."""
    x, W = integers(0, T, B, E, device=device), integers(1, E2, E, device=device)
    one_by_one = torch.stack([x_t @ W.T for x_t in x])
    assert torch.equal(one_by_one, (x.reshape(T * B, E) @ W.T).reshape(T, B, E2))


@claim("A3", "x_t W1 + s_{t-1} W2 = [x_t, s_{t-1}] [W1; W2]")
@pytest.mark.parametrize(
    ("B", "T", "E", "E2"), [pytest.param(4, 16, 5, 6, id="notes"), pytest.param(2, 9, 1, 3)]
)
def test_memory_is_one_matmul_of_the_concatenation(device, B, T, E, E2):
    """With memory, two matmuls added equal the one matmul of the concatenation, at every step."""
    x = integers(0, B, T, E, device=device)
    W1, W2 = integers(1, E, E2, device=device), integers(2, E2, E2, device=device)
    s = torch.zeros(B, E2, dtype=torch.float64, device=device)
    for t in range(T):
        apart = x[:, t] @ W1 + s @ W2
        assert torch.equal(apart, torch.cat([x[:, t], s], 1) @ torch.cat([W1, W2]))
        s = apart.clamp(-(2**20), 2**20)  # kept where sums of products are still exact
    assert s.any()


@claim("A4", "h_1 = f(W_ih x_1 + b_ih + W_hh h_0 + b_hh)")
@law(
    where=lambda case: (
        case.config.kind == "rnn" and case.config.num_layers == 1 and case.values == "ordinary"
    )
)
def test_the_rnn_cell(layer, case):
    """The first step of an RNN is f of the sum of both products and both biases, f tanh or relu."""
    data, found, H = draw(case), layer(case), case.config.hidden_size
    p, zero = data.parameters, np.zeros(1)
    h_0 = np.zeros((case.batch_size, H)) if data.state is None else np.atleast_2d(data.state[0][0])
    f = np.tanh if case.config.nonlinearity == "tanh" else lambda z: np.maximum(z, 0)
    xs = sequences(case, data.input)
    outs, limits = (taken_apart(found, each) for each in (found.values, found.allowed))
    for x, h, (out, *_), (limit, *_) in zip(xs, h_0, outs, limits, strict=True):
        z = p["weight_ih_l0"] @ x[0] + p.get("bias_ih_l0", zero)
        z = z + p["weight_hh_l0"] @ h + p.get("bias_hh_l0", zero)
        # The limit is for what the layer gives; what is expected rounds a little in float64, too.
        assert_near(out[0, :H], f(z), 2 * limit[0, :H], "out of the first step", f"{case}")


@claim("A4", "b_ih + b_hh = (b_ih + b_hh) + 0")
@law(where=lambda case: case.config.bias and padded(case), without=[DRAWN])
def test_only_the_sum_of_the_biases_matters(layer, case):
    """PyTorch keeps two bias vectors; but for a GRU's gate n, only their sum matters."""
    moved = dict(draw(case).parameters)
    rows = slice(2 * case.config.hidden_size if case.config.kind == "gru" else None)
    for name in [name for name in moved if name.startswith("bias_ih")]:
        other = name.replace("_ih_", "_hh_")
        moved[name], moved[other] = moved[name].copy(), moved[other].copy()
        moved[name][rows] += moved[other][rows]
        moved[other][rows] = 0
        moved[name] = rounded(moved[name], case.dtype)
    assert_close(layer(case, parameters=moved), layer(case))


@claim("A5", "F.linear(x, W, b) = x Wᵀ + b")
@pytest.mark.parametrize(("rows", "I", "H"), [(4, 5, 6), (1, 1, 1), (7, 3, 17)])
def test_linear_is_x_times_w_transposed(device, rows, I, H):  # noqa: E741
    """F.linear(x, W, b) is x Wᵀ + b: so weight_ih is (H, I), weight_hh (H, H), not transposed."""
    x, W = integers(0, rows, I, device=device), integers(1, H, I, device=device)
    b = integers(2, H, device=device)
    assert torch.equal(F.linear(x, W, b), x @ W.T + b)
    shapes = Config("rnn", I, H).parameter_shapes()
    assert shapes["weight_ih_l0"] == tuple(W.shape)
    assert shapes["weight_hh_l0"] == (H, H)


OPEN, CLOSED = 1e4, -1e4  # far enough for σ to be exactly 1 and 0, and tanh exactly ±1
GATES = [  # pre-activation of i, f, g, o; what c_n and h_n then are, exactly
    pytest.param("i", (OPEN, CLOSED, OPEN, OPEN), 1.0, np.tanh(1.0), id="i-open-lets-g-in"),
    pytest.param("i", (CLOSED, CLOSED, OPEN, OPEN), 0.0, 0.0, id="i-closed-keeps-g-out"),
    pytest.param("f", (CLOSED, OPEN, OPEN, OPEN), "c_0", "tanh c_0", id="f-open-keeps-c"),
    pytest.param("f", (CLOSED, CLOSED, CLOSED, OPEN), 0.0, 0.0, id="f-closed-forgets-c"),
    pytest.param("g", (OPEN, CLOSED, CLOSED, OPEN), -1.0, np.tanh(-1.0), id="g-is-a-tanh"),
    pytest.param("o", (CLOSED, OPEN, OPEN, CLOSED), "c_0", 0.0, id="o-closed-shows-nothing"),
]


@claim("A6", "c_t = f·c_{t-1} + i·g,  h_t = o·tanh(c_t)")
@pytest.mark.parametrize("bias", ["bias_ih_l0", "bias_hh_l0"])
@pytest.mark.parametrize(("gate", "levels", "c", "h"), GATES)
@law(
    where=lambda case: case.config == Config("lstm", 3, 5)
    and case.state == "random"
    and case.dtype in ("float32", "float64")
    and case.seq_len < 20
    and (case.memory, case.values) == ("contiguous", "ordinary")
)  # fmt: skip
def test_the_lstm_gates(layer, case, bias, gate, levels, c, h):
    """The gates i, f, g, o are stacked in that order, each doing what its equation says."""
    data = draw(case)
    moved = data.parameters | {bias: np.repeat(levels, case.config.hidden_size)}
    got = layer(case, parameters=moved)
    c_0 = data.state[1].astype(case.dtype)
    assert_same(got.c_n, c_0 if isinstance(c, str) else np.full_like(got.c_n, c), "c_n")
    expected = np.tanh(c_0) if isinstance(h, str) else np.full_like(got.h_n, h)
    np.testing.assert_allclose(got.h_n, expected, rtol=4 * np.finfo(case.dtype).eps, atol=0)


GRU_GATES = [  # pre-activation of r and z; what h_n then is
    pytest.param((CLOSED, OPEN), lambda n, x_n, h_0: h_0, id="z-open-keeps-h"),
    pytest.param((CLOSED, CLOSED), lambda n, x_n, h_0: np.tanh(x_n), id="r-closed-resets-h"),
    pytest.param((OPEN, CLOSED), lambda n, x_n, h_0: np.tanh(n), id="r-open-sees-h"),
]


@claim("A8", "n_t = tanh(x_n + r·(W_hn h_{t-1} + b_hn)),  h_t = n_t + z·(h_{t-1} - n_t)")
@pytest.mark.parametrize("bias", ["bias_ih_l0", "bias_hh_l0"])
@pytest.mark.parametrize(("levels", "expected"), GRU_GATES)
@law(
    where=lambda case: case.config == Config("gru", 3, 5)
    and case.state == "random"
    and case.dtype in ("float32", "float64")
    and case.layout == "batched"
    and (case.memory, case.values) == ("contiguous", "ordinary")
)  # fmt: skip
def test_the_gru_gates(layer, case, bias, levels, expected):
    """The gates r, z, n are stacked in that order; r resets W_hn h + b_hn, z keeps h."""
    one, H = replace(case, seq_len=1), case.config.hidden_size
    data = draw(one)
    moved = dict(data.parameters)
    moved[bias] = np.concatenate([np.repeat(levels, H), moved[bias][2 * H :]])
    x, h_0 = data.input[0], data.state[0][0]
    x_n = x @ moved["weight_ih_l0"][2 * H :].T + moved["bias_ih_l0"][2 * H :]
    n = x_n + h_0 @ moved["weight_hh_l0"][2 * H :].T + moved["bias_hh_l0"][2 * H :]
    h_n = layer(one, parameters=moved).h_n[0]
    np.testing.assert_allclose(
        h_n, expected(n, x_n, h_0), rtol=0, atol=32 * np.finfo(case.dtype).eps
    )


@claim("A7", "out[t] = h_t,  y_t = W_ya out[t] + b_y")
@law(
    notes="A7",
    where=lambda case: case.config.num_layers == 1
    and not case.config.bidirectional
    and case.layout == "batched"
    and not case.config.batch_first,
    without=[LONG],
)  # fmt: skip
def test_out_is_the_state_itself(layer, case):
    """`out` is h_t itself, without an output layer: a classifier is a Linear of its own on it."""
    data, got = draw(case), layer(case)
    for t in range(case.seq_len):
        so_far = layer(replace(case, seq_len=t + 1), replace(data, input=data.input[: t + 1]))
        limit = got.allowed.out[t] + so_far.allowed.h_n[0]
        assert_near(got.out[t], so_far.h_n[0], limit, f"out[{t}]")
    W, b = np.arange(3.0 * got.out.shape[-1]).reshape(3, -1), np.arange(3.0)
    classifier = nn.Linear(*W.T.shape, dtype=torch.float64)
    classifier.load_state_dict({"weight": torch.tensor(W), "bias": torch.tensor(b)})
    y = classifier(torch.tensor(got.out, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(y, got.out.astype(np.float64) @ W.T + b, rtol=1e-12)
