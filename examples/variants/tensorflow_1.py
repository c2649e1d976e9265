"""TensorFlow 1's BasicLSTMCell: i j f o, one kernel for x and h, and 1 added to the forget gate."""

import torch

from examples.variants.layer import Variant, rows

sigmoid, tanh = torch.sigmoid, torch.tanh


def step(w, x, h, c):
    i, j, f, o = (torch.cat([x, h], 1) @ w["kernel"] + w["bias"]).chunk(4, 1)
    c = c * sigmoid(f + 1) + sigmoid(i) * tanh(j)  # forget_bias=1.0
    return tanh(c) * sigmoid(o), c


def _to_f(b, number):
    i, f, g, o = b.chunk(4)
    return torch.cat([i, f + number, g, o])


def from_torch(p):
    kernel = torch.cat([p["weight_ih"], p["weight_hh"]], 1)
    b = _to_f(p["bias_ih"] + p["bias_hh"], -1)
    return {"kernel": rows(kernel, "igfo", of="ifgo").T, "bias": rows(b, "igfo", of="ifgo")}


def to_torch(w):
    kernel, b = (rows(tensor, "ifgo", of="igfo") for tensor in (w["kernel"].T, w["bias"]))
    H = len(b) // 4
    W, R = kernel[:, :-H], kernel[:, -H:]
    return {"weight_ih": W, "weight_hh": R, "bias_ih": _to_f(b, 1), "bias_hh": torch.zeros_like(b)}


BASIC = Variant(
    "TensorFlow 1, `BasicLSTMCell`",
    "lstm",
    step,
    from_torch,
    to_torch,
    "kernel (I+H, 4H), bias (4H); i g f o",
    "transpose, take apart, rows i g f o → i f g o; add 1 to f's bias",
)
build = BASIC.build
