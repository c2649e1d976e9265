"""Keras' LSTM, and its GRU with reset_after both ways. (Lines of our own.)"""

import torch

from examples.variants.layer import Variant, rows

sigmoid, tanh = torch.sigmoid, torch.tanh


def lstm(w, x, h, c):
    i, f, g, o = (x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]).chunk(4, 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def lstm_from_torch(p):
    b = p["bias_ih"] + p["bias_hh"]
    return {"kernel": p["weight_ih"].T, "recurrent_kernel": p["weight_hh"].T, "bias": b}


def lstm_to_torch(w):
    W, R, b = w["kernel"].T, w["recurrent_kernel"].T, w["bias"]
    return {"weight_ih": W, "weight_hh": R, "bias_ih": b, "bias_hh": torch.zeros_like(b)}


def reset_after(w, x, h):
    x_z, x_r, x_n = (x @ w["kernel"] + w["bias"][0]).chunk(3, 1)
    h_z, h_r, h_n = (h @ w["recurrent_kernel"] + w["bias"][1]).chunk(3, 1)
    z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
    return (z * h + (1 - z) * tanh(x_n + r * h_n),)


def reset_before(w, x, h):
    R_z, R_r, R_n = w["recurrent_kernel"].chunk(3, 1)
    x_z, x_r, x_n = (x @ w["kernel"] + w["bias"]).chunk(3, 1)
    z, r = sigmoid(x_z + h @ R_z), sigmoid(x_r + h @ R_r)
    return (z * h + (1 - z) * tanh(x_n + (r * h) @ R_n),)


def _kernels(p):
    W, R = (rows(p[name], "zrn", of="rzn").T for name in ("weight_ih", "weight_hh"))
    return {"kernel": W, "recurrent_kernel": R}


def after_from_torch(p):
    biases = [rows(p[name], "zrn", of="rzn") for name in ("bias_ih", "bias_hh")]
    return _kernels(p) | {"bias": torch.stack(biases)}


def after_to_torch(w):
    turned = [w["kernel"].T, w["recurrent_kernel"].T, *w["bias"]]
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {n: rows(t, "rzn", of="zrn") for n, t in zip(names, turned, strict=True)}


def before_from_torch(p):
    return _kernels(p) | {"bias": rows(p["bias_ih"] + p["bias_hh"], "zrn", of="rzn")}


LSTM = Variant(
    "Keras, `LSTM`",
    "lstm",
    lstm,
    lstm_from_torch,
    lstm_to_torch,
    "kernel (I, 4H), recurrent_kernel (H, 4H), bias (4H); i f g o",
    "transpose both; `bias_ih` = bias, `bias_hh` = 0",
)
AFTER = Variant(
    "Keras, `GRU`, reset_after=True",
    "gru",
    reset_after,
    after_from_torch,
    after_to_torch,
    "kernel (I, 3H), recurrent_kernel (H, 3H), bias (2, 3H); z r n",
    "transpose both; rows z r n → r z n; bias[0], bias[1]",
)
BEFORE = Variant(
    "Keras, `GRU`, reset_after=False",
    "gru",
    reset_before,
    before_from_torch,
    None,
    "kernel (I, 3H), recurrent_kernel (H, 3H), bias (3H); z r n",
    "not at all: r stands on the other side of the product",
)
build, build_gru, build_gru_before = LSTM.build, AFTER.build, BEFORE.build
