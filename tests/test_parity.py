"""The candidate against the loops and the oracle, and torch.nn against the loops bit for bit."""

import platform

import pytest

from rnn_manual.parity import parametrize
from rnn_manual.parity.judge import check_bits
from rnn_manual.parity.laws import claim


@claim("E4", "layer(x, h_0) = cell(x_T, … cell(x_2, cell(x_1, h_0)))")
@parametrize(notes="")
def test_the_layer_is_the_hand_written_loop(agrees, case):
    """The hand-written loop over steps equals the layer in one call: out, states and gradients."""
    agrees(case)


# (In bfloat16 and float16 how the weights lie in memory decides on the matmul's kernel.)
@parametrize(notes="", where=lambda case: case.dtype in ("float32", "float64"))
def test_torch_has_the_bits_of_the_loops(candidate, device, record, case):
    """With oneDNN off, torch.nn on an x86 CPU equals the loops in every bit, gradients included."""
    if candidate.name != "torch.nn":
        pytest.skip("bit-identity is asserted of torch.nn itself, not of a candidate")
    if device != "cpu" or platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("bit-identity was established for x86 CPUs only")
    record(check_bits(case))
