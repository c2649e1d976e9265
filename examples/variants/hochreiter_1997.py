"""Hochreiter & Schmidhuber 1997, the first LSTM: no forget gate, and other squashing functions."""

import torch

from examples.variants.layer import Variant

sigmoid = torch.sigmoid


def step(w, x, h, c):
    def gate(j):
        return x @ w["W"][j].T + h @ w["R"][j].T + w["b"][j]

    i, g, o = sigmoid(gate(0)), 4 * sigmoid(gate(1)) - 2, sigmoid(gate(2))
    c = c + i * g  # what is in the cell stays there for ever
    return o * (2 * sigmoid(c) - 1), c


def from_torch(p):
    def without_f(tensor):
        i, _, g, o = tensor.chunk(4)
        return torch.stack([i, g, o])

    b = p["bias_ih"] + p["bias_hh"]
    return {"W": without_f(p["weight_ih"]), "R": without_f(p["weight_hh"]), "b": without_f(b)}


FIRST = Variant(
    "LSTM of Hochreiter & Schmidhuber 1997",
    "lstm",
    step,
    from_torch,
    None,
    "i g o, one bias",
    "not at all: no weights keep f at 1",
)
build = FIRST.build
