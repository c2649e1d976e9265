"""How a case's numbers lie in memory."""

from dataclasses import replace

import pytest

from rnn_manual.candidates.harness.tensors import expanded_axis
from rnn_manual.cases.options import case_of

EXPANDED = case_of(equations="lstm", memory="expanded")
UNBATCHED = replace(EXPANDED, layout="unbatched", batch_size=1)
BATCH_FIRST = replace(EXPANDED, config=replace(EXPANDED.config, batch_first=True))


@pytest.mark.parametrize(
    ("case", "name", "axis"),
    [
        *((EXPANDED, name, 1) for name in ("input", "out", "h_0", "c_0", "h_n", "c_n")),
        *((BATCH_FIRST, name, 0) for name in ("input", "out")),
        *((BATCH_FIRST, name, 1) for name in ("h_0", "c_n")),
        *((UNBATCHED, name, None) for name in ("input", "out", "h_0", "c_n")),
        *((EXPANDED, name, None) for name in ("weight_ih_l0", "bias_hh_l0")),
        *((case_of(equations="lstm"), name, None) for name in ("input", "h_n")),
    ],
)
def test_one_row_stands_for_a_batch_along_its_axis(case, name, axis):
    """Of input and states and of what multiplies the results; never of weights."""
    assert expanded_axis(case, name) == axis
