"""As Opacus' DPLSTM and DPGRU, built of nn.Linear, so that each example has its own gradient.

(Lines of our own: Opacus is not run.)
"""

import torch
from torch.nn.functional import linear

from examples.variants.layer import Variant

sigmoid, tanh = torch.sigmoid, torch.tanh
NAMES = {
    "ih.weight": "weight_ih",
    "ih.bias": "bias_ih",
    "hh.weight": "weight_hh",
    "hh.bias": "bias_hh",
}


def lstm(w, x, h, c):
    gates = linear(x, w["ih.weight"], w["ih.bias"]) + linear(h, w["hh.weight"], w["hh.bias"])
    i, f, g, o = gates.split(h.shape[1], 1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def gru(w, x, h):
    x_r, x_z, x_n = linear(x, w["ih.weight"], w["ih.bias"]).split(h.shape[1], 1)
    h_r, h_z, h_n = linear(h, w["hh.weight"], w["hh.bias"]).split(h.shape[1], 1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    return ((1 - z) * tanh(x_n + r * h_n) + z * h,)


def from_torch(p):
    return {ours: p[theirs] for ours, theirs in NAMES.items()}


def to_torch(w):
    return {theirs: w[ours] for ours, theirs in NAMES.items()}


LSTM = Variant(
    "as Opacus, `DPLSTM`",
    "lstm",
    lstm,
    from_torch,
    to_torch,
    "`ih` and `hh`, each an nn.Linear; i f g o",
    "other names",
)
GRU = Variant(
    "as Opacus, `DPGRU`",
    "gru",
    gru,
    from_torch,
    to_torch,
    "`ih` and `hh`, each an nn.Linear; r z n",
    "other names",
)
build, build_gru = LSTM.build, GRU.build
