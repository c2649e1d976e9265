"""Dive into Deep Learning, chapters 10.1 and 10.2: LSTM and GRU from scratch."""

import torch

from examples.variants.layer import Variant

sigmoid, tanh = torch.sigmoid, torch.tanh


def lstm(w, x, h, c):
    i = sigmoid(x @ w["W_xi"] + h @ w["W_hi"] + w["b_i"])
    f = sigmoid(x @ w["W_xf"] + h @ w["W_hf"] + w["b_f"])
    o = sigmoid(x @ w["W_xo"] + h @ w["W_ho"] + w["b_o"])
    c_tilde = tanh(x @ w["W_xc"] + h @ w["W_hc"] + w["b_c"])
    c = f * c + i * c_tilde
    return o * tanh(c), c


def gru(w, x, h):
    z = sigmoid(x @ w["W_xz"] + h @ w["W_hz"] + w["b_z"])
    r = sigmoid(x @ w["W_xr"] + h @ w["W_hr"] + w["b_r"])
    h_tilde = tanh(x @ w["W_xh"] + (r * h) @ w["W_hh"] + w["b_h"])
    return (z * h + (1 - z) * h_tilde,)


def _from_torch(gates):
    def from_torch(p):
        found = {}
        for gate, W, R, b in zip(
            gates,
            p["weight_ih"].chunk(len(gates)),
            p["weight_hh"].chunk(len(gates)),
            (p["bias_ih"] + p["bias_hh"]).chunk(len(gates)),
            strict=True,
        ):
            found |= {f"W_x{gate}": W.T, f"W_h{gate}": R.T, f"b_{gate}": b}
        return found

    return from_torch


def lstm_to_torch(w):
    W, R = (torch.cat([w[f"W_{side}{g}"].T for g in "ifco"]) for side in "xh")
    b = torch.cat([w[f"b_{g}"] for g in "ifco"])
    return {"weight_ih": W, "weight_hh": R, "bias_ih": b, "bias_hh": torch.zeros_like(b)}


LSTM = Variant(
    "d2l, LSTM from scratch",
    "lstm",
    lstm,
    _from_torch("ifco"),
    lstm_to_torch,
    "W_x (I, H), W_h (H, H), b (H) for each gate",
    "transpose, one below the other as i f c o; `bias_hh` = 0",
)
GRU = Variant(
    "d2l, GRU from scratch",
    "gru",
    gru,
    _from_torch("rzh"),
    None,
    "W_x (I, H), W_h (H, H), b (H) for each gate",
    "not at all: r stands on the other side of the product",
)
build, build_gru = LSTM.build, GRU.build
