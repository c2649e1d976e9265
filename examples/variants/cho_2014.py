"""Cho et al. 2014, arXiv 1406.1078: the GRU of its first version, and that of its third."""

import torch

from examples.variants.layer import Variant

sigmoid, tanh = torch.sigmoid, torch.tanh


def _gates(w, x, h):
    (W_r, W_z, W), (U_r, U_z, U) = w["W"].chunk(3), w["U"].chunk(3)
    r, z = sigmoid(x @ W_r.T + h @ U_r.T), sigmoid(x @ W_z.T + h @ U_z.T)
    return r, z, x @ W.T, U


def first(w, x, h):
    r, z, x_n, U = _gates(w, x, h)
    return (z * h + (1 - z) * tanh(x_n + r * (h @ U.T)),)


def third(w, x, h):
    r, z, x_n, U = _gates(w, x, h)
    return (z * h + (1 - z) * tanh(x_n + (r * h) @ U.T),)


def from_torch(p):
    return {"W": p["weight_ih"], "U": p["weight_hh"]}


def to_torch(w):
    return {"weight_ih": w["W"], "weight_hh": w["U"]}


V1 = Variant(
    "GRU of Cho et al. 2014, v1",
    "gru",
    first,
    from_torch,
    to_torch,
    "r z n, no bias",
    "as they are; bias=False",
    bias=False,
)
V3 = Variant(
    "GRU of Cho et al. 2014, v3",
    "gru",
    third,
    from_torch,
    None,
    "r z n, no bias",
    "not at all: r stands on the other side of the product",
    bias=False,
)
build, build_v3 = V1.build, V3.build
