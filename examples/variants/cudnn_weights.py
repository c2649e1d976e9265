"""cuDNN's LSTM and GRU: nn's own equations and order of gates, all weights in one flat memory."""

import torch

from examples.variants.layer import Variant

sigmoid, tanh = torch.sigmoid, torch.tanh
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")  # all matrices, then all biases


def _taken_apart(flat, G, H):
    """G gates of H rows each: W, R, b_W, b_R."""
    features = len(flat) // (G * H) - H - 2
    parts = flat.split([G * H * features, G * H * H, G * H, G * H])
    return parts[0].reshape(G * H, features), parts[1].reshape(G * H, H), *parts[2:]


def lstm(w, x, h, c):
    W, R, b_W, b_R = _taken_apart(w["flat"], 4, h.shape[1])
    i, f, g, o = (x @ W.T + h @ R.T + b_W + b_R).chunk(4, 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def gru(w, x, h):
    W, R, b_W, b_R = _taken_apart(w["flat"], 3, h.shape[1])
    (x_r, x_i, x_n), (h_r, h_i, h_n) = (x @ W.T + b_W).chunk(3, 1), (h @ R.T + b_R).chunk(3, 1)
    r, i = sigmoid(x_r + h_r), sigmoid(x_i + h_i)
    return ((1 - i) * tanh(x_n + r * h_n) + i * h,)


def from_torch(p):
    return {"flat": torch.cat([p[name].flatten() for name in NAMES]), "H": p["weight_hh"].shape[1]}


def _to_torch(G):
    def to_torch(w):
        return dict(zip(NAMES, _taken_apart(w["flat"], G, w["H"]), strict=True))

    return to_torch


LSTM = Variant(
    "cuDNN, LSTM",
    "lstm",
    lstm,
    from_torch,
    _to_torch(4),
    "one flat memory: W, R, b_W, b_R; i f g o",
    "take apart",
)
GRU = Variant(
    "cuDNN, GRU",
    "gru",
    gru,
    from_torch,
    _to_torch(3),
    "one flat memory: W, R, b_W, b_R; r i n (i is z)",
    "take apart",
)
build, build_gru = LSTM.build, GRU.build
