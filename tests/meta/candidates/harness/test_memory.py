"""How a case's numbers lie in memory."""

from dataclasses import replace

import pytest
import torch

from rnn_manual.candidates.harness.tensors import expanded_axis, placed
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


@pytest.mark.parametrize(("case", "axis"), [(EXPANDED, 1), (BATCH_FIRST, 0)])
def test_beside_the_one_row_lie_other_numbers(case, axis):
    """So that a layer that reads memory as if it were no view gets others (a stranger's did)."""
    given = torch.randn(3, 3, 2).narrow(axis, 0, 1).repeat_interleave(3, axis)
    found = placed(case, "input", given)
    assert torch.equal(found, given)
    assert found.stride(axis) == 0
    assert not torch.equal(found.as_strided(given.shape, given.stride()), given)
