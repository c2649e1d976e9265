"""Gers, Schmidhuber & Cummins 2000, the forget gate: 4σ - 2 and 2σ - 1 where nn has tanh.

4σ(a) - 2 = 2 tanh(a/2) and 2σ(c) - 1 = tanh(c/2). So it is nn's LSTM, with g's rows halved and with
half of what its cell holds in nn's.
"""

import torch

from examples.variants.layer import Variant

sigmoid = torch.sigmoid


def step(w, x, h, c):
    i, f, g, o = (x @ w["W"].T + h @ w["R"].T + w["b"]).chunk(4, -1)
    c = sigmoid(f) * c + sigmoid(i) * (4 * sigmoid(g) - 2)
    return sigmoid(o) * (2 * sigmoid(c) - 1), c


def _g_times(factor, tensor):
    i, f, g, o = tensor.chunk(4)
    return torch.cat([i, f, factor * g, o])


def from_torch(p):
    found = {"W": p["weight_ih"], "R": p["weight_hh"], "b": p["bias_ih"] + p["bias_hh"]}
    return {name: _g_times(2, tensor) for name, tensor in found.items()}


def to_torch(w):
    W, R, b = (_g_times(0.5, w[name]) for name in "WRb")
    return {"weight_ih": W, "weight_hh": R, "bias_ih": b, "bias_hh": torch.zeros_like(b)}


FORGETS = Variant(
    "LSTM of Gers et al. 2000",
    "lstm",
    step,
    from_torch,
    to_torch,
    "i f g o, one bias",
    "g's rows × ½; c_0 and c_n × ½",
    state_from_torch=lambda h, c: (h, 2 * c),
    state_to_torch=lambda h, c: (h, c / 2),
)
build = FORGETS.build
