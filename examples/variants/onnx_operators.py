"""ONNX' LSTM, and its GRU with linear_before_reset both ways."""

import torch

from examples.variants.layer import Variant, rows

sigmoid, tanh = torch.sigmoid, torch.tanh


def lstm(w, x, h, c):
    Wb, Rb = w["B"][0].chunk(2)
    i, o, f, g = (x @ w["W"][0].T + h @ w["R"][0].T + Wb + Rb).chunk(4, 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def _gru(linear_before_reset):
    def gru(w, x, h):
        Wb, Rb = w["B"][0].chunk(2)
        x_z, x_r, x_n = (x @ w["W"][0].T + Wb).chunk(3, 1)
        h_z, h_r, h_n = (h @ w["R"][0].T + Rb).chunk(3, 1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        if not linear_before_reset:
            h_n = (r * h) @ w["R"][0].chunk(3)[2].T + Rb.chunk(3)[2]
        n = tanh(x_n + r * h_n) if linear_before_reset else tanh(x_n + h_n)
        return ((1 - z) * n + z * h,)

    return gru


def _from_torch(order, of):
    def from_torch(p):
        W, R, Wb, Rb = (
            rows(p[name], order, of=of)[None]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        return {"W": W, "R": R, "B": torch.cat([Wb, Rb], 1)}

    return from_torch


def _to_torch(order, of):
    def to_torch(w):
        found = [w["W"][0], w["R"][0], *w["B"][0].chunk(2)]
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return {n: rows(t, order, of=of) for n, t in zip(names, found, strict=True)}

    return to_torch


LSTM = Variant(
    "ONNX, `LSTM`",
    "lstm",
    lstm,
    _from_torch("iofg", "ifgo"),
    _to_torch("ifgo", "iofg"),
    "W (1, 4H, I), R (1, 4H, H), B (1, 8H); i o f g",
    "rows i o f g → i f g o; B in two",
)
LINEAR_FIRST = Variant(
    "ONNX, `GRU`, linear_before_reset=1",
    "gru",
    _gru(linear_before_reset=1),
    _from_torch("zrn", "rzn"),
    _to_torch("rzn", "zrn"),
    "W (1, 3H, I), R (1, 3H, H), B (1, 6H); z r n",
    "rows z r n → r z n; B in two",
)
RESET_FIRST = Variant(
    "ONNX, `GRU`, linear_before_reset=0",
    "gru",
    _gru(linear_before_reset=0),
    _from_torch("zrn", "rzn"),
    None,
    "W (1, 3H, I), R (1, 3H, H), B (1, 6H); z r n",
    "not at all: r stands on the other side of the product",
)
build, build_gru, build_gru_reset_first = LSTM.build, LINEAR_FIRST.build, RESET_FIRST.build
