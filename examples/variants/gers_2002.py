"""Gers, Schraudolph & Schmidhuber 2002, peepholes: the gates see c, the output gate the new one."""

import torch

from examples.variants.layer import Variant

sigmoid, tanh = torch.sigmoid, torch.tanh


def step(w, x, h, c):
    i, f, g, o = (x @ w["W"].T + h @ w["R"].T + w["b"]).chunk(4, -1)
    i, f = sigmoid(i + w["p_i"] * c), sigmoid(f + w["p_f"] * c)
    c = f * c + i * tanh(g)
    o = sigmoid(o + w["p_o"] * c)
    return o * tanh(c), c


def _from_torch(peephole):
    def from_torch(p):
        b = p["bias_ih"] + p["bias_hh"]
        seen = {f"p_{gate}": torch.full_like(b[::4], peephole) for gate in "ifo"}
        return {"W": p["weight_ih"], "R": p["weight_hh"], "b": b} | seen

    return from_torch


def to_torch(w):
    b = w["b"]
    return {"weight_ih": w["W"], "weight_hh": w["R"], "bias_ih": b, "bias_hh": torch.zeros_like(b)}


PEEPS = Variant(
    "LSTM of Gers et al. 2002, with peepholes",
    "lstm",
    step,
    _from_torch(0.5),
    None,
    "i f g o, one bias; p_i, p_f, p_o (H)",
    "not at all: nn's gates do not see c",
)
SHUT = Variant(
    "the same, peepholes of 0",
    "lstm",
    step,
    _from_torch(0.0),
    to_torch,
    "i f g o, one bias; p_i, p_f, p_o (H)",
    "`bias_ih` = b, `bias_hh` = 0",
)
build = PEEPS.build
