"""The products that gradients within a cell are, factor by factor."""

from __future__ import annotations

from rnn_manual.cases.case import Case
from rnn_manual.proof.expected.quantities import Cell, Named


def factors_of(case: Case, there: Cell, back: Named) -> dict[str, Named]:
    """Gradient → its factors by name, in the order in which one writes them.

    "of dc'" is what h' adds to dc'.

    Args:
        there: the cell's step on the way there. back: what it computes on the way back.
    """
    y, dh = there.quantities, back["dh'"]
    if case.config.kind == "rnn":
        h = y["h'"]
        if case.config.nonlinearity == "relu":
            return {"da": {"dh'": dh, "step(a)": h.step()}}
        return {"da": {"dh'": dh, "(1 - h'²)": 1 - h * h}}
    if case.config.kind == "gru":
        r, z, n, h = y["r"], y["z"], y["n"], there.given["h"]
        _, y_n = there.products_of_n
        return {
            "da_n": {"dh'": dh, "(1 - z)": 1 - z, "(1 - n²)": 1 - n * n},
            "da_z": {"dh'": dh, "(h - n)": h - n, "z": z, "(1 - z)": 1 - z},
            "da_r": {"da_n": back["da_n"], "(W_hn h + b_hn)": y_n, "r": r, "(1 - r)": 1 - r},
        }
    i, f, g, o, tanh_c, c = y["i"], y["f"], y["g"], y["o"], y["tanh(c')"], there.given["c"]
    dc, through = back["dc'"], "dh'"
    if there.weights.weight_hr is not None:
        dh, through = dh @ there.weights.weight_hr, "W_hrᵀ dh'"
    return {
        "da_i": {"dc'": dc, "g": g, "i": i, "(1 - i)": 1 - i},
        "da_f": {"dc'": dc, "c": c, "f": f, "(1 - f)": 1 - f},
        "da_g": {"dc'": dc, "i": i, "(1 - g²)": 1 - g * g},
        "da_o": {through: dh, "tanh(c')": tanh_c, "o": o, "(1 - o)": 1 - o},
        "dc": {"dc'": dc, "f": f},
        "of dc'": {through: dh, "o": o, "(1 - tanh²(c'))": 1 - tanh_c * tanh_c},
    }
