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

# Of the way back: dh' and dc' flow into a cell, dh and dc are what it sends to the step before.
GRADIENTS = {
    "rnn": {"da": "dh'·(1 - h'²)", "dh": "W_hhᵀ da"},
    "lstm": {
        "dc'": "dc + dh'·o·(1 - tanh²(c'))",
        "da_i": "dc'·g·i·(1 - i)",
        "da_f": "dc'·c·f·(1 - f)",
        "da_g": "dc'·i·(1 - g²)",
        "da_o": "dh'·tanh(c')·o·(1 - o)",
        "dh": "W_hiᵀ da_i + W_hfᵀ da_f + W_hgᵀ da_g + W_hoᵀ da_o",
        "dc": "dc'·f",
    },
    "gru": {
        "da_r": "da_n·(W_hn h + b_hn)·r·(1 - r)",
        "da_z": "dh'·(h - n)·z·(1 - z)",
        "da_n": "dh'·(1 - z)·(1 - n²)",
        "dh": "z·dh' + W_hrᵀ da_r + W_hzᵀ da_z + W_hnᵀ (r·da_n)",
    },
}


def flows_from(case: Case, cell: Cell, before: Cell | None) -> tuple[str, str]:
    """What dh' is the sum of: what comes from above, and from the step that was before.

    Args:
        before: the step that the way back took before this one, if there was one.
    """
    last = cell.layer == case.config.num_layers - 1
    above = f"d out of step {cell.step}" if last else f"what layer {cell.layer + 1} sends down"
    if before is None:
        return above, "d h_n"
    along = f"dh of step {before.step}"
    ended = len(before.quantities["dh'"]) < len(cell.quantities["dh'"])
    return above, f"{along}, d h_n of what ends here" if ended else along


def due_gradient(case: Case, cell: Cell, before: Cell | None, quantity: str) -> str:
    """The formula that is due on the way back, as this layer has it.

    Args:
        before: as for `flows_from`.
    """
    config = case.config
    if quantity == "dh'":
        return " + ".join(flows_from(case, cell, before))
    if config.nonlinearity == "relu" and quantity == "da":
        return "dh' where h' > 0, else 0"
    due = GRADIENTS[config.kind][quantity]
    return without_absent_biases(case, due.replace("dh'", "W_hrᵀ dh'") if config.proj_size else due)


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


def with_first_states(case: Case, cell: Cell, formula: str) -> str:
    """With h and c by the rows of h_0 and c_0 that they are at a first step."""
    row = case.config.row(cell.layer, cell.direction)
    return re.sub(r"(?<=[ ·])([hc])(?= \+|\)|$)", rf"\g<1>_0[{row}]", formula)


def without_zero_state(cell: Cell, formula: str) -> str:
    """Without the products of an h that is zero, of which nothing tells whether they are there."""
    if cell.given["h"].values.any():
        return formula
    product = r"W_h\w* h(?= \+|\)|$)"  # and neither h' nor the h of another sequence
    left = re.sub(rf" \+ {product}| \+ \w·\({product}\)|(?<=\(){product} \+ ", "", formula)
    return re.sub(r"\((b_\w+)\)", r"\1", left)
