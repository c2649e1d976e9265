"""What stands for the biases in a gate's sum."""

from __future__ import annotations

from typing import Any

from rnn_manual.cases.case import Case
from rnn_manual.proof.expected.quantities import Cell
from rnn_manual.proof.search.forward.terms import letters, others, rows_of_gates

Biases = tuple[str, str, Any]  # that of the input and that of h in words; and their sum


def biases(case: Case, cell: Cell, gate: str) -> list[Biases]:
    """b_i + b_h, (H,), as they are due first; then one, neither, twice, others; or a 1 added."""
    w: Any = cell.weights
    if w.bias_ih is None:
        return [("", "", None), ("", "1", cell.given["h"][:, :1] * 0 + 1)]
    rows = rows_of_gates(case)
    _, _, b_i, b_h = letters(case, gate)
    of_i, of_h = w.bias_ih[rows[gate]], w.bias_hh[rows[gate]]
    found: list[Biases] = [
        (b_i, b_h, of_i + of_h),
        ("", b_h, of_h),
        (b_i, "", of_i),
        ("", "", None),
        (f"2·{b_i}", "", of_i * 2),
        ("", f"2·{b_h}", of_h * 2),
        (f"2·{b_i}", b_h, of_i * 2 + of_h),
        (b_i, f"2·{b_h}", of_i + of_h * 2),
        (b_i, f"{b_h} + 1", of_i + of_h + 1),
    ]
    for other, place in rows.items():
        if other != gate:
            _, _, i, h = letters(case, other)
            found.append((i, h, w.bias_ih[place] + w.bias_hh[place]))
            found += [(i, b_h, w.bias_ih[place] + of_h), (b_i, h, of_i + w.bias_hh[place])]
    for which, v in others(case, cell):
        if v.bias_ih is not None and v.bias_ih.shape == w.bias_ih.shape:
            both = v.bias_ih[rows[gate]] + v.bias_hh[rows[gate]]
            found.append((f"{which}{b_i}", f"{which}{b_h}", both))
            found.append((f"{which}{b_i}", b_h, v.bias_ih[rows[gate]] + of_h))
            found.append((b_i, f"{which}{b_h}", of_i + v.bias_hh[rows[gate]]))
    return found
