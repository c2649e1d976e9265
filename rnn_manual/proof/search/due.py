"""What the loops compute as a quantity, in words."""

from __future__ import annotations

import re

from rnn_manual.cases.case import Case
from rnn_manual.proof.expected.quantities import Cell

EXPECTED = {
    "rnn": {"h'": "f(W_ih x + b_ih + W_hh h + b_hh)", "a": "W_ih x + b_ih + W_hh h + b_hh"},
    "lstm": {
        "i": "σ(a_i)",
        "f": "σ(a_f)",
        "g": "tanh(a_g)",
        "o": "σ(a_o)",
        "c'": "f·c + i·g",
        "tanh(c')": "tanh(c')",
        "o·tanh(c')": "o·tanh(c')",
        "h'": "o·tanh(c')",
    },
    "gru": {
        "r": "σ(a_r)",
        "z": "σ(a_z)",
        "n": "tanh(a_n)",
        "a_n": "W_in x + b_in + r·(W_hn h + b_hn)",
        "h'": "n + z·(h - n)",
    },
}


def due_formula(case: Case, cell: Cell, quantity: str) -> str:
    """The formula that is due, as this layer has it: named by gate, without absent biases."""
    config = case.config
    if config.kind == "rnn" and quantity == "h'":
        return "relu(a)" if config.nonlinearity == "relu" else "tanh(a)"
    if cell.weights.weight_hr is not None and quantity == "h'":
        return "W_hr (o·tanh(c'))"
    due = EXPECTED[config.kind].get(quantity, "")
    if quantity.startswith("a") and not (config.kind == "gru" and quantity == "a_n"):
        due = "W_ih x + b_ih + W_hh h + b_hh" if config.bias else "W_ih x + W_hh h"
        if quantity != "a":
            due = re.sub(r"([Wb]_[ih])h", rf"\g<1>{quantity[2:]}", due)
    return without_absent_biases(case, due)


def without_absent_biases(case: Case, formula: str) -> str:
    """Without the biases, of a layer that has none."""
    return formula if case.config.bias else re.sub(r" \+ b_\w+", "", formula)
