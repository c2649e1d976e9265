"""What each of torch's operations computes, as a formula.

A rule takes what the operation takes, `Points` in the place of tensors, and returns what it
returns; it is found by the operation's name, without the underscore of those that write in place.
So the same rule serves residues and ordinary numbers, and is tested against torch on the latter.

Operations that only move numbers have no rule here: `../moving.py`.
"""

from rnn_manual.proof.mirror.rules import (  # noqa: F401 - importing a file registers its rules
    at_places,
    comparisons,
    functions,
    gated,
    matrix_products,
    norms,
    over_axes,
    sums_and_products,
)
from rnn_manual.proof.mirror.rules.register import RULES, Fused, NoRule

__all__ = ["RULES", "Fused", "NoRule"]
